/** What a service does beside answering requests: loaded with its first request, or at the start when an earlier process left it something to do. */
export interface Engine<P> {
  /** What the service's operations share. */
  parts: P;
  /** Takes up what an earlier process left. */
  start(): Promise<void>;
  /** What is under way or due. */
  pending?(): Promise<number>;
  /** As a `Worker`'s: for those that do something by themselves. */
  rest?(): Promise<boolean>;
  close(): Promise<void>;
}
