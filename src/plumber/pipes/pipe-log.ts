import { parseArn } from "../../kit/arn.ts";
import { root } from "../../kit/caller.ts";
import { PIPE_LOG_RECORD_BYTES_MAX } from "../../kit/limits/pipes.ts";
import type { LogDestination } from "../../executor/executor.ts";
import { pipeArn, type Pipe } from "./pipe.ts";

type Level = "TRACE" | "INFO" | "ERROR";

/** The steps of an execution, by the first level that has them ("Specifying EventBridge Pipes log level"). */
const LEVEL_OF: Record<string, Level> = {
  ExecutionFailed: "ERROR", ExecutionPartiallyFailed: "ERROR", ExecutionThrottled: "ERROR", ExecutionTimeout: "ERROR", ExecutionStarted: "INFO", ExecutionSucceeded: "INFO",
  EnrichmentInvocationFailed: "ERROR", EnrichmentInvocationSkipped: "INFO", EnrichmentStageEntered: "INFO", EnrichmentStageFailed: "ERROR", EnrichmentStageSucceeded: "INFO", EnrichmentTransformationFailed: "ERROR",
  TargetInvocationFailed: "ERROR", TargetInvocationPartiallyFailed: "ERROR", TargetStageEntered: "INFO", TargetStageFailed: "ERROR", TargetStagePartiallyFailed: "ERROR", TargetStageSucceeded: "INFO",
  TargetTransformationFailed: "ERROR",
};
const RANK: Record<string, number> = { OFF: 0, ERROR: 1, INFO: 2, TRACE: 3 };

/** In the order in which they are cut where a record is too long. */
const EXECUTION_DATA = ["payload", "awsRequest", "awsResponse"] as const;

type Data = Partial<Record<(typeof EXECUTION_DATA)[number], string>>;

export interface StepError {
  message: string;
  httpStatusCode?: number | undefined;
  awsService?: string;
  requestId?: string;
  exceptionType?: string;
  resourceArn?: string;
}

/** What is told of one execution, step by step. @param data made only where it is asked for */
export type TellStep = (messageType: string, told?: { data?: () => Data; error?: StepError }) => void;

/** "EventBridge truncates field data simply by removing characters from the end of the data string" */
const cut = (record: Record<string, unknown>, data: Data): { truncatedFields: string[] | null; data: Data } => {
  let over = Buffer.byteLength(JSON.stringify({ ...record, ...data, truncatedFields: EXECUTION_DATA })) - PIPE_LOG_RECORD_BYTES_MAX;
  const [kept, truncated]: [Data, string[]] = [{ ...data }, []];
  for (const name of EXECUTION_DATA) {
    const text = data[name];
    if (over <= 0 || text === undefined) continue;
    const whole = Buffer.byteLength(JSON.stringify(text));
    // What is cut off is at least as many bytes as characters.
    kept[name] = text.slice(0, Math.max(0, text.length - over));
    truncated.push(name);
    over -= whole - Buffer.byteLength(JSON.stringify(kept[name]));
  }
  return { truncatedFields: truncated.length === 0 ? null : truncated, data: kept };
};

/** The records of a pipe's executions, for a pipe that is configured to have them, on their way to CloudWatch Logs ("EventBridge Pipes log schema reference"). */
export const createPipeLog = ({ logs, now }: { logs: LogDestination; now: () => number }) => {
  let isFull = false;
  return (pipe: Pipe, executionId: string): TellStep => {
    const { Level: level = "OFF", IncludeExecutionData = [], CloudwatchLogsLogDestination } = pipe.body.logConfiguration ?? {};
    const arn = parseArn(CloudwatchLogsLogDestination?.LogGroupArn ?? "");
    if (arn === undefined || level === "OFF") return () => undefined;
    const group = arn.resource.replace(/^log-group:/, "").replace(/:\*$/, "");
    const isWhole = IncludeExecutionData.includes("ALL");
    return (messageType, { data, error } = {}) => {
      const logLevel = LEVEL_OF[messageType] ?? "TRACE";
      // Nothing waits for its log: records that find no room are lost.
      if (RANK[logLevel]! > RANK[level]! || isFull) return;
      const timestamp = now();
      const record = { resourceArn: pipeArn(pipe), timestamp, executionId, messageType, logLevel, error: error ?? null };
      const { data: shown, truncatedFields } = cut(record, isWhole ? (data?.() ?? {}) : {});
      const lines = [{ timestamp, message: JSON.stringify({ ...record, ...shown, truncatedFields }) }];
      const room = logs.write({ as: root(pipe.account), region: arn.region, group, stream: pipe.name, functionName: `the pipe ${pipe.name}`, lines });
      if (room === undefined) return;
      isFull = true;
      void room.then(() => (isFull = false));
    };
  };
};
