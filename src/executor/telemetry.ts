import type { Clock } from "../kit/clock.ts";
import { TELEMETRY_BACKLOG_BYTES_MAX, TELEMETRY_BACKLOG_ITEMS_MAX } from "../kit/limits/runtime.ts";
import { recordOf, type PlatformEvent } from "./platform-events.ts";
import type { Subscription } from "./subscription.ts";
import { createTelemetryBuffer, type TelemetryBuffer } from "./telemetry-buffer.ts";
import { renderEvent, type TelemetryEvent } from "./telemetry-events.ts";
import { createSender, type Connect } from "./telemetry-sender.ts";

/** What an environment tells its subscribers. It never waits for one, and holds a bounded part of what one has not taken yet. */
export interface Telemetry {
  platform(event: PlatformEvent): void;
  /** A line of the function or of an extension. */
  line(source: "function" | "extension", text: string): void;
  /** Instead of what this extension asked for before. It gets what INIT told so far. */
  subscribe(name: string, subscription: Subscription): void;
  subscriptionOf(name: string): Subscription | undefined;
  /** INIT is over: nobody subscribes any more. */
  closeSubscriptions(): void;
  readonly areSubscriptionsClosed: boolean;
  /** Delivers what is buffered; `isDelivered` tells when. */
  flush(): void;
  readonly isDelivered: boolean;
  /** The same, waited for, but for so long only. */
  deliver(timeoutMs: number): Promise<void>;
  pause(): void;
  resume(): void;
  /** The subscribers are gone. What is told from now on is kept for those who will subscribe in the next INIT. */
  end(): void;
}

interface Needs {
  connect: Connect;
  wall: Clock;
  nowMs: () => number;
  /** Lines of a function that logs in JSON are objects to who can take them. */
  isJson: boolean;
}

/** In AWS's words. */
const FALLEN_BEHIND = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.";

interface Subscriber {
  subscription: Subscription;
  buffer: TelemetryBuffer;
}

export const createTelemetry = ({ connect, wall, nowMs, isJson }: Needs): Telemetry => {
  const subscribers = new Map<string, Subscriber>();
  let backlog: TelemetryEvent[] = [];
  let backlogBytes = 0;
  let areSubscriptionsClosed = false;
  let onDelivered: (() => void) | undefined;

  const timeNow = () => new Date(nowMs()).toISOString();
  const platformEvent = (event: PlatformEvent): TelemetryEvent => ({ category: "platform", time: timeNow(), ...recordOf(event) });
  const keep = (event: TelemetryEvent) => {
    const bytes = typeof event.record === "string" ? event.record.length : JSON.stringify(event.record).length;
    if (backlog.length >= TELEMETRY_BACKLOG_ITEMS_MAX || backlogBytes + bytes > TELEMETRY_BACKLOG_BYTES_MAX) return;
    backlog.push(event);
    backlogBytes += bytes;
  };
  const give = ({ subscription, buffer }: Subscriber, event: TelemetryEvent) => {
    const text = renderEvent(event, subscription);
    if (text !== undefined) buffer.add(text);
  };
  /** Nobody listens, and nobody will before the next INIT. */
  const isDeaf = () => areSubscriptionsClosed && subscribers.size === 0;
  const publish = (event: TelemetryEvent) => {
    if (!areSubscriptionsClosed) keep(event);
    for (const subscriber of subscribers.values()) give(subscriber, event);
  };
  const all = (act: (buffer: TelemetryBuffer) => void) => {
    for (const { buffer } of subscribers.values()) act(buffer);
  };
  const isDelivered = () => {
    for (const { buffer } of subscribers.values()) if (!buffer.isEmpty) return false;
    return true;
  };
  const noteDelivery = () => {
    if (isDelivered()) onDelivered?.();
  };
  const end = () => {
    all((buffer) => buffer.close());
    subscribers.clear();
    onDelivered?.();
    backlog = [];
    backlogBytes = 0;
    areSubscriptionsClosed = false;
  };

  return {
    platform(event) {
      if (!isDeaf()) publish(platformEvent(event));
    },
    line(source, text) {
      if (isDeaf()) return;
      const json = isJson ? objectIn(text) : undefined;
      publish({ category: source, time: timeNow(), type: source, record: text, ...(json === undefined ? {} : { json }) });
    },
    subscribe(name, subscription) {
      subscribers.get(name)?.buffer.close();
      const buffer = createTelemetryBuffer({
        subscription, wall,
        onEmpty: noteDelivery,
        sender: createSender(subscription.destination, connect),
        tellDropped: ({ records, bytes }) => renderEvent(platformEvent({ type: "logsDropped", reason: FALLEN_BEHIND, droppedRecords: records, droppedBytes: bytes }), { ...subscription, types: ["platform"] }),
      });
      const subscriber = { subscription, buffer };
      subscribers.set(name, subscriber);
      for (const event of backlog) give(subscriber, event);
    },
    subscriptionOf: (name) => subscribers.get(name)?.subscription,
    closeSubscriptions() {
      areSubscriptionsClosed = true;
      backlog = [];
    },
    get areSubscriptionsClosed() { return areSubscriptionsClosed; },
    flush: () => all((buffer) => buffer.flush()),
    get isDelivered() { return isDelivered(); },
    deliver: (timeoutMs) =>
      new Promise((resolve) => {
        all((buffer) => buffer.flush());
        if (isDelivered()) return resolve();
        const timer = wall.at(wall.now() + timeoutMs, "telemetry", () => onDelivered?.());
        onDelivered = () => {
          timer.cancel();
          onDelivered = undefined;
          resolve();
        };
      }),
    pause: () => all((buffer) => buffer.pause()),
    resume: () => all((buffer) => buffer.resume()),
    end,
  };
};

/** The object that a line is, as JSON in one line. What is nested deeper than can be written again is a text to who has subscribed. */
const objectIn = (text: string): string | undefined => {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
};
