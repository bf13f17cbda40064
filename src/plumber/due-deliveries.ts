import type { Store, Operation } from "../store/store.ts";
import { nextDueAt, readDue, type Due, type UnderWay } from "./delivery-rows.ts";

/**
 * What is due on the disk, read only where something may be: most deliveries go from memory to their target, and nobody has to look for them.
 */
export const createDueDeliveries = ({ store }: { store: Store }) => {
  let isSomethingDue = true;
  /** When the next falls due. */
  let nextAt: number | "never" | "not known" = "not known";

  const isNextKnown = (now: number): boolean => nextAt === "never" || (nextAt !== "not known" && nextAt > now);
  const reading = async <T>(operation: () => Operation<T>): Promise<T> => {
    try {
      return await store.run(operation);
    } catch (error) {
      isSomethingDue = true;
      nextAt = "not known";
      throw error;
    }
  };
  return {
    get mayBe() {
      return isSomethingDue;
    },
    /** Something is due that is not in memory. */
    now() {
      isSomethingDue = true;
    },
    /** Something falls due later. */
    later() {
      nextAt = "not known";
    },
    /** The oldest, beside what is under way. */
    async read(now: number, most: number, underWay: UnderWay): Promise<Due[]> {
      if (!isSomethingDue && isNextKnown(now)) return [];
      isSomethingDue = false;
      if (!isNextKnown(now)) nextAt = "not known";
      const { due, mayBeMore } = await reading(() => readDue(now, most, underWay));
      if (mayBeMore) isSomethingDue = true;
      // What was committed beside this reading may have been handed over meanwhile.
      return due.filter(({ id }) => !underWay.heldIds.has(id));
    },
    async nextAt(now: number): Promise<number | undefined> {
      if (!isNextKnown(now)) {
        // What comes while it is read makes it unknown again.
        nextAt = "never";
        const found = (await reading(() => nextDueAt(now))) ?? "never";
        if (nextAt !== "never") return found === "never" ? undefined : found;
        nextAt = found;
      }
      return nextAt === "never" ? undefined : (nextAt as number);
    },
  };
};

export type DueDeliveries = ReturnType<typeof createDueDeliveries>;
