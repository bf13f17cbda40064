import type { Clock } from "../../../kit/clock.ts";

const SECOND_MS = 1_000;

interface Window {
  /** The last second that turns were given in: platform time, milliseconds. */
  startsAt: number;
  given: number;
}

/** Windows without a turn to come. Beyond it those are let go. */
const KEPT_MAX = 1_000;

/**
 * Turns to send: so many in each second, first come, first served. Whoever finds a second full gets one of the first second that is not,
 * however many wait: a number is kept for each destination, and nothing for each event.
 */
export const createRate = ({ clock }: { clock: Clock }) => {
  const windows = new Map<string, Window>();

  const sweep = (now: number) => {
    for (const [key, { startsAt }] of windows) if (startsAt + SECOND_MS <= now) windows.delete(key);
  };

  /** When it may be sent: now, or later. Platform time, milliseconds. @param latest A turn after it is told, and left to others: whoever gives it up would keep it from them. */
  return (key: string, perSecond: number, latest = Infinity): number => {
    const now = clock.now();
    let window = windows.get(key);
    if (window === undefined || window.startsAt + SECOND_MS <= now) {
      if (windows.size >= KEPT_MAX) sweep(now);
      windows.set(key, (window = { startsAt: now, given: 0 }));
    } else if (window.given >= perSecond) {
      if (window.startsAt + SECOND_MS > latest) return window.startsAt + SECOND_MS;
      windows.set(key, (window = { startsAt: window.startsAt + SECOND_MS, given: 0 }));
    }
    window.given += 1;
    return Math.max(now, window.startsAt);
  };
};
