import { createTimerHeap, isSooner, type Pending } from "./timer-heap.ts";

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
  /**
   * Runs `fire` at `at` (platform time). What it returns is waited for by `advance`.
   * @param options.isMoment False: time that is moved does not stop for it, and fires it where it stops next. For ends of waiting, of which nothing comes.
   */
  at(at: number, name: string, fire: () => unknown, options?: { isMoment?: boolean }): Timer;
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
  /** How far this clock is ahead of the wall's, in milliseconds. */
  readonly aheadMs: number;
  /** An advance is under way. */
  readonly isMoving: boolean;
  /** The process is to end: an advance under way stops where it is, another does nothing, and time runs with the wall. */
  halt(): void;
  /** Drops every timer; those that are set now never fire. */
  stop(): void;
}

export const wallNow = (): number => Date.now();

/** Timers here let the process end; this holds it until the returned function is called. For commands that wait, and for the server. */
export const keepAlive = (): (() => void) => {
  const timer = setInterval(() => undefined, LONGEST_TIMEOUT_MS);
  return () => clearInterval(timer);
};

/** Node's timers overflow beyond this. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** @param start Milliseconds since the epoch; the wall's time when absent. */
export const createClock = (start?: number): AdvanceableClock => createClockAhead(start === undefined ? 0 : start - Date.now());

/** One that is so many milliseconds ahead of the wall's. */
export const createClockAhead = (aheadMs: number): AdvanceableClock => {
  const moments = createTimerHeap();
  const others = createTimerHeap();
  let offset = aheadMs;
  let sequence = 0;
  let timeout: NodeJS.Timeout | undefined;
  /** While time is moved; and while nothing fires by itself. */
  let isMoving = false;
  let isHeld = false;
  let isHalted = false;
  let isStopped = false;
  let fired: FiredTimer[] = [];
  /** What has fired by itself, and is not done. */
  const begun = new Set<Promise<unknown>>();

  const now = () => Date.now() + offset;

  const soonest = (): Pending | undefined => {
    const [moment, other] = [moments.peek(), others.peek()];
    if (moment === undefined || other === undefined) return moment ?? other;
    return isSooner(other, moment) ? other : moment;
  };
  const arm = () => {
    clearTimeout(timeout);
    const next = soonest();
    if (next === undefined || isHeld || isStopped) return;
    timeout = setTimeout(fireDue, Math.min(Math.max(0, next.at - now()), LONGEST_TIMEOUT_MS));
    timeout.unref();
  };
  const fireDue = () => {
    for (let next = soonest(); next !== undefined && next.at <= now(); next = soonest()) {
      const work = fire(next);
      if (!(work instanceof Promise)) continue;
      const done: Promise<unknown> = work.finally(() => begun.delete(done));
      begun.add(done);
    }
    arm();
  };
  const fire = (due: Pending): unknown => {
    due.heap.remove(due);
    if (isMoving) fired.push({ name: due.name, at: due.at });
    return due.fire();
  };
  const hold = () => {
    isHeld = !isHalted;
    if (isHeld) clearTimeout(timeout);
  };
  /** Of whole milliseconds: times are kept as such. */
  const moveTo = (at: number) => {
    if (at > now()) offset = Math.ceil(at) - Date.now();
  };
  const runMeanwhile = async (waiting: () => Promise<void>) => {
    isHeld = false;
    arm();
    for (;;) {
      await waiting();
      if (begun.size === 0) break;
      await Promise.all(begun);
    }
    hold();
  };
  const at: Clock["at"] = (due, name, fire, { isMoment = true } = {}) => {
    const heap = isMoment ? moments : others;
    const item: Pending = { at: due, sequence: sequence++, place: -1, name, fire, heap };
    heap.push(item);
    if (soonest() === item) arm();
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
      const isDue = () => (soonest()?.at ?? Infinity) <= Math.min(now(), target);
      if (isHalted) return [];
      fired = [];
      isMoving = true;
      hold();
      try {
        while (!isHalted) {
          if (isDue()) {
            await fire(soonest()!);
            await new Promise(setImmediate);
            continue;
          }
          if (atRest !== undefined) await runMeanwhile(atRest);
          if (isDue()) continue;
          if (now() >= target || isHalted) break;
          moveTo(Math.min(target, moments.peek()?.at ?? Infinity));
        }
      } finally {
        [isMoving, isHeld] = [false, false];
        arm();
      }
      return fired;
    },
    get aheadMs() { return offset; },
    get isMoving() { return isMoving; },
    halt() {
      isHalted = true;
      isHeld = false;
      arm();
    },
    stop() {
      isStopped = true;
      clearTimeout(timeout);
      moments.clear();
      others.clear();
    },
  };
};
