import type { Clock } from "../../kit/clock.ts";
import { MAPPING_THROTTLE_MS_FIRST, MAPPING_THROTTLE_MS_MAX } from "../../kit/limits/mappings.ts";

/** Batches that were throttled and are held to be tried again. As long as there is one, nothing more is received. */
export interface Holds {
  /** Resolves when nothing is held. */
  open(): Promise<void>;
  begin(): void;
  /** Until the next try: after a growing pause, or as soon as a batch of the same mapping has made room. Resolves with false when that would be at `until` or later, or when it is given up. */
  pause(attempt: number, until: number): Promise<boolean>;
  end(): void;
  /** A batch has ended: who is held the longest may try. */
  madeRoom(): void;
  /** Nothing is held any more, and who waits for that goes on: what is throttled is left to the visibility timeout. */
  giveUp(): void;
}

export const createHolds = (clock: Clock): Holds => {
  const waiting: (() => void)[] = [];
  const pausing: AbortController[] = [];
  let held = 0;
  let isGivenUp = false;
  const openAll = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return {
    open: () => (held === 0 || isGivenUp ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    begin: () => void held++,
    async pause(attempt, until) {
      const delay = Math.min(MAPPING_THROTTLE_MS_FIRST * 2 ** attempt, MAPPING_THROTTLE_MS_MAX);
      if (isGivenUp || clock.now() + delay >= until) return false;
      const room = new AbortController();
      pausing.push(room);
      await clock.sleep(delay, room.signal).catch(() => undefined);
      if (pausing.includes(room)) pausing.splice(pausing.indexOf(room), 1);
      return !isGivenUp;
    },
    end() {
      held--;
      if (held === 0) openAll();
    },
    madeRoom: () => pausing.shift()?.abort(),
    giveUp() {
      isGivenUp = true;
      openAll();
      for (const room of pausing.splice(0)) room.abort();
    },
  };
};
