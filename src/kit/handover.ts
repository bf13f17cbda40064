/** Work that is on the disk as well, on its way from memory to its first try. It is bounded in number and in bytes; what finds no place is found on the disk. */
export interface Handover<T> {
  readonly count: number;
  readonly bytes: number;
  of(key: string): number;
  hasRoom(bytes: number): boolean;
  /** Behind what waits with the same key already. */
  put(work: T): void;
  /** In turns, one of each key at a time, each key's in their order. @param roomOf How many more of a key may be begun. */
  take(most: number, roomOf: (key: string) => number): T[];
}

interface Options<T> {
  keyOf(work: T): string;
  bytesOf(work: T): number;
  countMax: number;
  bytesMax: number;
}

export const createHandover = <T>({ keyOf, bytesOf, countMax, bytesMax }: Options<T>): Handover<T> => {
  const waiting = new Map<string, T[]>();
  let [count, bytes] = [0, 0];

  /** At most so many of each key. */
  const takeFirst = (share: ReadonlyMap<string, number>): T[] => {
    const taken: T[] = [];
    const lists = [...share].map(([key, most]) => {
      const list = waiting.get(key)!;
      const first = list.splice(0, most);
      // Behind the others, whose turn it is next.
      waiting.delete(key);
      if (list.length > 0) waiting.set(key, list);
      return first;
    });
    for (let round = 0; lists.some(({ length }) => round < length); round++) for (const list of lists) if (round < list.length) taken.push(list[round]!);
    for (const work of taken) bytes -= bytesOf(work);
    count -= taken.length;
    return taken;
  };
  /** Who has room has one more, until there is no more. */
  const sharesOf = (most: number, roomOf: (key: string) => number): Map<string, number> => {
    const shares = new Map<string, number>();
    let open = [...waiting].map(([key, list]) => ({ key, most: Math.min(list.length, roomOf(key)) })).filter((one) => one.most > 0);
    for (let left = most; left > 0 && open.length > 0; ) {
      const step = Math.max(1, Math.floor(left / open.length));
      for (const { key, most: atMost } of open.slice(0, left)) {
        const more = Math.min(step, atMost - (shares.get(key) ?? 0));
        shares.set(key, (shares.get(key) ?? 0) + more);
        left -= more;
      }
      open = open.filter((one) => shares.get(one.key)! < one.most);
    }
    return shares;
  };

  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    of: (key) => waiting.get(key)?.length ?? 0,
    hasRoom: (more) => count < countMax && bytes + more <= bytesMax,
    put(work) {
      const key = keyOf(work);
      const list = waiting.get(key);
      if (list === undefined) waiting.set(key, [work]);
      else list.push(work);
      count++;
      bytes += bytesOf(work);
    },
    take: (most, roomOf) => (count === 0 || most <= 0 ? [] : takeFirst(sharesOf(most, roomOf))),
  };
};
