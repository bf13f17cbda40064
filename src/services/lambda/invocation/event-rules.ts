import type { InvocationOutcome } from "../../../executor/executor.ts";
import { functionArn, parseArn } from "../../../kit/arn.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { Delivery, Outbox } from "../../../plumber/outbox.ts";
import { EVENT_SETTINGS_DEFAULT, type EndedEvent, type EventRules, type QueuedInvocation, type Told } from "../../../scheduler/scheduler.ts";
import type { Operation } from "../../../store/store.ts";
import { LATEST } from "../configuration-rows.ts";
import { deadLetter } from "./dead-letter.ts";
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

/** A bucket gets the record as an object, a bus as an event of its own. */
const besideRecord = (destination: string, { event, condition, id }: EndedEvent, now: number): Pick<Delivery, "objectKey" | "entry"> => {
  const { functionName, qualifier = LATEST } = event;
  switch (parseArn(destination)?.service) {
    case "s3":
      return { objectKey: recordKey(functionName, now, id) };
    case "events":
      return { entry: { source: "lambda", detailType: `Lambda Function Invocation Result - ${condition === "Success" ? "Success" : "Failure"}`, resources: [destination, functionArn(event, functionName, qualifier)] } };
    default:
      return {};
  }
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
    const { event, condition } = ended;
    const latest = yield* findFunction(event, event.functionName);
    if (latest === undefined) return [];
    // A version keeps the role and the dead-letter queue that it was published with.
    const { settings } = event.qualifier === undefined ? latest : ((yield* findQualified(latest, event.qualifier)) ?? latest);
    const found = yield* findEventConfig({ ...event, name: event.functionName }, event.qualifier);
    const destination = condition === "Success" ? found?.config.onSuccess : found?.config.onFailure;
    const deadLetters = condition === "Success" ? undefined : settings.DeadLetterConfig?.TargetArn;
    const tell = function* (what: Told, delivery: Pick<Delivery, "payload" | "messageAttributes" | "objectKey" | "entry">): Operation<Told> {
      const tenantId = yield* tenantFor(what.targetArn, event);
      yield* outbox.enqueue({
        ...delivery,
        id: what.deliveryId,
        targetArn: what.targetArn,
        traceId: ended.trace.id,
        ...(ended.trace.lineage === undefined ? {} : { lineage: ended.trace.lineage }),
        ...(tenantId === undefined ? {} : { tenantId }),
        as: { role: settings.Role, account: event.account, functionName: event.functionName },
        region: event.region,
        measured: { namespace: "AWS/Lambda", dimensions: { FunctionName: event.functionName, Resource: event.qualifier === undefined ? event.functionName : `${event.functionName}:${event.qualifier}` }, amounts: { [what.as === "destination" ? "DestinationDeliveryFailures" : "DeadLetterErrors"]: 1 } },
        keys: [event.requestId, event.functionName, event.invokedFunctionArn],
      });
      return what;
    };
    const told: Told[] = [];
    if (deadLetters !== undefined) told.push(yield* tell({ targetArn: deadLetters, as: "dead-letter queue", deliveryId: `${ended.id}-dead-letter` }, deadLetter(ended)));
    if (destination !== undefined) {
      const now = clock.now();
      told.push(yield* tell({ targetArn: destination, as: "destination", deliveryId: ended.id }, { payload: invocationRecord(ended, now), ...besideRecord(destination, ended, now) }));
    }
    return told;
  },
  afterEnd: () => outbox.poke(),
});
