/** Moments, the nearest first. */
export interface TimeHeap {
  readonly size: number;
  peek(): number | undefined;
  push(at: number): void;
  pop(): number | undefined;
}

export const createTimeHeap = (moments: Iterable<number> = []): TimeHeap => {
  // In order they are a heap already.
  const items = [...moments].sort((a, b) => a - b);
  const swap = (a: number, b: number) => {
    const item = items[a]!;
    items[a] = items[b]!;
    items[b] = item;
  };
  return {
    get size() { return items.length; },
    peek: () => items[0],
    push(at) {
      let place = items.push(at) - 1;
      for (let parent = (place - 1) >> 1; place > 0 && at < items[parent]!; parent = (place - 1) >> 1) {
        swap(place, parent);
        place = parent;
      }
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (last === undefined || items.length === 0) return first;
      items[0] = last;
      for (let place = 0; ; ) {
        let least = place;
        for (const child of [2 * place + 1, 2 * place + 2]) if (child < items.length && items[child]! < items[least]!) least = child;
        if (least === place) return first;
        swap(place, least);
        place = least;
      }
    },
  };
};
