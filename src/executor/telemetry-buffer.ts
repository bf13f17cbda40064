import type { Clock } from "../kit/clock.ts";
import { TELEMETRY_DELIVERY_MS_MAX, TELEMETRY_RETRY_MS_FIRST, TELEMETRY_RETRY_MS_MAX } from "../kit/limits/runtime.ts";
import { createPausable, type PausableTimer } from "./pausable.ts";
import type { Subscription } from "./subscription.ts";
import type { TelemetrySender } from "./telemetry-sender.ts";

/** What waits for one subscriber. It holds two batches at most, one of them under way: what does not fit is counted, and told when there is room. */
export interface TelemetryBuffer {
  add(event: string): void;
  /** Delivers without waiting for more. */
  flush(): void;
  readonly isEmpty: boolean;
  /** While the environment is frozen. */
  pause(): void;
  resume(): void;
  close(): void;
}

interface Needs {
  subscription: Pick<Subscription, "maxItems" | "maxBytes" | "timeoutMs">;
  sender: TelemetrySender;
  wall: Clock;
  /** JSON of the event that tells how much was dropped. */
  tellDropped(dropped: { records: number; bytes: number }): string | undefined;
  /** Nothing waits any more. */
  onEmpty(): void;
}

export const createTelemetryBuffer = ({ subscription: { maxItems, maxBytes, timeoutMs }, sender, wall, tellDropped, onEmpty }: Needs): TelemetryBuffer => {
  let pending: string[] = [];
  let pendingBytes = 0;
  let dropped = { records: 0, bytes: 0 };
  let underWay: string[] | undefined;
  let retryMs = TELEMETRY_RETRY_MS_FIRST;
  let retryNow: (() => void) | undefined;
  let isHasty = false;
  let isPaused = false;
  let isClosed = false;
  /** When the batch is full of age; when one is tried again; when one has taken too long. */
  const timers: { age?: PausableTimer | undefined; retry?: PausableTimer | undefined; delivery?: PausableTimer | undefined } = {};

  const isFull = () => pending.length >= maxItems || pendingBytes >= maxBytes;
  const cancel = (name: keyof typeof timers) => {
    timers[name]?.cancel();
    timers[name] = undefined;
  };
  const put = (event: string) => {
    pending.push(event);
    pendingBytes += Buffer.byteLength(event);
  };
  const takeBatch = (): string[] => {
    cancel("age");
    const batch = pending;
    pending = [];
    pendingBytes = 0;
    return batch;
  };
  const attempt = async (batch: string[]) => {
    timers.delivery = createPausable(wall, "telemetry delivery", TELEMETRY_DELIVERY_MS_MAX, () => sender.abort());
    try {
      await sender.send(batch);
      cancel("delivery");
      delivered();
    } catch {
      cancel("delivery");
      if (isClosed) return;
      retryNow = () => {
        cancel("retry");
        retryNow = undefined;
        void attempt(batch);
      };
      timers.retry = createPausable(wall, "telemetry retry", retryMs, retryNow);
      if (isPaused) timers.retry.pause();
      retryMs = Math.min(retryMs * 2, TELEMETRY_RETRY_MS_MAX);
    }
  };
  const delivered = () => {
    underWay = undefined;
    retryMs = TELEMETRY_RETRY_MS_FIRST;
    if (isClosed) return;
    if (dropped.records > 0) {
      const told = tellDropped(dropped);
      dropped = { records: 0, bytes: 0 };
      if (told !== undefined) put(told);
    }
    next();
    if (pending.length === 0) onEmpty();
  };
  /** Delivers, or waits for more. */
  const next = () => {
    if (pending.length === 0) isHasty = false;
    if (pending.length === 0 || underWay !== undefined || isPaused || isClosed) return;
    if (isHasty || isFull()) {
      underWay = takeBatch();
      void attempt(underWay);
    } else {
      timers.age ??= createPausable(wall, "telemetry batch", timeoutMs, () => {
        timers.age = undefined;
        isHasty = true;
        next();
      });
    }
  };

  return {
    add(event) {
      if (isClosed) return;
      if (isFull()) {
        dropped.records++;
        dropped.bytes += Buffer.byteLength(event);
        return;
      }
      put(event);
      next();
    },
    flush() {
      isHasty = true;
      next();
    },
    get isEmpty() { return pending.length === 0 && underWay === undefined; },
    pause() {
      isPaused = true;
      for (const timer of Object.values(timers)) timer?.pause();
    },
    resume() {
      isPaused = false;
      for (const timer of Object.values(timers)) timer?.resume();
      // The environment may be awake for less than the time between two attempts.
      retryNow?.();
      next();
    },
    close() {
      isClosed = true;
      for (const timer of Object.values(timers)) timer?.cancel();
      sender.close();
    },
  };
};
