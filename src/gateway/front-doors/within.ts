import type { Clock } from "../../kit/clock.ts";

/** What comes of the work, or a rejection with what `late` gives when it takes longer. The work goes on: a function is not stopped. */
export const within = <T>(wall: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = wall.at(wall.now() + ms, "integration timeout", () => reject(late()));
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
