import type { Clock, Timer } from "../kit/clock.ts";

export interface Watch {
  /** Looks at once, then again and again. Does nothing when it is on already. */
  start(): void;
  stop(): void;
}

/** Calls `look` every `everyMs` while it is on: for what the kernel does not tell by itself. */
export const createWatch = ({ everyMs, wall, look }: { everyMs: number; wall: Clock; look: () => void }): Watch => {
  let timer: Timer | undefined;
  const turn = () => {
    timer = wall.at(wall.now() + everyMs, "watch", turn);
    look();
  };
  return {
    start() {
      if (timer === undefined) turn();
    },
    stop() {
      timer?.cancel();
      timer = undefined;
    },
  };
};
