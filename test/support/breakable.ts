import type { Store } from "../../src/store/store.ts";

/** A store whose disk is full for as many writes as it is told; what is read goes through. */
export const createBreakable = (real: Store) => {
  let broken = 0;
  const store: Store = {
    ...real,
    run: async (operation, urgency) => {
      if (broken > 0 && !((operation().next().value as { sql?: string } | undefined)?.sql ?? "").startsWith("select")) {
        broken--;
        throw new Error("the disk is full");
      }
      return real.run(operation, urgency);
    },
  };
  return { store, breakDisk: (writes: number) => void (broken = writes), isBroken: () => broken > 0 };
};
