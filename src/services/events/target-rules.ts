import type { Target } from "@aws-sdk/client-eventbridge";
import { ApiError } from "../../kit/api-error.ts";
import { parseArn, type Arn } from "../../kit/arn.ts";
import type { StoredRule, RuleName } from "../../plumber/events/rules.ts";
import { checkDeadLetterQueue } from "./dead-letter-rules.ts";
import { notBuilt, validation } from "./errors.ts";
import { checkInput } from "./input-rules.ts";

/** What an ARN of each service names, where it is a target. */
const RESOURCES: Record<string, RegExp> = {
  lambda: /^function:[^:]+(:[^:]+)?$/,
  sqs: /^[^:/]+$/,
  sns: /^[^:/]+$/,
  logs: /^log-group:[^:]+(:\*)?$/,
  events: /^(event-bus\/.+|api-destination\/[^/]+\/[^/]+)$/,
};

/** Services of AWS's that a rule may have for a target ("Event bus targets in Amazon EventBridge"), and that are not there. */
const NOT_HERE = new Set([
  "appsync", "batch", "codebuild", "codepipeline", "ec2", "ecs", "execute-api", "firehose", "glue", "inspector", "kinesis", "redshift", "redshift-serverless", "sagemaker", "ssm", "ssm-incidents", "ssm-contacts", "states", "timestream",
]);

/** Parameters that only targets of these services take. `SqsParameters` are taken with every target, as AWS does. */
const PARAMETERS = {
  EcsParameters: ["ecs"],
  KinesisParameters: ["kinesis"],
  BatchParameters: ["batch"],
  HttpParameters: ["api-destination", "execute-api"],
  RedshiftDataParameters: ["redshift", "redshift-serverless"],
  RunCommandParameters: ["ssm"],
  SageMakerPipelineParameters: ["sagemaker"],
  AppSyncParameters: ["appsync"],
} as const satisfies Partial<Record<keyof Target, readonly string[]>>;

const incorrect = (arn: string): ApiError => validation(`Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`);

const kindOf = ({ service, resource }: Arn): string => (service === "events" ? resource.split("/")[0]! : service);

const parseTarget = (text: string): Arn => {
  const arn = parseArn(text);
  if (arn?.partition !== "aws") throw incorrect(text);
  if (NOT_HERE.has(arn.service)) throw notBuilt(`a target of ${arn.service} (${text})`, "targets are Lambda functions, SQS queues, SNS topics, log groups, event buses and API destinations");
  const resources = Object.hasOwn(RESOURCES, arn.service) ? RESOURCES[arn.service]! : undefined;
  if (resources === undefined) throw validation(`${arn.service} is not a supported service for a target.`);
  if (!resources.test(arn.resource) || !/^\d{12}$/.test(arn.account) || arn.region === "") throw incorrect(text);
  return arn;
};

/** A bus gets events as they are ("PutTargets", API reference, of a bus of another account; there is nothing else here for one of the same). */
const NOT_FOR_BUSES = ["Input", "InputPath", "InputTransformer"] as const;

const checkParameters = (target: Target, arn: Arn): void => {
  const input = kindOf(arn) === "event-bus" ? NOT_FOR_BUSES.find((name) => target[name] !== undefined) : undefined;
  if (input !== undefined) throw validation(`Parameter(s) ${input} not supported for target: ${target.Id}.`);
  for (const [name, kinds] of Object.entries(PARAMETERS)) {
    if (target[name as keyof Target] !== undefined && !(kinds as readonly string[]).includes(kindOf(arn))) throw validation(`Parameter(s) ${name} not supported for target: ${target.Id}.`);
  }
  if (arn.service === "sqs" && arn.resource.endsWith(".fifo") && (target.SqsParameters?.MessageGroupId ?? "") === "") throw validation(`Parameter(s) SqsParameters must be specified for target: ${target.Id}.`);
  if (arn.service === "sns" && arn.resource.endsWith(".fifo")) throw validation(`Parameter ${target.Arn} is not valid. Reason: SNS FIFO topics are not supported as targets.`);
};

/** Where it may be, and in whose name it is reached: another account's, and what has no policy for EventBridge of its own, by a role alone. */
const checkPlace = ({ Arn: text, RoleArn }: Target, arn: Arn, { account, region }: RuleName, { roleArn }: StoredRule): void => {
  if (arn.region !== region && kindOf(arn) !== "event-bus") throw validation(`Region of ${text} does not match region of the rule: ${region}.`);
  if (arn.account !== account && (arn.service === "logs" || kindOf(arn) === "api-destination")) {
    throw new ApiError("AccessDeniedException", `Access to the resource ${text} is denied. Reason: Adding cross-account target is not permitted.`, { status: 400 });
  }
  const needsRole = arn.service === "events" || arn.account !== account;
  if (needsRole && (RoleArn ?? roleArn) === undefined) throw validation(`RoleArn is required for target ${text}.`);
};

/** "A PutTargets call without a role on the same target (same Id and Arn) will not remove the role" of a bus of another account ("PutTargets", API reference). */
export const withKeptRole = (target: Target, { account }: RuleName, { targets }: Pick<StoredRule, "targets">): Target => {
  const arn = parseArn(target.Arn!);
  if (target.RoleArn !== undefined || arn?.service !== "events" || arn.account === account || kindOf(arn) !== "event-bus") return target;
  const before = targets.find(({ Id, Arn }) => Id === target.Id && Arn === target.Arn);
  return before?.RoleArn === undefined ? target : { ...target, RoleArn: before.RoleArn };
};

/** Throws ValidationException as PutTargets does, and NotImplemented for targets of services that are not there. */
export const checkTarget = (target: Target, named: RuleName, rule: StoredRule): void => {
  const arn = parseTarget(target.Arn!);
  checkParameters(target, arn);
  checkPlace(target, arn, named, rule);
  checkInput(target);
  checkDeadLetterQueue(target.DeadLetterConfig?.Arn, named.region);
};
