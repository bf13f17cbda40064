import { recordOf, type PlatformEvent, type Status } from "./platform-events.ts";

/** The platform's own log lines; `undefined` where a format, or the level, says nothing. */
export type LogFormat = (event: PlatformEvent) => string | undefined;

const fixed = (ms: number): string => ms.toFixed(2);
const typeTold = (errorType: string | undefined): string => (errorType === undefined ? "" : `\tError Type: ${errorType}`);
const capitalized = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

const reportText = ({ requestId, durationMs, billedMs, memorySizeMb, memoryUsedMb, initMs, status, errorType, tracing }: Extract<PlatformEvent, { type: "report" }>): string => {
  const init = initMs === undefined ? "" : `Init Duration: ${fixed(initMs)} ms\t`;
  const failure = status === "success" ? "" : `Status: ${status}${status === "timeout" ? "" : typeTold(errorType)}`;
  return `REPORT RequestId: ${requestId}\tDuration: ${fixed(durationMs)} ms\tBilled Duration: ${billedMs} ms\tMemory Size: ${memorySizeMb} MB\tMax Memory Used: ${memoryUsedMb} MB\t${init}${failure}\n${tracing === undefined ? "" : `XRAY TraceId: ${tracing.traceId}\tSegmentId: ${tracing.segmentId}\tSampled: true\t\n`}`;
};

/** A success is told of a provisioned environment only ("Understanding the Lambda execution environment lifecycle"). */
const initReportText = ({ initMs, phase, status, errorType, initializationType }: Extract<PlatformEvent, { type: "initReport" }>): string | undefined => {
  if (status !== "success") return `INIT_REPORT Init Duration: ${fixed(initMs)} ms\tPhase: ${phase}\tStatus: ${status}${typeTold(errorType)}\n`;
  return initializationType === "on-demand" ? undefined : `INIT_REPORT Init Duration: ${fixed(initMs)} ms\n`;
};

/** As AWS writes them. */
export const textLog: LogFormat = (event) => {
  switch (event.type) {
    case "initStart": return event.phase === "init" ? `INIT_START Runtime Version: ${event.runtimeVersion}\tRuntime Version ARN: ${event.runtimeVersionArn}\n` : undefined;
    case "initRuntimeDone": return undefined;
    case "initReport": return initReportText(event);
    case "extension": return `EXTENSION\tName: ${event.name}\tState: ${event.state}\tEvents: [${event.events.join(", ")}]${typeTold(event.errorType)}\n`;
    case "telemetrySubscription": return `TELEMETRY\tName: ${event.name}\tState: Subscribed\tTypes: [${event.types.map(capitalized).join(", ")}]\n`;
    case "logsSubscription": return `LOGS\tName: ${event.name}\tState: Subscribed\tTypes: [${event.types.map(capitalized).join(", ")}]\n`;
    case "logsDropped": return undefined;
    case "start": return `START RequestId: ${event.requestId} Version: ${event.version}\n`;
    case "runtimeDone": return undefined;
    case "end": return `END RequestId: ${event.requestId}\n`;
    case "report": return reportText(event);
    case "fault": return event.text;
    case "notice": return `[lambdad] ${event.text}\n`;
  }
};

const LEVELS: Readonly<Record<string, number>> = { DEBUG: 1, INFO: 2, WARN: 3 };
type Level = "DEBUG" | "INFO" | "WARN";

const unlessFailed = (level: Level, status: Status): Level => (status === "success" ? level : "WARN");

/**
 * Which level an event has is the table "System log level event mapping" of the developer guide: what went wrong is WARN, what tells of an
 * invocation's frame is INFO, the rest DEBUG.
 */
const levelOf = (event: PlatformEvent): Level => {
  switch (event.type) {
    case "initRuntimeDone":
    case "runtimeDone": return unlessFailed("DEBUG", event.status);
    case "initReport": return unlessFailed(event.initializationType === "on-demand" ? "DEBUG" : "INFO", event.status);
    case "report": return unlessFailed("INFO", event.status);
    case "extension": return event.errorType === undefined ? "INFO" : "WARN";
    case "logsDropped": return "WARN";
    default: return "INFO";
  }
};

/** Records of the Telemetry API's schema 2022-12-13. What is below `least` is not written; a fault is text in this format, too. */
export const createJsonLog = (nowMs: () => number, least = "INFO"): LogFormat => (event) => {
  if (event.type === "fault") return event.text;
  if (event.type === "end" || LEVELS[levelOf(event)]! < (LEVELS[least] ?? LEVELS["INFO"]!)) return undefined;
  return `${JSON.stringify({ time: new Date(nowMs()).toISOString(), ...recordOf(event) })}\n`;
};
