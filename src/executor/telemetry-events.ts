import type { PlatformRecord } from "./platform-events.ts";
import type { Subscription, TelemetryType } from "./subscription.ts";

/** One event of an environment, as all subscribers share it. */
export interface TelemetryEvent {
  category: TelemetryType;
  /** ISO 8601. */
  time: string;
  type: string;
  record: PlatformRecord["record"];
  /** A line of a function that logs in JSON, where it is an object: JSON again. */
  json?: string;
}

/** Events of the platform that the Logs API knows, and since which schema of its. */
const LOGS_SINCE: Readonly<Record<string, string>> = {
  "platform.start": "2020-08-15", "platform.end": "2020-08-15", "platform.report": "2020-08-15", "platform.fault": "2020-08-15", "platform.extension": "2020-08-15",
  "platform.logsSubscription": "2020-08-15", "platform.logsDropped": "2020-08-15", "platform.runtimeDone": "2021-03-18",
};
/** What the Telemetry API does not have: older events of the Logs API, and what is lambdad's own. */
const NOT_TELEMETRY: readonly string[] = ["platform.end", "platform.fault", "platform.logsSubscription", "lambdad.notice"];

const legacyRecord = ({ type, record }: TelemetryEvent): TelemetryEvent["record"] => {
  if (typeof record === "string") return record.trimEnd();
  if (type === "platform.runtimeDone") return { requestId: record["requestId"], status: record["status"] === "error" ? "failure" : record["status"] };
  if (type === "platform.report") return { requestId: record["requestId"], metrics: record["metrics"] };
  return record;
};

/** The event's JSON in the schema of a subscription; undefined where it has no such event, or did not ask for it. */
export const renderEvent = (event: TelemetryEvent, { api, schemaVersion, types }: Pick<Subscription, "api" | "schemaVersion" | "types">): string | undefined => {
  const { category, time, type, record, json } = event;
  if (!types.includes(category)) return undefined;
  if (category !== "platform") {
    if (json === undefined || api === "logs" || schemaVersion < "2022-12-13") return JSON.stringify({ time, type, record });
    return `${JSON.stringify({ time, type }).slice(0, -1)},"record":${json}}`;
  }
  if (api === "telemetry") return NOT_TELEMETRY.includes(type) ? undefined : JSON.stringify({ time, type, record });
  const since = LOGS_SINCE[type];
  return since === undefined || since > schemaVersion ? undefined : JSON.stringify({ time, type, record: legacyRecord(event) });
};
