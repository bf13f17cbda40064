import type { QuotaSettings } from "@aws-sdk/client-api-gateway";
import type { Clock } from "../../../../kit/clock.ts";
import type { Log } from "../../../../kit/log.ts";
import { countUse, dayOf, periodStart, remainingNow, type Use } from "../../../../plumber/apis/usage.ts";
import type { Store } from "../../../../store/store.ts";

interface Needs {
  store: Pick<Store, "read" | "run" | "generation">;
  clock: Pick<Clock, "now">;
  log: Log;
}

/** Requests of one key under one plan. */
interface Count {
  use: Use;
  /** How many were counted since the start, and how many of them the store was asked to add. */
  counted: number;
  asked: number;
  /** What was left when `asked` were added. */
  left?: { value: number; asked: number; generation: number; since: string };
}

const KEPT_MAX = 10_000;

/**
 * How much of a quota is left: read when something was written, by others (UpdateUsage) or by this, and counted on in memory. What was used is written behind
 * the work, so that a crash may cost the last moment's requests.
 */
export const createQuota = ({ store, clock, log }: Needs) => {
  const counts = new Map<string, Count>();
  let writing: Promise<void> | undefined;

  const countOf = (use: Use): Count => {
    const name = `${use.account}/${use.region}/${use.planId}/${use.keyId}`;
    let count = counts.get(name);
    if (count === undefined) {
      if (counts.size >= KEPT_MAX) for (const [known, { counted, asked }] of counts) if (counted === asked) counts.delete(known);
      counts.set(name, (count = { use, counted: 0, asked: 0 }));
    }
    return count;
  };
  const refresh = async (count: Count, quota: QuotaSettings): Promise<void> => {
    const [generation, since] = [store.generation("api_usage"), periodStart(quota, clock.now())];
    if (count.left?.generation === generation && count.left.since === since) return;
    const { asked } = count;
    const value = await store.read(() => remainingNow(count.use, quota, clock.now()));
    count.left = { value, asked, generation, since };
  };

  const write = async (): Promise<void> => {
    for (let behind = [...counts.values()].filter(({ counted, asked }) => counted > asked); behind.length > 0; behind = behind.filter(({ counted, asked }) => counted > asked)) {
      const day = dayOf(clock.now());
      const all = behind.map((count) => {
        const requests = count.counted - count.asked;
        count.asked = count.counted;
        return { use: count.use, requests };
      });
      await store.run(function* () { for (const { use, requests } of all) yield* countUse(use, day, requests); }, "behind");
    }
  };
  const note = (count: Count): void => {
    count.counted++;
    writing ??= Promise.resolve()
      .then(write)
      .catch((error: unknown) => log.warn("what API keys used of their plans could not be written", { error: String(error) }))
      .finally(() => (writing = undefined));
  };

  return {
    /** Counts a request; false, and uncounted, when the quota is used up. Those of a plan without a quota are counted, too: GetUsage tells of them. */
    async take(use: Use, quota: QuotaSettings | undefined): Promise<boolean> {
      const count = countOf(use);
      if (quota?.limit !== undefined) {
        await refresh(count, quota);
        // Nothing comes between this look and the counting.
        if (count.left!.value - (count.counted - count.left!.asked) < 1) return false;
      }
      note(count);
      return true;
    },
  };
};
