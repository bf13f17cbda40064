/** The platform's own log lines, in AWS's text and JSON formats. Durations in milliseconds, memory in megabytes. */
export interface ReportFacts {
  requestId: string;
  durationMs: number;
  billedMs: number;
  memorySizeMb: number;
  memoryUsedMb: number;
  initMs?: number;
  status: "success" | "error" | "timeout";
  errorType?: string;
}

export interface SystemLog {
  initStart(facts: { runtimeVersion: string; runtimeVersionArn: string; functionName: string; functionVersion: string }): string;
  initReport(facts: { initMs: number; phase: "init" | "invoke"; status: "error" | "timeout"; errorType?: string }): string;
  start(facts: { requestId: string; version: string }): string;
  end(facts: { requestId: string }): string | undefined;
  report(facts: ReportFacts): string;
}

const fixed = (ms: number): string => ms.toFixed(2);

export const textLog: SystemLog = {
  initStart: ({ runtimeVersion, runtimeVersionArn }) => `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}\n`,
  initReport: ({ initMs, phase, status, errorType }) => `INIT_REPORT Init Duration: ${fixed(initMs)} ms\tPhase: ${phase}\tStatus: ${status}${errorType === undefined ? "" : `\tError Type: ${errorType}`}\n`,
  start: ({ requestId, version }) => `START RequestId: ${requestId} Version: ${version}\n`,
  end: ({ requestId }) => `END RequestId: ${requestId}\n`,
  report: ({ requestId, durationMs, billedMs, memorySizeMb, memoryUsedMb, initMs, status, errorType }) => {
    const init = initMs === undefined ? "" : `Init Duration: ${fixed(initMs)} ms\t`;
    const failure = status === "success" ? "" : `Status: ${status}${errorType === undefined || status === "timeout" ? "" : `\tError Type: ${errorType}`}`;
    return `REPORT RequestId: ${requestId}\tDuration: ${fixed(durationMs)} ms\tBilled Duration: ${billedMs} ms\tMemory Size: ${memorySizeMb} MB\tMax Memory Used: ${memoryUsedMb} MB\t${init}${failure}\n`;
  },
};

export const createJsonLog = (nowMs: () => number): SystemLog => {
  const line = (type: string, record: Record<string, unknown>) => `${JSON.stringify({ time: new Date(nowMs()).toISOString(), type: `platform.${type}`, record })}\n`;
  return {
    initStart: (facts) => line("initStart", { initializationType: "on-demand", phase: "init", ...facts }),
    initReport: ({ initMs, phase, status, errorType }) => line("initReport", { initializationType: "on-demand", phase, status, ...(errorType === undefined ? {} : { errorType }), metrics: { durationMs: initMs } }),
    start: (facts) => line("start", facts),
    end: () => undefined,
    report: ({ requestId, durationMs, billedMs, memorySizeMb, memoryUsedMb, initMs, status, errorType }) =>
      line("report", {
        requestId,
        metrics: { durationMs, billedDurationMs: billedMs, memorySizeMB: memorySizeMb, maxMemoryUsedMB: memoryUsedMb, ...(initMs === undefined ? {} : { initDurationMs: initMs }) },
        status,
        ...(errorType === undefined ? {} : { errorType }),
      }),
  };
};
