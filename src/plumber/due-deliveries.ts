import { createDueRows } from "../kit/due-rows.ts";
import type { Store } from "../store/store.ts";
import { nextDueAt, readDue, type Due, type UnderWay } from "./delivery-rows.ts";

/** Deliveries that are due on the disk. */
export const createDueDeliveries = ({ store }: { store: Store }) => {
  const rows = createDueRows((now) => store.read(() => nextDueAt(now)));
  return {
    get mayBe() {
      return rows.mayBe;
    },
    now: rows.now,
    later: rows.later,
    nextAt: rows.nextAt,
    /** The oldest, beside what is under way; with it, what was handed over since. */
    read(now: number, most: number, underWay: UnderWay): Promise<readonly Due[]> {
      return rows.read(now, async () => {
        const { due, mayBeMore } = await store.run(() => readDue(now, most, underWay));
        return { rows: due, isAll: !mayBeMore };
      });
    },
  };
};

export type DueDeliveries = ReturnType<typeof createDueDeliveries>;
