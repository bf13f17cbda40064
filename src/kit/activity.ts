import { createPatience, type Worker } from "./patience.ts";

/** One piece of work, which is at something from the start. */
export interface Task {
  /** It waits for the clock or for what may come, or has ended: nobody waits for it. */
  pause(): void;
  goOn(): void;
  /** Paused for as long as `waiting` takes. */
  resting<T>(waiting: Promise<T>): Promise<T>;
}

/** Pieces of work, each of which tells when it only waits. */
export interface Activity extends Worker {
  begin(): Task;
}

export const createActivity = (): Activity => {
  const busy = new Set<Promise<void>>();
  const patience = createPatience();

  const begin = (): Task => {
    let stint: PromiseWithResolvers<void> | undefined;
    const goOn = () => {
      if (stint !== undefined) return;
      stint = Promise.withResolvers();
      busy.add(stint.promise);
    };
    const pause = () => {
      if (stint === undefined) return;
      busy.delete(stint.promise);
      stint.resolve();
      stint = undefined;
    };
    goOn();
    return {
      pause,
      goOn,
      async resting(waiting) {
        pause();
        try {
          return await waiting;
        } finally {
          goOn();
        }
      },
    };
  };
  return { begin, rest: () => patience(busy) };
};
