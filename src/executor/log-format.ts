import type { Tracing } from "./tracing.ts";

/** The platform's own log lines, in AWS's text and JSON formats. Durations in milliseconds, memory in megabytes. */
export interface ReportFacts {
  requestId: string;
  tenantId?: string;
  durationMs: number;
  billedMs: number;
  memorySizeMb: number;
  memoryUsedMb: number;
  initMs?: number;
  status: "success" | "error" | "timeout";
  errorType?: string;
  tracing?: Tracing;
}

type Phase = "init" | "invoke";
type Status = "success" | "error" | "timeout";

/** `undefined` where a format, or the level, says nothing. */
export interface SystemLog {
  initStart(facts: { runtimeVersion: string; runtimeVersionArn: string; functionName: string; functionVersion: string }): string | undefined;
  initRuntimeDone(facts: { phase: Phase; status: Status; errorType?: string }): string | undefined;
  initReport(facts: { initMs: number; phase: Phase; status: Status; errorType?: string }): string | undefined;
  start(facts: { requestId: string; version: string; tenantId?: string; tracing?: Tracing }): string | undefined;
  runtimeDone(facts: { requestId: string; tenantId?: string; status: Status; errorType?: string; tracing?: Tracing; durationMs: number; producedBytes: number }): string | undefined;
  end(facts: { requestId: string }): string | undefined;
  report(facts: ReportFacts): string | undefined;
  /** Of lambdad itself, where AWS has nothing to say. */
  notice(text: string): string | undefined;
}

const fixed = (ms: number): string => ms.toFixed(2);
const optional = (errorType: string | undefined) => (errorType === undefined ? {} : { errorType });
const ofTenant = (tenantId: string | undefined) => (tenantId === undefined ? {} : { tenantId });

export const textLog: SystemLog = {
  initStart: ({ runtimeVersion, runtimeVersionArn }) => `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}\n`,
  initRuntimeDone: () => undefined,
  initReport: ({ initMs, phase, status, errorType }) =>
    status === "success" ? undefined : `INIT_REPORT Init Duration: ${fixed(initMs)} ms\tPhase: ${phase}\tStatus: ${status}${errorType === undefined ? "" : `\tError Type: ${errorType}`}\n`,
  start: ({ requestId, version }) => `START RequestId: ${requestId} Version: ${version}\n`,
  runtimeDone: () => undefined,
  end: ({ requestId }) => `END RequestId: ${requestId}\n`,
  report: ({ requestId, durationMs, billedMs, memorySizeMb, memoryUsedMb, initMs, status, errorType, tracing }) => {
    const init = initMs === undefined ? "" : `Init Duration: ${fixed(initMs)} ms\t`;
    const failure = status === "success" ? "" : `Status: ${status}${errorType === undefined || status === "timeout" ? "" : `\tError Type: ${errorType}`}`;
    return `REPORT RequestId: ${requestId}\tDuration: ${fixed(durationMs)} ms\tBilled Duration: ${billedMs} ms\tMemory Size: ${memorySizeMb} MB\tMax Memory Used: ${memoryUsedMb} MB\t${init}${failure}\n${tracing === undefined ? "" : `XRAY TraceId: ${tracing.traceId}\tSegmentId: ${tracing.segmentId}\tSampled: true\t\n`}`;
  },
  notice: (text) => `[lambdad] ${text}\n`,
};

/** Of a provisioned environment: its INIT is always reported ("Understanding the Lambda execution environment lifecycle"). */
export const provisionedTextLog: SystemLog = {
  ...textLog,
  initReport: (facts) => textLog.initReport(facts) ?? `INIT_REPORT Init Duration: ${fixed(facts.initMs)} ms\n`,
};

/** "TraceContext" of the same schema. */
const spanOf = (tracing: Tracing | undefined) => (tracing === undefined ? {} : { tracing: { spanId: tracing.segmentId, type: "X-Amzn-Trace-Id", value: tracing.header } });

const LEVELS: Readonly<Record<string, number>> = { DEBUG: 1, INFO: 2, WARN: 3 };
type Level = "DEBUG" | "INFO" | "WARN";
/** Three decimals, as AWS's metrics have. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

/**
 * Records of the Telemetry API's schema 2022-12-13. Which level each has is the table "System log level event mapping" of the developer guide:
 * what went wrong is WARN, what tells of an invocation's frame is INFO, the rest DEBUG. What is below `least` is not written.
 */
export const createJsonLog = (nowMs: () => number, { initializationType = "on-demand", least = "INFO" }: { initializationType?: string; least?: string | undefined } = {}): SystemLog => {
  const write = (level: Level, type: string, record: Record<string, unknown>) =>
    LEVELS[level]! < (LEVELS[least] ?? LEVELS["INFO"]!) ? undefined : `${JSON.stringify({ time: new Date(nowMs()).toISOString(), type, record })}\n`;
  const line = (level: Level, type: string, record: Record<string, unknown>) => write(level, `platform.${type}`, record);
  const unlessFailed = (level: Level, status: Status): Level => (status === "success" ? level : "WARN");
  return {
    initStart: (facts) => line("INFO", "initStart", { initializationType, phase: "init", ...facts }),
    initRuntimeDone: ({ phase, status, errorType }) => line(unlessFailed("DEBUG", status), "initRuntimeDone", { initializationType, phase, status, ...optional(errorType) }),
    initReport: ({ initMs, phase, status, errorType }) =>
      line(unlessFailed(initializationType === "on-demand" ? "DEBUG" : "INFO", status), "initReport", { initializationType, phase, status, ...optional(errorType), metrics: { durationMs: rounded(initMs) } }),
    start: ({ requestId, version, tenantId, tracing }) => line("INFO", "start", { requestId, version, ...ofTenant(tenantId), ...spanOf(tracing) }),
    runtimeDone: ({ requestId, tenantId, status, errorType, tracing, durationMs, producedBytes }) =>
      line(unlessFailed("DEBUG", status), "runtimeDone", { requestId, ...ofTenant(tenantId), status, ...optional(errorType), ...spanOf(tracing), metrics: { durationMs: rounded(durationMs), producedBytes } }),
    end: () => undefined,
    report: ({ requestId, tenantId, durationMs, billedMs, memorySizeMb, memoryUsedMb, initMs, status, errorType, tracing }) =>
      line(unlessFailed("INFO", status), "report", {
        requestId,
        ...ofTenant(tenantId),
        metrics: { durationMs: rounded(durationMs), billedDurationMs: billedMs, memorySizeMB: memorySizeMb, maxMemoryUsedMB: memoryUsedMb, ...(initMs === undefined ? {} : { initDurationMs: rounded(initMs) }) },
        status,
        ...optional(errorType),
        ...spanOf(tracing),
      }),
    notice: (message) => write("INFO", "lambdad.notice", { message }),
  };
};
