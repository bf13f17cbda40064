import type { Waiting } from "../../kit/call.ts";
import type { Clock, Timer } from "../../kit/clock.ts";
import { createPatience, type Worker } from "../../kit/patience.ts";

/** Who waits for which queue. */
export interface Arrivals extends Worker {
  /**
   * After a commit: something may have become visible in the queue, or the queue is gone, purged or set otherwise. Whoever waits looks again,
   * by the queue's name: its id may be another one.
   */
  changed(queueId: number): void;
  /** After a commit: something of the queue becomes visible at this moment, which may have passed. */
  due(queueId: number, at: number): void;
  /** Looks, and if there was nothing waits and looks again whenever there may be something. Undefined when nothing came in time, or the signal was aborted. */
  poll<T>(poll: Poll<T>): Promise<T | undefined>;
  /** Whoever waits is told that there was nothing, and nobody waits any more: the server ends. */
  close(): void;
}

export interface Poll<T> {
  /** Of the queue, whatever its id. */
  line: string;
  look(): Promise<Look<T>>;
  /** Milliseconds; as the queue is set, when absent. */
  waitMs?: number | undefined;
  /** Asked for when there is somebody who waits. */
  signal(): AbortSignal;
  /** It is idle when nobody looks for it. */
  waiting?: Waiting | undefined;
}

/** What a look found; without `found`, when the next message that is there becomes visible. */
export interface Look<T> {
  queueId: number;
  /** As the queue is set. */
  waitMs: number;
  found?: T;
  nextAt?: number | undefined;
}

/** Looks at the same time, so that many who wait do not take a commit each. */
const LOOKS_AT_ONCE_MAX = 64;

const UNHEARD: Waiting = { onIdle: () => {}, isMoment: false };

interface Waiter {
  look(): Promise<Look<unknown>>;
  /** Its time is over: it is told when nobody looks for it any more. */
  isOver: boolean;
  isLooking: boolean;
  onIdle(isIdle: boolean): void;
  leave(found: unknown): void;
  fail(error: unknown): void;
  giveUp(): void;
}

/** Those who wait for one queue, in the order in which they came. */
interface Line {
  name: string;
  queueId: number;
  waitMs: number;
  waiters: Set<Waiter>;
  /** How often something came since the last look: so many look at once. */
  news: number;
  serving: Promise<void> | undefined;
  nextAt: number;
  timer: Timer | undefined;
}

