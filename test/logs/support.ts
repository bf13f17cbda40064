import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { OperationInput, OperationName, OperationOutput } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import { systemRandom } from "../../src/kit/random.ts";
import type { RequestContext } from "../../src/services/service.ts";
import type { LogsTypes } from "../../src/services/logs/needs.ts";
import { createLogsService } from "../../src/services/logs/service.ts";
import { requestContext } from "../support/context.ts";
import { openHistory } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

export const NOW = Date.UTC(2026, 10, 24, 12);
export const GROUP = "/aws/lambda/hello";

export const context = (over: Partial<RequestContext> = {}): RequestContext => requestContext({ isInternal: true, ...over });

/** The service on a store of its own, with a clock that the test moves. */
export const startLogs = (options: { path?: string } = {}) => {
  const clock = createClock(NOW);
  const path = options.path ?? join(temporaryDirectory(), "history.db");
  const store = openHistory(path);
  onTestFinished(async () => {
    clock.stop();
    await store.close();
  });
  const service = createLogsService({ store, clock, random: systemRandom });
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
