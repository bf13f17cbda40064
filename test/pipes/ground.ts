import { createApiDestinationTarget } from "../../src/plumber/targets/api-destination.ts";
import { onTestFinished } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call, CallOptions } from "../../src/kit/call.ts";
import { silentLog } from "../../src/kit/log.ts";
import type { Metric } from "../../src/kit/metrics.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { createPipes } from "../../src/plumber/pipes/pipes.ts";
import { pipeArn, savePipe, type Pipe, type StoredPipe } from "../../src/plumber/pipes/pipe.ts";
import { pipeHandlers } from "../../src/services/pipes/handlers.ts";
import type { PipesNeeds } from "../../src/services/pipes/needs.ts";
import { getQueue } from "../../src/services/sqs/queue-rows.ts";
import { settingsOf } from "../../src/services/sqs/queue-attributes.ts";
import { parseQueueUrl } from "../../src/services/sqs/queue-names.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { arn, openMessages } from "../sqs/support.ts";

export interface Called {
  service: string;
  operation: string;
  input: Record<string, unknown>;
  options: CallOptions;
}

export const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`;
export const functionArn = (name: string) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
export const denied = (action: string) => new ApiError("AccessDeniedException", `not authorized to perform: ${action}`, { status: 403 });
export const throttled = new ApiError("TooManyRequestsException", "Rate Exceeded.", { status: 429 });

/** What a function answers to the payload it is given; what it throws is its service's refusal. */
type Behaviour = (payload: unknown, called: Called) => unknown;

/** Pipes over real queues and a real store, with a clock that the test moves; the test stands for IAM and for all targets but queues. */
export const openPipes = () => {
  const sqs = openMessages();
  const { clock, store, entries } = sqs;
  const calls: Called[] = [];
  const counted = new Map<string, number>();
  const logged: Record<string, unknown>[] = [];
  const world = { refused: new Map<string, Error>(), functions: {} as Record<string, Behaviour>, other: (() => ({})) as (called: Called) => unknown };

  const attributes = async (url: string, { region }: CallOptions) => {
    const queue = await store.run(() => getQueue(parseQueueUrl(url, region)!));
    return { Attributes: { VisibilityTimeout: String(settingsOf(queue).visibilityMs / 1_000), ApproximateNumberOfMessages: String((await sqs.parts.counts.of(queue)).visible) } };
  };
  const invoke = async (called: Called) => {
    const { FunctionName, Payload } = called.input as { FunctionName: string; Payload: Buffer };
    const answer = await world.functions[FunctionName]?.(JSON.parse(Payload.toString()) as unknown, called);
    const failure = (answer as { FunctionError?: string } | undefined)?.FunctionError;
    return { StatusCode: 200, Payload: Buffer.from(JSON.stringify(answer ?? null)), ...(failure === undefined ? {} : { FunctionError: failure }) };
  };
  const call = (async (service: string, operation: string, input: Record<string, unknown>, options: CallOptions) => {
    const called = { service, operation, input, options };
    calls.push(called);
    const refusal = world.refused.get(operation);
    if (refusal !== undefined) throw refusal;
    if (options.isQuestion === true) return {};
    if (service === "sts") return { Credentials: { AccessKeyId: "a", SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(Date.now() + 3_600_000) }, AssumedRoleUser: { Arn: "arn:role", AssumedRoleId: "id" } };
    if (service === "lambda") return invoke(called);
    if (service !== "sqs") return world.other(called);
    if (operation === "GetQueueAttributes") return attributes(input["QueueUrl"] as string, options);
    return sqs.call(operation as "ReceiveMessage", input as never, requestContext({ ...(options.signal === undefined ? {} : { signal: options.signal }), ...(options.trace === undefined ? {} : { trace: options.trace }), isInternal: true }));
  }) as unknown as Call;

  const needs: PipesNeeds = {
    store, call, clock, wall: clock, random: systemRandom, log: silentLog,
    ledger: { record: (entry) => void entries.push(entry), find: async () => [], flush: async () => {} },
    metrics: { series: ({ name, dimensions }: Metric) => ({ add: (value) => void counted.set(`${name} ${Object.keys(dimensions)[0]}`, (counted.get(`${name} ${Object.keys(dimensions)[0]}`) ?? 0) + value) }), record() {}, flush: async () => {} },
    logs: { write: ({ lines }) => void logged.push(...lines.map(({ message }) => JSON.parse(message) as Record<string, unknown>)), forget() {}, flush: async () => {} },
    sendToApiDestination: createApiDestinationTarget({ store, call, clock, wall: clock, sessionKey: Buffer.alloc(32, 7) }),
  };
  const open = () => createPipes(needs);
  let pipes = open();
  onTestFinished(() => pipes.close(0));

  const save = async (pipe: Pipe) => {
    await store.run(() => savePipe(pipe));
    await pipes.changed(pipe);
    return pipe;
  };
  const the = (name = "p") => ({ account: ACCOUNT, region: "us-east-1", name });
  return {
    ...sqs, calls, counted, logged, world, save, the,
    get pipes() { return pipes; },
    /** The API, whose changes take an hour. */
    api: () => pipeHandlers({ ...needs, pipes, settleMs: 3_600_000 }),
    /** As the process would find it after a crash. */
    async restart() {
      await pipes.close(0);
      pipes = open();
      await pipes.start();
    },
    /** A pipe that runs. */
    pipe: (body: Partial<StoredPipe> & { source: string; target: string }, name = "p") =>
      save({ ...the(name), body: { roleArn: ROLE, desiredState: "RUNNING", change: "CREATE", settlesAt: 0, tags: {}, createdAt: 0, modifiedAt: 0, ...body } }),
    to: (operation: string) => calls.filter((called) => called.operation === operation),
    /** What a function was given, in turn. */
    given: (name: string) => calls.filter(({ operation, input }) => operation === "Invoke" && input["FunctionName"] === functionArn(name)).map(({ input }) => JSON.parse((input["Payload"] as Buffer).toString()) as { body: string; messageId: string }[]),
    summaries: () => entries.map(({ summary }) => summary),
    queueArn: arn,
    arnOf: (name = "p") => pipeArn(the(name)),
  };
};

export type OpenPipes = ReturnType<typeof openPipes>;
