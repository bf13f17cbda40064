import type { Clock } from "../kit/clock.ts";
import { Postponed, type Delivery } from "./delivery.ts";

const SECOND_MS = 1_000;

interface Window {
  /** The last second that turns were given in: platform time, milliseconds. */
  startsAt: number;
  given: number;
}

/** Windows without a turn to come. Beyond it those are let go. */
const KEPT_MAX = 1_000;

/** Who waits for a turn, and of what. */
interface Waiting {
  delivery: Pick<Delivery, "targetArn" | "turnAt">;
  perSecond: number;
  /** A turn after it is told, and left to others: whoever gives it up would keep it from them. Platform time, milliseconds. */
  latestTurnAt?: number | undefined;
}

/**
 * Turns at targets that take so many in each second, first come, first served. Whoever finds a second full gets one of the first second that is not,
 * however many wait: a number is kept for each target, and nothing for each event, which keeps its turn itself.
 */
export const createTurns = ({ clock }: { clock: Clock }) => {
  const windows = new Map<string, Window>();

  const sweep = (now: number) => {
    for (const [target, { startsAt }] of windows) if (startsAt + SECOND_MS <= now) windows.delete(target);
  };
  const nextTurnAt = (target: string, now: number, perSecond: number, latest: number): number => {
    let window = windows.get(target);
    if (window === undefined || window.startsAt + SECOND_MS <= now) {
      if (windows.size >= KEPT_MAX) sweep(now);
      windows.set(target, (window = { startsAt: now, given: 0 }));
    } else if (window.given >= perSecond) {
      if (window.startsAt + SECOND_MS > latest) return window.startsAt + SECOND_MS;
      windows.set(target, (window = { startsAt: window.startsAt + SECOND_MS, given: 0 }));
    }
    window.given += 1;
    return Math.max(now, window.startsAt);
  };

  /** Throws Postponed unless it is this one's turn now. Who was given a turn already has it. */
  return ({ delivery: { targetArn, turnAt }, perSecond, latestTurnAt = Infinity }: Waiting): void => {
    if (turnAt !== undefined) return;
    const now = clock.now();
    const at = nextTurnAt(targetArn, now, perSecond, latestTurnAt);
    if (at > now) throw new Postponed(at);
  };
};
