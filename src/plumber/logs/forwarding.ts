import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock, Timer } from "../../kit/clock.ts";
import type { Ledger, Trace } from "../../kit/ledger.ts";
import { ASYNC_PAYLOAD_BYTES_MAX } from "../../kit/limits/lambda.ts";
import { LOG_EVENT_OVERHEAD_BYTES, LOG_FORWARD_BYTES_MAX, LOG_FORWARD_GATHER_MS, LOG_FORWARDS_AT_ONCE_MAX } from "../../kit/limits/logs.ts";
import { createPatience, type Worker } from "../../kit/patience.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import { deeper } from "../../scheduler/lineage.ts";
import type { Store } from "../../store/store.ts";
import { createDeliveryMetrics } from "../delivery-metrics.ts";
import type { Delivery } from "../delivery.ts";
import type { Outbox } from "../outbox.ts";

export interface ForwardedEvent {
  /** 56 digits. */
  id: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
  message: string;
}

/** Log events of one stream that one subscription filter lets through. */
export interface Forwarded {
  account: string;
  region: string;
  group: string;
  stream: string;
  filter: string;
  /** A function's. */
  destinationArn: string;
  trace: Trace;
  events: ForwardedEvent[];
}

export interface LogForwarding extends Worker {
  /** Resolves when the events are on their way, and on the disk as that. */
  forward(forwarded: Forwarded): Promise<void>;
  /** For what is written behind the work: it waits a moment for what comes next. While too much is on its way, resolves when there is room for more. */
  gather(forwarded: Forwarded): Promise<void> | undefined;
  /** Sends on its way what was gathered. */
  flush(): Promise<void>;
  pending(): number;
}

interface Needs {
  store: Store;
  outbox: Outbox;
  clock: Clock;
  random: Random;
  ledger: Ledger;
  metrics: Metrics;
  log: Log;
}

interface Gathered extends Forwarded {
  bytes: number;
}

const compress = promisify(gzip);

const messageOf = ({ account, group, stream, filter, events }: Forwarded): string =>
  JSON.stringify({ messageType: "DATA_MESSAGE", owner: account, logGroup: group, logStream: stream, subscriptionFilters: [filter], logEvents: events });

const bytesOf = ({ message }: ForwardedEvent): number => Buffer.byteLength(message) + LOG_EVENT_OVERHEAD_BYTES;

const keyOf = ({ account, region, group, stream, filter, destinationArn }: Forwarded): string => [account, region, group, stream, filter, destinationArn].join(" ");

/** Into pieces of at most so many bytes, but of one event at least. */
const pieces = (events: readonly ForwardedEvent[]): ForwardedEvent[][] => {
  const all: ForwardedEvent[][] = [];
  let bytes = Infinity;
  for (const event of events) {
    bytes += bytesOf(event);
    if (bytes > LOG_FORWARD_BYTES_MAX) {
      all.push([]);
      bytes = bytesOf(event);
    }
    all.at(-1)!.push(event);
  }
  return all;
};

/**
 * Log events on their way to functions that subscribe to them, as CloudWatch Logs tells of them: gzipped, in base64, of one stream and one filter
 * at a time ("Log group-level subscription filters", CloudWatch Logs user guide). What was forwarded is in the outbox, and so outlives the process.
 */
