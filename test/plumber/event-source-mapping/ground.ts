import { onTestFinished } from "vitest";
import type { FunctionTarget, InvocationOutcome, InvocationReport } from "../../../src/executor/executor.ts";
import { ApiError } from "../../../src/kit/api-error.ts";
import type { Call, CallOptions } from "../../../src/kit/call.ts";
import type { Metric } from "../../../src/kit/metrics.ts";
import { silentLog } from "../../../src/kit/log.ts";
import { systemRandom } from "../../../src/kit/random.ts";
import { createEventSourceMappings } from "../../../src/plumber/event-source-mapping/create-event-source-mappings.ts";
import { saveMapping, type EventSourceMapping, type MappingSettings } from "../../../src/plumber/event-source-mapping/mapping.ts";
import type { RequestedInvocation } from "../../../src/scheduler/scheduler.ts";
import { throttled } from "../../../src/scheduler/concurrency.ts";
import { getQueue } from "../../../src/services/sqs/queue-rows.ts";
import { settingsOf } from "../../../src/services/sqs/queue-attributes.ts";
import { parseQueueUrl } from "../../../src/services/sqs/queue-names.ts";
import { ACCOUNT, requestContext } from "../../support/context.ts";
import { arn, openMessages } from "../../sqs/support.ts";

export interface Given {
  bodies: string[];
  ids: string[];
  event: { Records: { messageId: string; body: string; attributes: Record<string, string> }[] };
  invocation: RequestedInvocation;
}

/** What the function does: its response, or what it throws. */
export type Behaviour = (given: Given) => unknown;

export const failing = (errorType = "Unhandled") => ({ isFailure: true, errorType });
export const refusing = throttled("ReservedFunctionConcurrentInvocationLimitExceeded");

const SETTINGS: MappingSettings = { batchSize: 10, windowSeconds: 0, filters: [], isResponseRead: false, isCounted: true };
const AS = { account: ACCOUNT, region: "us-east-1" };

/** Mappings over real queues and a real store, with a clock that the test moves; this test stands for the scheduler, the function and IAM. */
export const openMappings = () => {
  const sqs = openMessages();
  const { clock, store, entries } = sqs;
  const calls: { operation: string; input: Record<string, unknown>; options: CallOptions }[] = [];
  const counted = new Map<string, number>();
  const world = { behave: (() => undefined) as Behaviour, denied: new Set<string>(), functions: new Set(["f"]), running: 0, mostRunning: 0 };
  const given: Given[] = [];

  const attributes = async (url: string, context: CallOptions) => {
    const queue = await store.run(() => getQueue(parseQueueUrl(url, context.region)!));
    const counts = await sqs.parts.counts.of(queue);
    return { Attributes: { VisibilityTimeout: String(settingsOf(queue).visibilityMs / 1_000), ApproximateNumberOfMessages: String(counts.visible) } };
  };
  const call = (async (service: string, operation: string, input: Record<string, unknown>, options: CallOptions) => {
    if (service === "sts") return { Credentials: { AccessKeyId: "a", SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(Date.now() + 3_600_000) }, AssumedRoleUser: { Arn: "arn:role", AssumedRoleId: "id" } };
    calls.push({ operation, input, options });
    if (world.denied.has(operation)) throw new ApiError("AccessDeniedException", `not allowed: ${operation}`, { status: 403 });
    if (operation === "GetQueueAttributes") return attributes(input["QueueUrl"] as string, options);
    return sqs.call(operation as "ReceiveMessage", input as never, requestContext({ ...(options.signal === undefined ? {} : { signal: options.signal }), isInternal: true }));
  }) as unknown as Call;

  const invoke = async (invocation: RequestedInvocation): Promise<InvocationOutcome> => {
    const event = JSON.parse(invocation.payload.toString()) as Given["event"];
    const one = { event, invocation, bodies: event.Records.map(({ body }) => body), ids: event.Records.map(({ messageId }) => messageId) };
    given.push(one);
    world.mostRunning = Math.max(world.mostRunning, ++world.running);
    try {
      const result = await world.behave(one);
      if (typeof result === "object" && result !== null && "isFailure" in result) return { kind: "error", errorType: (result as { errorType?: string }).errorType ?? "Unhandled", payload: Buffer.from("{}") };
      return { kind: "response", payload: Buffer.isBuffer(result) ? result : Buffer.from(JSON.stringify(result ?? null)) };
    } finally {
      world.running--;
    }
  };
  const open = () => createEventSourceMappings({
    store, call, clock, random: systemRandom, log: silentLog,
    ledger: { record: (entry) => void entries.push(entry), find: async () => [], flush: async () => {} },
    metrics: { series: ({ name }: Metric) => ({ add: (value) => void counted.set(name, (counted.get(name) ?? 0) + value) }), record: () => undefined, flush: async () => {} },
    resolve: async (_at, name) => {
      if (!world.functions.has(name)) throw new ApiError("ResourceNotFoundException", `Function not found: ${name}`, { status: 404 });
      return { ...AS, name, roleArn: `arn:aws:iam::${ACCOUNT}:role/r`, functionArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}` } as FunctionTarget;
    },
    scheduler: { invoke: async (_target, invocation) => ({ outcome: await invoke(invocation) }) as InvocationReport },
  });
  let mappings = open();
  onTestFinished(() => mappings.close(0));

  const save = async (mapping: EventSourceMapping) => {
    await store.run(() => saveMapping(mapping));
    await mappings.changed(mapping.uuid);
    return mapping;
  };
  return {
    ...sqs, calls, counted, world, given, save,
    get mappings() { return mappings; },
    /** As the process would find it after a crash. */
    async restart() {
      await mappings.close(0);
      mappings = open();
      await mappings.start();
    },
    /** An enabled mapping of the queue to the function `f`. */
    map: (queue: string, settings: Partial<MappingSettings> = {}, over: Partial<EventSourceMapping> = {}) =>
      save({ ...AS, uuid: systemRandom.uuid(), sourceArn: arn(queue), functionName: "f", isEnabled: true, transition: "Creating", settlesAt: 0, lastModified: clock.now(), settings: { ...SETTINGS, ...settings }, tags: {}, ...over }),
    polls: () => calls.filter(({ operation }) => operation === "ReceiveMessage").length,
  };
};

export type OpenMappings = ReturnType<typeof openMappings>;
