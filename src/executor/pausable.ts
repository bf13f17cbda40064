import type { Clock, Timer } from "../kit/clock.ts";

/** A time that does not pass while an environment is frozen. */
export interface PausableTimer {
  pause(): void;
  resume(): void;
  cancel(): void;
}

export const createPausable = (wall: Clock, name: string, ms: number, fire: () => void): PausableTimer => {
  let leftMs = ms;
  let since = 0;
  let timer: Timer | undefined;
  let isOver = false;
  const resume = () => {
    if (isOver || timer !== undefined) return;
    since = wall.now();
    timer = wall.at(since + leftMs, name, () => {
      isOver = true;
      timer = undefined;
      fire();
    });
  };
  resume();
  return {
    pause() {
      if (timer === undefined) return;
      timer.cancel();
      timer = undefined;
      leftMs = Math.max(0, leftMs - (wall.now() - since));
    },
    resume,
    cancel() {
      isOver = true;
      timer?.cancel();
      timer = undefined;
    },
  };
};