export const createLogForwarding = ({ store, outbox, clock, random, ledger, metrics, log }: Needs): LogForwarding => {
  const count = createDeliveryMetrics({ metrics });
  const gathered = new Map<string, Gathered>();
  const sending = new Set<Promise<void>>();
  const patience = createPatience();
  let timer: Timer | undefined;

  const deliveryOf = async (forwarded: Forwarded): Promise<Delivery> => {
    const { account, region, group, stream, filter, destinationArn, trace, events } = forwarded;
    const data = await compress(messageOf(forwarded));
    const amounts = { ForwardedLogEvents: events.length, ForwardedBytes: data.length, DeliveryErrors: events.length, DeliveryThrottling: events.length };
    return {
      id: random.uuid(), traceId: trace.id, ...(trace.lineage === undefined ? {} : { lineage: trace.lineage }), region,
      targetArn: destinationArn,
      payload: JSON.stringify({ awslogs: { data: data.toString("base64") } }),
      as: { service: "logs.amazonaws.com", account, sourceArn: `arn:aws:logs:${region}:${account}:log-group:${group}:*`, sourceAccount: account },
      keys: [group, stream],
      measured: { namespace: "AWS/Logs", dimensions: { LogGroupName: group, DestinationType: "Lambda", FilterName: filter }, amounts },
    };
  };
  /** As few deliveries as a function may be given: what compresses badly is cut in two. */
  const deliveriesOf = async (forwarded: Forwarded): Promise<[Forwarded, Delivery][]> => {
    const delivery = await deliveryOf(forwarded);
    if (delivery.payload.length <= ASYNC_PAYLOAD_BYTES_MAX) return [[forwarded, delivery]];
    const { events } = forwarded;
    if (events.length === 1) {
      count(delivery, "failed", { attempt: 0, ageMs: 0 });
      tell(forwarded, "drop", `a log event of ${forwarded.group} is too large for ${forwarded.destinationArn}`, { deliveryId: delivery.id, bytes: delivery.payload.length, largest: ASYNC_PAYLOAD_BYTES_MAX });
      return [];
    }
    const half = Math.ceil(events.length / 2);
    return [...(await deliveriesOf({ ...forwarded, events: events.slice(0, half) })), ...(await deliveriesOf({ ...forwarded, events: events.slice(half) }))];
  };
  const tell = ({ account, region, group, filter, trace, destinationArn }: Forwarded, kind: "event" | "drop", summary: string, detail: Record<string, unknown>) =>
    ledger.record({ traceId: trace.id, kind, account, region, keys: [group, destinationArn], summary, detail: { filter, destinationArn, ...detail } });

  const forward = async (forwarded: Forwarded): Promise<void> => {
    const all = (await Promise.all(pieces(forwarded.events).map((events) => deliveriesOf({ ...forwarded, events })))).flat();
    await store.run(function* () {
      for (const [, delivery] of all) yield* outbox.enqueue(delivery);
    });
    outbox.poke();
    const { group, stream, filter, destinationArn } = forwarded;
    for (const [{ events }, { id }] of all) tell(forwarded, "event", `CloudWatch Logs sends ${events.length} log events of ${group} to ${destinationArn}: the subscription filter ${filter} lets them through`, { stream, events: events.length, deliveryId: id });
  };
  const send = (one: Forwarded): void => {
    const sent = forward(one)
      .catch((error: unknown) => log.error("log events could not be forwarded, and are lost to their subscription", { group: one.group, filter: one.filter, error: String(error) }))
      .finally(() => sending.delete(sent));
    sending.add(sent);
  };
  const sendGathered = (): Promise<unknown> => {
    timer?.cancel();
    timer = undefined;
    for (const one of gathered.values()) send(one);
    gathered.clear();
    return Promise.all(sending);
  };

  return {
    forward,
    gather(forwarded) {
      const key = keyOf(forwarded);
      const there = gathered.get(key);
      const bytes = (there?.bytes ?? 0) + forwarded.events.reduce((sum, event) => sum + bytesOf(event), 0);
      const one = there ?? { ...forwarded, events: [], bytes };
      for (const event of forwarded.events) one.events.push(event);
      // Of two chains that come together, the one that has come further: a loop is seen to go on.
      Object.assign(one, { bytes, trace: deeper(one.trace, forwarded.trace) });
      if (bytes > LOG_FORWARD_BYTES_MAX) {
        gathered.delete(key);
        send(one);
      } else {
        gathered.set(key, one);
        timer ??= clock.at(clock.now() + LOG_FORWARD_GATHER_MS, "log forwarding", sendGathered);
      }
      return sending.size < LOG_FORWARDS_AT_ONCE_MAX ? undefined : Promise.race(sending);
    },
    async flush() {
      await sendGathered();
    },
    rest: () => patience(sending),
    pending: () => gathered.size + sending.size,
  };
};
