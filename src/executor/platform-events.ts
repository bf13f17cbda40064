import type { Tracing } from "./tracing.ts";

/** Every moment of an environment's life that AWS tells of: one fact, for the log and for who has subscribed to telemetry. Milliseconds, megabytes. */
export type PlatformEvent =
  | { type: "initStart"; phase: Phase; initializationType: string; runtimeVersion: string; runtimeVersionArn: string; functionName: string; functionVersion: string }
  | { type: "initRuntimeDone"; phase: Phase; initializationType: string; status: Status; errorType?: string }
  | { type: "initReport"; phase: Phase; initializationType: string; status: Status; errorType?: string; initMs: number }
  | { type: "extension"; name: string; state: string; events: readonly string[]; errorType?: string }
  | { type: "telemetrySubscription" | "logsSubscription"; name: string; types: readonly string[] }
  | { type: "logsDropped"; reason: string; droppedRecords: number; droppedBytes: number }
  | { type: "start"; requestId: string; version: string; tenantId?: string; tracing?: Tracing }
  | { type: "runtimeDone"; requestId: string; tenantId?: string; status: Status; errorType?: string; tracing?: Tracing; durationMs: number; producedBytes: number }
  | { type: "end"; requestId: string }
  | ({ type: "report" } & ReportFacts)
  /** What went wrong in an invocation, in AWS's words. */
  | { type: "fault"; text: string }
  /** Of lambdad itself, where AWS has nothing to say. */
  | { type: "notice"; text: string };

export interface ReportFacts {
  requestId: string;
  tenantId?: string;
  durationMs: number;
  billedMs: number;
  memorySizeMb: number;
  memoryUsedMb: number;
  initMs?: number;
  status: Status;
  errorType?: string;
  tracing?: Tracing;
}

/** INIT runs again inside an invocation when it failed before. */
export type Phase = "init" | "invoke";
export type Status = "success" | "error" | "timeout";

/** As the Telemetry API's events are: "Telemetry API Event schema reference", schema 2022-12-13. */
export interface PlatformRecord {
  type: string;
  record: Record<string, unknown> | string;
}

/** Three decimals, as AWS's metrics have. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;
const ofTenant = (tenantId: string | undefined) => (tenantId === undefined ? {} : { tenantId });
const optional = (errorType: string | undefined) => (errorType === undefined ? {} : { errorType });

/** "TraceContext" of the same schema. */
const spanOf = (tracing: Tracing | undefined) => (tracing === undefined ? {} : { tracing: { spanId: tracing.segmentId, type: "X-Amzn-Trace-Id", value: tracing.header } });

const reportRecord = ({ requestId, tenantId, durationMs, billedMs, memorySizeMb, memoryUsedMb, initMs, status, errorType, tracing }: ReportFacts) => ({
  requestId,
  ...ofTenant(tenantId),
  metrics: { durationMs: rounded(durationMs), billedDurationMs: billedMs, memorySizeMB: memorySizeMb, maxMemoryUsedMB: memoryUsedMb, ...(initMs === undefined ? {} : { initDurationMs: rounded(initMs) }) },
  status,
  ...optional(errorType),
  ...spanOf(tracing),
});

const contentOf = (event: PlatformEvent): PlatformRecord["record"] => {
  switch (event.type) {
    case "initStart": {
      const { type: _, ...facts } = event;
      return facts;
    }
    case "initRuntimeDone": return { initializationType: event.initializationType, phase: event.phase, status: event.status, ...optional(event.errorType) };
    case "initReport": return { initializationType: event.initializationType, phase: event.phase, status: event.status, ...optional(event.errorType), metrics: { durationMs: rounded(event.initMs) } };
    case "extension": return { name: event.name, state: event.state, events: event.events, ...optional(event.errorType) };
    case "telemetrySubscription":
    case "logsSubscription": return { name: event.name, state: "Subscribed", types: event.types };
    case "logsDropped": return { reason: event.reason, droppedRecords: event.droppedRecords, droppedBytes: event.droppedBytes };
    case "start": return { requestId: event.requestId, version: event.version, ...ofTenant(event.tenantId), ...spanOf(event.tracing) };
    case "runtimeDone": return { requestId: event.requestId, ...ofTenant(event.tenantId), status: event.status, ...optional(event.errorType), ...spanOf(event.tracing), metrics: { durationMs: rounded(event.durationMs), producedBytes: event.producedBytes } };
    case "end": return { requestId: event.requestId };
    case "report": return reportRecord(event);
    case "fault": return event.text;
    case "notice": return { message: event.text };
  }
};

export const recordOf = (event: PlatformEvent): PlatformRecord => ({ type: event.type === "notice" ? "lambdad.notice" : `platform.${event.type}`, record: contentOf(event) });
