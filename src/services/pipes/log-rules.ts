import type { PipeLogConfiguration, PipeLogConfigurationParameters } from "@aws-sdk/client-pipes";
import { parseArn } from "../../kit/arn.ts";
import { invalid, notBuilt } from "./errors.ts";

/** What a pipe logs, as it is told again. */
export const logConfigurationOf = (given: PipeLogConfigurationParameters, { account }: { account: string }): PipeLogConfiguration => {
  const { Level, IncludeExecutionData, CloudwatchLogsLogDestination, S3LogDestination, FirehoseLogDestination } = given;
  const instead = "CloudWatch Logs is the only destination of a pipe's logs so far";
  if (S3LogDestination !== undefined) throw notBuilt("LogConfiguration.S3LogDestination", instead);
  if (FirehoseLogDestination !== undefined) throw notBuilt("LogConfiguration.FirehoseLogDestination", instead);
  if (Level !== "OFF" && CloudwatchLogsLogDestination === undefined) throw invalid({ name: "LogConfiguration", message: "Must provide at least 1 log destination in LogConfiguration" });
  const group = CloudwatchLogsLogDestination?.LogGroupArn;
  if (group !== undefined && parseArn(group)?.account !== account) throw notBuilt(`A log group of another account (${group})`, "let the pipe log to one of its own account");
  return {
    Level,
    ...(IncludeExecutionData === undefined ? {} : { IncludeExecutionData }),
    ...(CloudwatchLogsLogDestination === undefined ? {} : { CloudwatchLogsLogDestination: { LogGroupArn: CloudwatchLogsLogDestination.LogGroupArn } }),
  };
};
