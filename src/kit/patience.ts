/** Real milliseconds that whoever moves the clock waits for one piece of work: an endpoint that hangs, a function that takes its time. */
const PATIENCE_MS = 5_000;

/** Waits for work, but not forever: what has been waited for in vain is not waited for again. Resolves with whether there was some. */
export const createPatience = (ms = PATIENCE_MS) => {
  const slow = new WeakSet<Promise<unknown>>();

  return async (work: Iterable<Promise<unknown>>): Promise<boolean> => {
    const awaited = [...work].filter((one) => !slow.has(one));
    if (awaited.length === 0) return false;
    const late = AbortSignal.timeout(ms);
    await Promise.race([Promise.allSettled(awaited), new Promise((resolve) => late.addEventListener("abort", resolve, { once: true }))]);
    if (late.aborted) for (const one of awaited) slow.add(one);
    return true;
  };
};

/** Something that works by itself. */
export interface Worker {
  /**
   * Waits for what it is at, with patience. Resolves with whether it was at something. Work that waits for the clock, or for what may come, is at rest:
   * whoever moves the clock would wait for it, and it for the clock.
   */
  rest(): Promise<boolean>;
}

/** All at once. One may have given work to another that was at rest already: only when none was at something all are at rest. */
export const restAll = async (workers: Iterable<Worker>): Promise<boolean> => (await Promise.all([...workers].map((worker) => worker.rest()))).includes(true);

/** Moments in which so much was waited for in vain that nothing more is: an endpoint that hangs every minute would make an hour of a day. */
const SLOW_MOMENTS_MAX = 6;

/** For one move of the clock: waits until all of them are at rest, or until that takes too long, as one may always find work for the other. */
export const createRest = (workers: readonly Worker[], ms = PATIENCE_MS): (() => Promise<void>) => {
  let slowMoments = 0;

  return async () => {
    if (slowMoments >= SLOW_MOMENTS_MAX) return;
    const began = performance.now();
    while ((await restAll(workers)) && performance.now() < began + ms);
    if (performance.now() > began + ms / 2) slowMoments++;
  };
};
