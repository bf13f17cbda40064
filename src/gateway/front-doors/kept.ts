import type { Operation, Store } from "../../store/store.ts";

const KEPT_MAX = 1_000;

/** Reads what an address stands for, and keeps it as long as nothing is written to its tables. */
export const createKept = <T>(store: Pick<Store, "read" | "generation">, tables: readonly string[], find: (key: string) => Operation<T | undefined>) => {
  const kept = new Map<string, { value: T; generation: string }>();
  const generationNow = () => tables.map((table) => store.generation(table)).join();
  return async (key: string): Promise<T | undefined> => {
    // Taken before: what is written while it is read makes it another one.
    const generation = generationNow();
    const known = kept.get(key);
    if (known?.generation === generation) return known.value;
    const value = await store.read(() => find(key));
    kept.delete(key);
    if (value === undefined) return undefined;
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(key, { value, generation });
    return value;
  };
};
