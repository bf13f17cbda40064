/** How many there are of each; what there is none of is forgotten. */
export interface Tally<K> {
  of(key: K): number;
  add(key: K): void;
  /** One that is there. */
  remove(key: K): void;
  readonly total: number;
  /** Those that there are at least so many of. */
  atLeast(count: number): K[];
  entries(): Iterable<[K, number]>;
  isEmpty(): boolean;
}

export const createTally = <K>(): Tally<K> => {
  const counts = new Map<K, number>();
  let total = 0;
  const of = (key: K): number => counts.get(key) ?? 0;
  return {
    of,
    add(key) {
      total++;
      counts.set(key, of(key) + 1);
    },
    remove(key) {
      const left = of(key) - 1;
      if (left < 0) return;
      total--;
      if (left === 0) counts.delete(key);
      else counts.set(key, left);
    },
    get total() { return total; },
    atLeast: (count) => [...counts].flatMap(([key, counted]) => (counted >= count ? [key] : [])),
    entries: () => counts.entries(),
    isEmpty: () => counts.size === 0,
  };
};
