import type { Clock } from "../kit/clock.ts";

export interface Watch {
  /** Looks at once, then again and again. Does nothing when it is on already. */
  start(): void;
  stop(): void;
}

/** Calls `look` every `everyMs` while it is on: for what the kernel does not tell by itself. */
export const createWatch = ({ everyMs, wall, look }: { everyMs: number; wall: Clock; look: () => void }): Watch => {
  let current: AbortController | undefined;
  const run = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      look();
      await wall.sleep(everyMs, signal).catch(() => {});
    }
  };
  return {
    start() {
      if (current !== undefined) return;
      current = new AbortController();
      void run(current.signal);
    },
    stop() {
      current?.abort();
      current = undefined;
    },
  };
};
