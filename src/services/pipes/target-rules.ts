import type { PipeTargetParameters } from "@aws-sdk/client-pipes";
import { parseArn, type Arn } from "../../kit/arn.ts";
import { isApiDestination, targetOf } from "../../plumber/pipes/targets/targets.ts";
import { CROSS_REGION, invalid, notBuilt } from "./errors.ts";

/** Targets of AWS that are not here, by the service of their ARN. */
const NOT_BUILT: Record<string, string> = {
  states: "a Step Functions state machine", "execute-api": "API Gateway", kinesis: "a Kinesis stream", firehose: "a Firehose stream", batch: "an AWS Batch job queue", ecs: "an ECS task", redshift: "a Redshift cluster",
  "redshift-serverless": "a Redshift workgroup", sagemaker: "a SageMaker pipeline", inspector: "an Inspector assessment template", timestream: "a Timestream table",
};
const INSTEAD = "functions, queues, topics, event buses, log groups and API destinations are the targets so far";

/** Whose parameters each is. */
const OWN: Record<string, keyof PipeTargetParameters> = { lambda: "LambdaFunctionParameters", sqs: "SqsQueueParameters", events: "EventBridgeEventBusParameters", logs: "CloudWatchLogsParameters" };

/** @param place the pipe's own */
export const targetArnOf = (target: string, { account, region }: { account: string; region: string }): Arn => {
  const arn = parseArn(target);
  if (arn !== undefined && targetOf(arn) !== undefined) {
    if (arn.region !== region) throw invalid({ name: "Target", message: CROSS_REGION });
    // "Event bus in the same account and Region" ("Amazon EventBridge Pipes targets").
    if (arn.resource.startsWith("event-bus/") && arn.account !== account) throw invalid({ name: "Target", message: "The event bus must be in the account of the pipe." });
    if (arn.service === "sns" && arn.resource.endsWith(".fifo")) throw invalid({ name: "Target", message: "SNS FIFO topics are not supported as a pipe target." });
    return arn;
  }
  const other = arn && NOT_BUILT[arn.service];
  if (other !== undefined) throw notBuilt(`A pipe to ${other} (${target})`, INSTEAD);
  throw invalid({ name: "Target", message: "The target is not supported." });
};

const checkParameters = (arn: Arn, parameters: PipeTargetParameters): void => {
  if (parameters.EventBridgeEventBusParameters?.EndpointId !== undefined) throw notBuilt("EventBridgeEventBusParameters.EndpointId", "there are no global endpoints; leave it out");
  if (arn.service === "sqs" && arn.resource.endsWith(".fifo") && parameters.SqsQueueParameters?.MessageGroupId === undefined) {
    throw invalid({ name: "TargetParameters.SqsQueueParameters.MessageGroupId", message: "Missing required parameter." });
  }
};

/** What a pipe to this target has after a request: what it does not speak of stays, unless it is another kind of target's. An empty template is none. */
export const applyTarget = (arn: Arn, given: PipeTargetParameters = {}, before: PipeTargetParameters = {}): PipeTargetParameters | undefined => {
  const own = isApiDestination(arn) ? "HttpParameters" : OWN[arn.service];
  const foreign = Object.entries(given).find(([name, value]) => value !== undefined && name !== "InputTemplate" && name !== own)?.[0];
  if (foreign !== undefined) throw invalid({ name: `TargetParameters.${foreign}`, message: "Invalid target parameter provided for target." });
  const template = given.InputTemplate ?? before.InputTemplate ?? "";
  const special = own === undefined ? {} : { [own]: given[own] ?? before[own] };
  const after: PipeTargetParameters = { ...(template === "" ? {} : { InputTemplate: template }), ...(Object.values(special)[0] === undefined ? {} : special) };
  checkParameters(arn, after);
  return Object.keys(after).length === 0 ? undefined : after;
};
