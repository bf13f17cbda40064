import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call, OperationInput, OperationName, OperationOutput } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { createLogForwarding } from "../../src/plumber/logs/forwarding.ts";
import { createMetrics } from "../../src/plumber/metrics/metrics.ts";
import { createOutbox } from "../../src/plumber/outbox.ts";
import type { RequestContext } from "../../src/services/service.ts";
import type { LogsTypes } from "../../src/services/logs/needs.ts";
import { createLogsService } from "../../src/services/logs/service.ts";
import { noApiDestinations } from "../support/no-api-destinations.ts";
import { requestContext } from "../support/context.ts";
import { openHistory, openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

export const NOW = Date.UTC(2026, 10, 24, 12);
export const GROUP = "/aws/lambda/hello";

export const context = (over: Partial<RequestContext> = {}): RequestContext => requestContext({ isInternal: true, ...over });

/** An invocation of a function, as the platform would be asked for it. */
export interface Asked {
  FunctionName: string;
  InvocationType: string;
  Payload?: Buffer;
  options: Parameters<Call>[3];
}

/** The service on stores of its own, with a clock that the test moves; `invoke` stands for Lambda, and throws what it refuses with. */
export const startLogs = (options: { path?: string; invoke?: (asked: Asked) => void } = {}) => {
  const clock = createClock(NOW);
  const directory = temporaryDirectory();
  const path = options.path ?? join(directory, "history.db");
  const store = openHistory(path);
  const state = openState(join(directory, "state.db"));
  const asked: Asked[] = [];
  const told: LedgerEntry[] = [];
  const invoke = (async (service, operation, input, callOptions) => {
    if (service !== "lambda" || operation !== "Invoke") throw new ApiError("NotImplemented", operation);
    const one = { ...(input as unknown as Asked), options: callOptions };
    asked.push(one);
    options.invoke?.(one);
    return { StatusCode: 202 };
  }) as Call;
  const ledger = { record: (entry: LedgerEntry) => void told.push(entry), find: async () => [], flush: async () => {} };
  const common = { clock, wall: clock, random: systemRandom, log: silentLog, ledger, metrics: createMetrics({ store, clock, wall: clock, log: silentLog }), call: invoke };
  const outbox = createOutbox({ ...common, store: state, sendToApiDestination: noApiDestinations });
  const forwarding = createLogForwarding({ ...common, store: state, outbox });
  onTestFinished(async () => {
    await forwarding.flush();
    await outbox.close();
    await common.metrics.flush();
    clock.stop();
    await store.close();
    await state.close();
  });
  const service = createLogsService({ ...common, store, forwarding });
  const call = async <N extends keyof typeof service.handlers & OperationName<LogsTypes>>(
    operation: N,
    input: OperationInput<LogsTypes, N>,
    where: Partial<RequestContext> = {},
  ): Promise<OperationOutput<LogsTypes, N>> => {
    const handler = service.handlers[operation] as (input: unknown, context: RequestContext) => unknown;
    return (await handler(input, context(where))) as OperationOutput<LogsTypes, N>;
  };
  return {
    clock,
    asked,
    told,
    outbox,
    forwarding,
    metrics: common.metrics,
    store,
    service,
    path,
    call,
    /** A group with a stream, and these messages in it, a millisecond apart. */
    async write(stream: string, messages: readonly string[], at = clock.now()) {
      const existing = (error: Error) => expect(error.name).toBe("ResourceAlreadyExistsException");
      await call("CreateLogGroup", { logGroupName: GROUP }).catch(existing);
      await call("CreateLogStream", { logGroupName: GROUP, logStreamName: stream }).catch(existing);
      return call(
        "PutLogEvents",
        { logGroupName: GROUP, logStreamName: stream, logEvents: messages.map((message, i) => ({ timestamp: at + i, message })) },
      );
    },
  };
};
