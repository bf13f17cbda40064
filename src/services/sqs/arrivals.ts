/** Who waits for which queue. */
export interface Arrivals {
  /**
   * After a commit: something may have become visible in the queue, or the queue is gone, purged or set otherwise. Whoever waits looks again,
   * by the queue's name: its id may be another one.
   */
  changed(queueId: number): void;
}

/** Nobody can wait yet: there is no ReceiveMessage. */
export const createArrivals = (): Arrivals => ({ changed: () => undefined });
