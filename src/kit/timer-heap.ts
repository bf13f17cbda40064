export interface Pending {
  at: number;
  sequence: number;
  /** In the heap; -1 when it is not in it. */
  place: number;
  name: string;
  fire: () => unknown;
  /** That it is put into. */
  heap: TimerHeap;
}

export type TimerHeap = ReturnType<typeof createTimerHeap>;

export const isSooner = (a: Pending, b: Pending): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

/** A binary heap: the next timer first. */
export const createTimerHeap = () => {
  const items: Pending[] = [];
  const swap = (i: number, j: number) => {
    const a = items[i]!;
    const b = items[j]!;
    items[i] = b;
    items[j] = a;
    b.place = i;
    a.place = j;
  };
  const up = (start: number) => {
    for (let i = start; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!isSooner(items[i]!, items[parent]!)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const down = (start: number) => {
    for (let i = start; ; ) {
      let least = i;
      for (let child = 2 * i + 1; child <= 2 * i + 2 && child < items.length; child++) if (isSooner(items[child]!, items[least]!)) least = child;
      if (least === i) return;
      swap(i, least);
      i = least;
    }
  };
  return {
    peek: () => items[0],
    push(item: Pending) {
      item.place = items.push(item) - 1;
      up(item.place);
    },
    remove(item: Pending) {
      const index = item.place;
      if (index < 0) return;
      item.place = -1;
      const last = items.pop()!;
      if (last === item) return;
      items[index] = last;
      last.place = index;
      up(index);
      down(index);
    },
    clear() {
      for (const item of items) item.place = -1;
      items.length = 0;
    },
  };
};
