/** How many there are of each; what there is none of is forgotten. */
export interface Tally<K> {
  of(key: K): number;
  add(key: K): void;
  remove(key: K): void;
  /** Those that there are at least so many of. */
  atLeast(count: number): K[];
  entries(): Iterable<[K, number]>;
  isEmpty(): boolean;
}

export const createTally = <K>(): Tally<K> => {
  const counts = new Map<K, number>();
  const of = (key: K): number => counts.get(key) ?? 0;
  return {
    of,
    add: (key) => void counts.set(key, of(key) + 1),
    remove(key) {
      const left = of(key) - 1;
      if (left <= 0) counts.delete(key);
      else counts.set(key, left);
    },
    atLeast: (count) => [...counts].flatMap(([key, counted]) => (counted >= count ? [key] : [])),
    entries: () => counts.entries(),
    isEmpty: () => counts.size === 0,
  };
};
