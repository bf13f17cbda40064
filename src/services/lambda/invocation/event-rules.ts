import type { InvocationOutcome } from "../../../executor/executor.ts";
import { functionArn, parseArn } from "../../../kit/arn.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { Outbox } from "../../../plumber/outbox.ts";
import { EVENT_SETTINGS_DEFAULT, type EndedEvent, type EventRules, type QueuedInvocation } from "../../../scheduler/scheduler.ts";
import type { Operation } from "../../../store/store.ts";
import { LATEST } from "../configuration-rows.ts";
import { findEventConfig } from "./event-config-rows.ts";
import { findQualified } from "../versions/qualifiers.ts";
import { findFunction } from "../functions/state.ts";
import { isPerTenant } from "./tenancy.ts";

interface Needs {
  outbox: Outbox;
  clock: Clock;
}

/** JSON goes into the record byte for byte; what is none becomes a text. */
const asJson = (bytes: Buffer): string => {
  const text = bytes.toString("utf8");
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
};

const responseOf = ({ outcome, version }: { outcome: InvocationOutcome; version: string }): string => {
  const context = { statusCode: 200, executedVersion: version, ...(outcome.kind === "error" ? { functionError: "Unhandled" } : {}) };
  return `,"responseContext":${JSON.stringify(context)},"responsePayload":${asJson(outcome.payload)}`;
};

/** AWS's invocation record ("Capturing records of Lambda asynchronous invocations"), without a response when the function did not run. */
export const invocationRecord = ({ event, condition, attempts, result }: EndedEvent, now: number): string => {
  const { requestId, functionName, qualifier = LATEST } = event;
  const context = { requestId, functionArn: functionArn(event, functionName, qualifier), condition, approximateInvokeCount: attempts };
  return `{"version":"1.0","timestamp":${JSON.stringify(new Date(now).toISOString())},"requestContext":${JSON.stringify(context)},"requestPayload":${asJson(event.payload)}${result === undefined ? "" : responseOf(result)}}`;
};

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`, in UTC. */
export const recordKey = (functionName: string, now: number, id: string): string => {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(":", ".");
  return `aws/lambda/async/${functionName}/${time.slice(0, 10).replaceAll("-", "/")}/${time}-${id}`;
};

/** A destination that isolates tenants too runs for the tenant that the event was for. */
function* tenantFor(targetArn: string, { tenantId }: QueuedInvocation): Operation<string | undefined> {
  const arn = parseArn(targetArn);
  if (tenantId === undefined || arn?.service !== "lambda") return undefined;
  const target = yield* findFunction(arn, arn.resource.split(":")[1] ?? "");
  return target !== undefined && isPerTenant(target) ? tenantId : undefined;
}

/** What functions' settings of asynchronous invocation say of an event, read in the commit that decides about it. */
export const createEventRules = ({ outbox, clock }: Needs): EventRules => ({
  *settings(event) {
    const found = yield* findEventConfig({ ...event, name: event.functionName }, event.qualifier);
    const { maximumRetryAttempts, maximumEventAgeInSeconds } = found?.config ?? {};
    return {
      maximumRetryAttempts: maximumRetryAttempts ?? EVENT_SETTINGS_DEFAULT.maximumRetryAttempts,
      maximumEventAgeMs: maximumEventAgeInSeconds === undefined ? EVENT_SETTINGS_DEFAULT.maximumEventAgeMs : maximumEventAgeInSeconds * 1_000,
    };
  },
  *end(ended) {
    const { id, event, condition, trace } = ended;
    const found = yield* findEventConfig({ ...event, name: event.functionName }, event.qualifier);
    const targetArn = condition === "Success" ? found?.config.onSuccess : found?.config.onFailure;
    const latest = targetArn === undefined ? undefined : yield* findFunction(event, event.functionName);
    // A version keeps the role that it was published with.
    const record = latest === undefined || event.qualifier === undefined ? latest : ((yield* findQualified(latest, event.qualifier)) ?? latest);
    if (targetArn === undefined || record === undefined) return undefined;
    const now = clock.now();
    const tenantId = yield* tenantFor(targetArn, event);
    yield* outbox.enqueue({
      id, targetArn,
      traceId: trace.id,
      ...(trace.lineage === undefined ? {} : { lineage: trace.lineage }),
      payload: invocationRecord(ended, now),
      ...(tenantId === undefined ? {} : { tenantId }),
      as: { role: record.settings.Role, account: event.account, functionName: event.functionName },
      region: event.region,
      keys: [event.requestId, event.functionName, event.invokedFunctionArn],
      ...(parseArn(targetArn)?.service === "s3" ? { objectKey: recordKey(event.functionName, now, id) } : {}),
    });
    return targetArn;
  },
  afterEnd: () => outbox.poke(),
});
