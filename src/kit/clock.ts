/**
 * The platform's time. `advance` moves it forward on demand, so a six-hour retry window passes in a millisecond;
 * between advances it runs with the wall. Signatures, TLS and handlers use `wallNow` instead.
 */
export interface Clock {
  /** Milliseconds since the epoch, platform time. */
  now(): number;
  /** Milliseconds on a clock that never goes back; not moved by `advance`. For durations. */
  monotonic(): number;
  /** Resolves after `ms` of platform time; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `fire` at `at` (platform time). What it returns is waited for by `advance`. */
  at(at: number, name: string, fire: () => unknown): Timer;
}

export interface Timer {
  cancel(): void;
}

export interface FiredTimer {
  name: string;
  at: number;
}

export interface AdvanceableClock extends Clock {
  /**
   * Moves time forward by `ms`, firing what falls due in order, each waited for before the next. Resolves with what fired. One at a time.
   * @param atRest Waited for before time moves on from a moment: what has begun in it belongs to it. Meanwhile time runs with the wall, as ever.
   */
  advance(ms: number, atRest?: () => Promise<void>): Promise<FiredTimer[]>;
  /** Drops every timer. */
  stop(): void;
}

export const wallNow = (): number => Date.now();

/** Timers here let the process end; this holds it until the returned function is called. For commands that wait, and for the server. */
export const keepAlive = (): (() => void) => {
  const timer = setInterval(() => undefined, LONGEST_TIMEOUT_MS);
  return () => clearInterval(timer);
};

interface Pending {
  at: number;
  sequence: number;
  /** In the heap; -1 when it is not in it. */
  place: number;
  name: string;
  fire: () => unknown;
}

/** Node's timers overflow beyond this. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

const isSooner = (a: Pending, b: Pending): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

/** A binary heap: the next timer first. */
const createHeap = () => {
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

export const createClock = (start?: number): AdvanceableClock => {
  const heap = createHeap();
  let offset = start === undefined ? 0 : start - Date.now();
  let sequence = 0;
  let timeout: NodeJS.Timeout | undefined;
  /** While time is moved; and while nothing fires by itself. */
  let isMoving = false;
  let isHeld = false;
  let fired: FiredTimer[] = [];
  /** What has fired by itself, and is not done. */
  const begun = new Set<Promise<unknown>>();

  const now = () => Date.now() + offset;

  const arm = () => {
    clearTimeout(timeout);
    const next = heap.peek();
    if (next === undefined || isHeld) return;
    timeout = setTimeout(fireDue, Math.min(Math.max(0, next.at - now()), LONGEST_TIMEOUT_MS));
    timeout.unref();
  };
  const fireDue = () => {
    for (let next = heap.peek(); next !== undefined && next.at <= now(); next = heap.peek()) {
      const work = fire(next);
      if (!(work instanceof Promise)) continue;
      const done: Promise<unknown> = work.finally(() => begun.delete(done));
      begun.add(done);
    }
    arm();
  };
  const fire = (due: Pending): unknown => {
    heap.remove(due);
    if (isMoving) fired.push({ name: due.name, at: due.at });
    return due.fire();
  };
  const runMeanwhile = async (waiting: () => Promise<void>) => {
    isHeld = false;
    arm();
    for (;;) {
      await waiting();
      if (begun.size === 0) break;
      await Promise.all(begun);
    }
    isHeld = true;
    clearTimeout(timeout);
  };
  const at: Clock["at"] = (due, name, fire) => {
    const item: Pending = { at: due, sequence: sequence++, place: -1, name, fire };
    heap.push(item);
    if (heap.peek() === item) arm();
    return { cancel: () => heap.remove(item) };
  };

  return {
    now,
    monotonic: () => performance.now(),
    at,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = at(now() + ms, "sleep", () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        const abort = () => {
          timer.cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      }),
    async advance(ms, atRest) {
      const target = now() + ms;
      const isDue = () => (heap.peek()?.at ?? Infinity) <= now();
      fired = [];
      [isMoving, isHeld] = [true, true];
      clearTimeout(timeout);
      try {
        for (;;) {
          if (atRest !== undefined && !isDue()) await runMeanwhile(atRest);
          const next = heap.peek();
          if (next === undefined || next.at > target) break;
          if (next.at > now()) offset = next.at - Date.now();
          await fire(next);
          await new Promise(setImmediate);
        }
        if (target > now()) offset = target - Date.now();
      } finally {
        [isMoving, isHeld] = [false, false];
        arm();
      }
      return fired;
    },
    stop() {
      clearTimeout(timeout);
      heap.clear();
    },
  };
};