export const createArrivals = ({ clock }: { clock: Clock }): Arrivals => {
  const lines = new Map<string, Line>();
  const byQueue = new Map<number, Line>();
  const patience = createPatience();
  let isClosed = false;

  const lineOf = (name: string, look: Look<unknown>): Line => {
    let line = lines.get(name);
    if (line === undefined) lines.set(name, (line = { name, queueId: look.queueId, waitMs: look.waitMs, waiters: new Set(), news: 0, serving: undefined, nextAt: Infinity, timer: undefined }));
    setQueue(line, look);
    return line;
  };
  const setQueue = (line: Line, { queueId, waitMs }: Look<unknown>) => {
    if (queueId !== line.queueId) byQueue.delete(line.queueId);
    byQueue.set(queueId, line);
    line.queueId = queueId;
    line.waitMs = waitMs;
  };
  const closeWhenEmpty = (line: Line) => {
    if (line.waiters.size > 0 || line.serving !== undefined) return;
    line.timer?.cancel();
    lines.delete(line.name);
    byQueue.delete(line.queueId);
  };

  /** The clock, when it is advanced, waits until whoever it is for has it. */
  const arm = (line: Line) => {
    line.timer?.cancel();
    line.timer = line.nextAt === Infinity || line.waiters.size === 0 ? undefined : clock.at(line.nextAt, "message visibility", () => news(line));
  };
  const news = (line: Line): Promise<void> => {
    line.news++;
    return (line.serving ??= serve(line));
  };
  const serve = async (line: Line) => {
    // Whatever else is told in this turn goes along.
    await undefined;
    while (line.news > 0 && line.waiters.size > 0) {
      const count = Math.min(line.news, LOOKS_AT_ONCE_MAX);
      line.news = 0;
      line.nextAt = Infinity;
      const isMore = await lookFor(line, count);
      // Whoever was served may have left something for the next.
      if (isMore && line.news === 0) line.news = 2 * count;
    }
    line.news = 0;
    line.serving = undefined;
    arm(line);
    closeWhenEmpty(line);
  };
  /** Whether all of them found something. */
  const lookFor = async (line: Line, count: number): Promise<boolean> => {
    const first = [...line.waiters.values().take(count)];
    return (await Promise.all(first.map((waiter) => lookOnce(line, waiter)))).every((isServed) => isServed);
  };
  const lookOnce = async (line: Line, waiter: Waiter): Promise<boolean> => {
    waiter.isLooking = true;
    waiter.onIdle(false);
    try {
      const look = await waiter.look();
      const { found, nextAt = Infinity } = look;
      setQueue(line, look);
      line.nextAt = Math.min(line.nextAt, nextAt);
      if (found === undefined && !waiter.isOver) {
        waiter.onIdle(true);
        return false;
      }
      waiter.leave(found);
      return found !== undefined;
    } catch (error) {
      waiter.fail(error);
      return true;
    } finally {
      waiter.isLooking = false;
    }
  };

  const wait = (line: Line, { look, waitMs = line.waitMs, signal: signalOf, waiting: { onIdle, isMoment } = UNHEARD }: Poll<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const signal = signalOf();
      const end = () => {
        line.waiters.delete(waiter);
        timer.cancel();
        signal.removeEventListener("abort", giveUp);
        onIdle(false);
        closeWhenEmpty(line);
      };
      const waiter: Waiter = {
        look,
        isOver: false,
        isLooking: false,
        onIdle,
        leave(found) {
          end();
          resolve(found);
        },
        fail(error) {
          end();
          reject(error as Error);
        },
        giveUp() {
          waiter.isOver = true;
          if (!waiter.isLooking) waiter.leave(undefined);
        },
      };
      const { giveUp } = waiter;
      const timer = clock.at(clock.now() + waitMs, "long poll", giveUp, { isMoment });
      line.waiters.add(waiter);
      if (signal.aborted || isClosed) return giveUp();
      signal.addEventListener("abort", giveUp, { once: true });
      arm(line);
      onIdle(true);
      void news(line);
    });

  return {
    changed(queueId) {
      const line = byQueue.get(queueId);
      if (line !== undefined) void news(line);
    },
    due(queueId, at) {
      const line = byQueue.get(queueId);
      if (line === undefined) return;
      if (at <= clock.now()) return void news(line);
      if (at >= line.nextAt) return;
      line.nextAt = at;
      if (line.serving === undefined) arm(line);
    },
    async poll<T>(poll: Poll<T>): Promise<T | undefined> {
      let line = lines.get(poll.line);
      if (line === undefined || (poll.waitMs ?? line.waitMs) === 0) {
        // Most find something: only who does not is put into a line, and looks again there, as something may have come in between.
        const look = await poll.look();
        if (look.found !== undefined || (poll.waitMs ?? look.waitMs) === 0) return look.found;
        line = lineOf(poll.line, look);
        line.nextAt = Math.min(line.nextAt, look.nextAt ?? Infinity);
      }
      return (await wait(line, poll)) as T | undefined;
    },
    /** Those who wait are served, and the next moment at which there may be something for them is set on the clock. */
    rest: () => patience([...lines.values()].flatMap(({ serving }) => serving ?? [])),
    close() {
      isClosed = true;
      for (const line of lines.values()) for (const waiter of line.waiters) waiter.giveUp();
    },
  };
};
