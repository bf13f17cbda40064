import type { InvocationOutcome } from "../../executor/executor.ts";
import { isApiError } from "../../kit/api-error.ts";
import type { Log } from "../../kit/log.ts";
import type { ResolveTarget, Scheduler } from "../../scheduler/scheduler.ts";
import { invokedArn, type EventSourceMapping } from "./mapping.ts";
import { toEvent, type BatchItem } from "./record.ts";
import { failuresIn } from "./response.ts";
import type { BatchTerms, Handed } from "./run-batch.ts";

interface Needs {
  scheduler: Pick<Scheduler, "invoke">;
  resolve: ResolveTarget;
  log: Log;
}

const NONE: ReadonlySet<string> = new Set();

const failedIn = (items: readonly BatchItem[], { settings }: EventSourceMapping, outcome: InvocationOutcome): Handed & { kind: "ran" } => {
  if (outcome.kind === "error") return { kind: "ran", failed: new Set(items.map(({ record }) => record.messageId)), why: `it failed with ${outcome.errorType}` };
  return { kind: "ran", failed: settings.isResponseRead ? failuresIn(outcome.payload, items) : NONE, why: "its response says so, or cannot be believed" };
};

/** The function of a mapping, as it is at the moment, by its version or alias; never by its policy. */
export const createInvokeFunction =
  ({ scheduler, resolve, log }: Needs, mapping: EventSourceMapping): BatchTerms["hand"] =>
  async (items, { trace, requestId }) => {
    try {
      const target = await resolve(mapping, mapping.functionName, mapping.qualifier);
      const { outcome } = await scheduler.invoke(target, { requestId, trace, payload: toEvent(items), invokedFunctionArn: invokedArn(mapping), isQueued: true });
      return failedIn(items, mapping, outcome);
    } catch (error) {
      if (!isApiError(error)) log.error("a batch could not be run", { eventSourceMapping: mapping.uuid, requestId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      const code = isApiError(error) ? error.code : "ServiceException";
      return { kind: "refused", code, isThrottled: code === "TooManyRequestsException", why: `it could not be run (${code})` };
    }
  };
