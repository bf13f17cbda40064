/** What is due on the disk, read only where something may be: most work goes from memory to its first try, and nobody has to look for it. */
export interface DueRows {
  readonly mayBe: boolean;
  /** Something may have fallen due by `now` since it was last read. */
  isOverdue(now: number): boolean;
  /** Something is due that is not in memory. */
  now(): void;
  /** Something falls due later. */
  later(): void;
  /** @param reading Says whether it left nothing that is due. */
  read<T>(now: number, reading: () => Promise<{ rows: readonly T[]; isAll: boolean }>): Promise<readonly T[]>;
  /** When the next falls due after `now`; undefined when nothing does. */
  nextAt(now: number): Promise<number | undefined>;
}

/** @param readNextAt When the next falls due after `now`, from the disk. */
export const createDueRows = (readNextAt: (now: number) => Promise<number | undefined>): DueRows => {
  let isSomethingDue = true;
  let nextAt: number | "never" | "not known" = "not known";
  let lookedUpTo = -Infinity;
  let hasFallenDue = false;

  const isNextKnown = (now: number): boolean => nextAt === "never" || (nextAt !== "not known" && nextAt > now);
  const orNothingIsKnown = async <T>(reading: Promise<T>): Promise<T> => {
    try {
      return await reading;
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
    isOverdue: (now) => hasFallenDue || (typeof nextAt === "number" && nextAt <= now),
    now() {
      isSomethingDue = true;
    },
    later() {
      nextAt = "not known";
    },
    async read(now, reading) {
      lookedUpTo = now;
      hasFallenDue = false;
      if (!isSomethingDue && isNextKnown(now)) return [];
      isSomethingDue = false;
      if (!isNextKnown(now)) nextAt = "not known";
      const { rows, isAll } = await orNothingIsKnown(reading());
      if (!isAll) isSomethingDue = true;
      return rows;
    },
    async nextAt(now) {
      if (!isNextKnown(now)) {
        // What fell due while nobody could look for it, as there was no room to begin it, is none of what comes after `now`.
        if (lookedUpTo < now) isSomethingDue = hasFallenDue = true;
        // What comes while it is read makes it unknown again.
        nextAt = "never";
        const found = (await orNothingIsKnown(readNextAt(now))) ?? "never";
        if (nextAt !== "never") return found === "never" ? undefined : found;
        nextAt = found;
      }
      return nextAt === "never" ? undefined : (nextAt as number);
    },
  };
};
