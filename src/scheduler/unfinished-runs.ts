import { pauseMs, type Ran } from "./after-run.ts";
import type { Leased } from "./event-rows.ts";

interface Unfinished {
  event: Leased;
  ran: Ran;
  failures: number;
  /** Platform time. */
  againAt: number;
}

/** Runs whose end could not be written. It is written again after a growing pause, and meanwhile others go on: their events are leased, and run by nobody. */
export interface UnfinishedRuns {
  add(event: Leased, ran: Ran, now: number): void;
  /** Resolves when each whose time has come was tried once. */
  finish(now: number): Promise<void>;
  /** When the next is tried after `now`; Infinity when none is. */
  nextAt(now: number): number;
}

/** @param onFailure The end could not be written once more. */
export const createUnfinishedRuns = (finish: (event: Leased, ran: Ran) => Promise<void>, onFailure: (event: Leased, error: unknown) => void): UnfinishedRuns => {
  const waiting = new Set<Unfinished>();

  return {
    add: (event, ran, now) => void waiting.add({ event, ran, failures: 0, againAt: now + pauseMs(0) }),
    async finish(now) {
      for (const one of waiting) {
        if (one.againAt > now) continue;
        try {
          await finish(one.event, one.ran);
          waiting.delete(one);
        } catch (error) {
          onFailure(one.event, error);
          one.againAt = now + pauseMs(++one.failures);
        }
      }
    },
    nextAt: (now) => [...waiting].reduce((next, { againAt }) => (againAt > now ? Math.min(next, againAt) : next), Infinity),
  };
};
