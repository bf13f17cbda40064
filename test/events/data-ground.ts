import { join } from "node:path";
import type { PutEventsCommandInput, PutEventsRequestEntry, Target } from "@aws-sdk/client-eventbridge";
import { onTestFinished } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call, CallOptions } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { silentLog } from "../../src/kit/log.ts";
import type { Metric, Metrics } from "../../src/kit/metrics.ts";
import { systemRandom, type Random } from "../../src/kit/random.ts";
import { saveItem } from "../../src/plumber/events/rows.ts";
import { deleteRule, saveRule, type StoredRule } from "../../src/plumber/events/rules.ts";
import { createOutbox } from "../../src/plumber/outbox.ts";
import { createEvents } from "../../src/services/events/parts.ts";
import { createEventsService } from "../../src/services/events/service.ts";
import { sql, sqlOne } from "../../src/store/store.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { createApiDestinationTarget } from "../../src/plumber/targets/api-destination.ts";
import { openState } from "../support/store.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

export const PLACE = { account: ACCOUNT, region: "us-east-1" };
export const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
export const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:q`;
export const DEAD = `arn:aws:sqs:us-east-1:${ACCOUNT}:dead`;
export const busArnOf = (name: string, account = ACCOUNT) => `arn:aws:events:us-east-1:${account}:event-bus/${name}`;
export const ruleArnOf = (name: string) => `arn:aws:events:us-east-1:${ACCOUNT}:rule/${name}`;

/** One call that a delivery made. */
export interface Sent {
  service: string;
  operation: string;
  input: Record<string, unknown>;
  options: CallOptions;
  /** Platform time. */
  at: number;
  /** The payload as a text. */
  text: string;
}

const TEXTS = ["Payload", "MessageBody", "Message", "Detail"];

/** EventBridge and the outbox over a real store; behind them stands the test instead of the other services and of IAM. */
export const openEvents = ({ behave = () => undefined, path = join(temporaryDirectory(), "state.db"), random = systemRandom, start, sessionKey = systemRandom.bytes(32) }: { behave?: (sent: Sent, count: number) => unknown; path?: string; random?: Random; start?: number; sessionKey?: Buffer } = {}) => {
  const [clock, wall] = [createClock(start), createClock()];
  const store = openState(path);
  const sent: Sent[] = [];
  const told: LedgerEntry[] = [];
  const counted = new Map<string, number>();
  const metrics: Metrics = {
    series: ({ name, dimensions }: Metric) => ({ add: (value, times = 1) => void counted.set([name, ...Object.values(dimensions)].join(" "), (counted.get([name, ...Object.values(dimensions)].join(" ")) ?? 0) + value * times) }),
    record: () => undefined,
    flush: async () => {},
  };
  const ledger = { record: (entry: LedgerEntry) => void told.push(entry), find: async () => [], flush: async () => {} };
  const call = (async (service: string, operation: string, input: Record<string, unknown>, options: CallOptions) => {
    const given = TEXTS.map((name) => input[name]).find((one) => one !== undefined) ?? "";
    const one: Sent = { service, operation, input, options, at: clock.now(), text: String(given) };
    if (service === "events" && operation === "PutEvents") {
      const { forwardedEvent } = options;
      return handlers.PutEvents(input as never, requestContext({ caller: options.as, account: options.account!, region: options.region, isInternal: true, ...(forwardedEvent === undefined ? {} : { forwardedEvent }), ...(options.trace === undefined ? {} : { trace: options.trace }), ...(options.requestId === undefined ? {} : { requestId: options.requestId }) }));
    }
    sent.push(one);
    return (await behave(one, sent.length)) ?? {};
  }) as unknown as Call;
  const outbox = createOutbox({ store, call, clock, wall, random, ledger, metrics, log: silentLog, sendToApiDestination: createApiDestinationTarget({ store, call, clock, wall, sessionKey }) });
  const needs = { store, call, outbox, clock, wall, random, ledger, metrics, log: silentLog, sessionKey };
  const engine = createEvents(needs);
  const service = createEventsService(engine.parts);
  const handlers = service.handlers as Required<typeof service.handlers>;
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await engine.close();
    await outbox.close();
    await store.close();
    clock.stop();
    wall.stop();
  };
  onTestFinished(close);

  const rule = async (name: string, { targets = [{ Id: "1", Arn: FUNCTION }], bus = "default", nextAt, ...over }: Partial<Omit<StoredRule, "targets">> & { targets?: Target[]; bus?: string; nextAt?: number } = {}) => {
    const body: StoredRule = { state: "ENABLED", createdBy: ACCOUNT, createdAt: clock.now(), tags: {}, targets, ...over };
    await store.run(() => saveRule({ ...PLACE, bus, name, nextAt, body }));
    await engine.parts.rules.changed({ ...PLACE, bus, name });
  };
  return {
    clock, wall, sessionKey, store, outbox, engine, handlers, service, sent, told, counted, path, close, rule,
    dropRule: async (name: string, bus = "default") => {
      await store.run(() => deleteRule({ ...PLACE, bus, name }));
      await engine.parts.rules.changed({ ...PLACE, bus, name });
    },
    bus: (name: string, account = ACCOUNT) => store.run(() => saveItem({ ...PLACE, account, name, body: { tags: {}, createdAt: 0, modifiedAt: 0 } }, "bus")),
    putAll: async (input: PutEventsCommandInput, over: Parameters<typeof requestContext>[0] = {}) => handlers.PutEvents(input, requestContext(over)),
    put: async (entry: Partial<PutEventsRequestEntry> = {}, over: Parameters<typeof requestContext>[0] = {}) =>
      handlers.PutEvents({ Entries: [{ Source: "shop", DetailType: "order", Detail: "{}", ...entry }] }, requestContext(over)),
    /** All that was accepted has been tried, as far as it is due. */
    async settled() {
      await eventually("everything is tried", async () => (await store.read(() => sqlOne("select count(*) as n from delivery where due_at <= ?", clock.now())))!["n"] === 0, undefined, 1);
      await outbox.pending();
    },
    deliveries: () => store.read(() => sql("select * from delivery")),
  };
};

export type EventsGround = ReturnType<typeof openEvents>;

export const refuses = (code: string, message = code): (() => never) => () => {
  throw new ApiError(code, message, { status: 400 });
};
