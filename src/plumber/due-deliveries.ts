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
    /** The oldest, beside what is under way. */
    async read(now: number, most: number, underWay: UnderWay): Promise<Due[]> {
      const due = await rows.read(now, async () => {
        const { due: found, mayBeMore } = await store.run(() => readDue(now, most, underWay));
        return { rows: found, isAll: !mayBeMore };
      });
      // What was committed beside this reading may have been handed over meanwhile.
      return due.filter(({ id }) => !underWay.heldIds.has(id));
    },
  };
};

export type DueDeliveries = ReturnType<typeof createDueDeliveries>;
