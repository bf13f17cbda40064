import type { Target } from "@aws-sdk/client-scheduler";
import { parseArn, type Arn } from "../../kit/arn.ts";
import type { Call } from "../../kit/call.ts";
import { serviceCaller } from "../../kit/caller.ts";
import { SCHEDULE_INPUT_BYTES_MAX } from "../../kit/limits/schedules.ts";
import { compareWithOperation, findOperation, isOperationBuilt, parseOperation, readOperationInput } from "../../plumber/targets/operation.ts";
import { withSomeContext } from "./context-attributes.ts";
import { invalid, notBuilt } from "./errors.ts";
import type { Place } from "./names.ts";

type Parameters = "EcsParameters" | "EventBridgeParameters" | "EventBridgePutEventsV2Parameters" | "EventBridgePutRawEventsParameters" | "KinesisParameters" | "SageMakerPipelineParameters" | "SqsParameters";

interface Templated {
  /** Of the ARN's resource. */
  resource: RegExp;
  /** The operation that is called, as a universal target names it. */
  operation: string;
  /** It takes JSON and nothing else. */
  isJson?: true;
  parameters?: Parameters;
}

/** The templated targets that are built ("Using templated targets in EventBridge Scheduler"), by the service of their ARN. */
export const TEMPLATED: Record<string, Templated> = {
  lambda: { resource: /^function:[A-Za-z0-9-_]+(:[A-Za-z0-9-_$]+)?$/, operation: "lambda:invoke", isJson: true },
  sqs: { resource: /^[A-Za-z0-9-_]+(\.fifo)?$/, operation: "sqs:sendMessage", parameters: "SqsParameters" },
  sns: { resource: /^[A-Za-z0-9-_]+(\.fifo)?$/, operation: "sns:publish" },
  events: { resource: /^event-bus\/[A-Za-z0-9-_./]+$/, operation: "eventbridge:putEvents", isJson: true, parameters: "EventBridgeParameters" },
};

/** Templated targets of AWS's that are not. */
const NOT_HERE = new Set(["codebuild", "codepipeline", "ecs", "firehose", "inspector", "kinesis", "sagemaker", "states"]);

const PARAMETERS: readonly Parameters[] = ["EcsParameters", "EventBridgeParameters", "EventBridgePutEventsV2Parameters", "EventBridgePutRawEventsParameters", "KinesisParameters", "SageMakerPipelineParameters", "SqsParameters"];

/** Operations that only read ("Using universal targets in EventBridge Scheduler"). */
const READS =
  /^(get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batchGet|batchDescribe|batchRead|transactGet|adminGet|adminList|testMigration|retrieve|testConnection|translateDocument|isAuthorized|invokeModel)/;

const parseJson = (text: string): { json?: unknown } => {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return {};
  }
};

const checkTemplated = (target: Target, { service, resource, region: of }: Arn, { region }: Place): void => {
  if (NOT_HERE.has(service)) throw notBuilt(`Schedules with a target of ${service} (${target.Arn}) are not built in lambdad, which has no such service: ${Object.keys(TEMPLATED).join(", ")} and the universal targets of the services that it has are`);
  const templated = TEMPLATED[service];
  if (templated === undefined) throw invalid(`${service} is not a supported service for a target.`);
  if (!templated.resource.test(resource)) throw invalid("Provided Arn is not in correct format.");
  if (of !== region) throw invalid(`The target ARN provided does not match the current region ${region}.`);
  for (const name of PARAMETERS) {
    if (target[name] === undefined || name === templated.parameters) continue;
    if (name.startsWith("EventBridgePut")) throw notBuilt(`${name} is not built in lambdad: use EventBridgeParameters`);
    throw invalid(`Parameters ${name} not supported for the target.`);
  }
  if (service === "events" && target.EventBridgeParameters === undefined) throw invalid("Parameters EventBridgeParameters must be specified.");
  const group = target.SqsParameters?.MessageGroupId;
  if (service === "sqs" && resource.endsWith(".fifo") && group === undefined) throw invalid("Parameters SqsParameters must be specified.");
  if (service === "sqs" && !resource.endsWith(".fifo") && group !== undefined) throw invalid("Parameters MessageGroupId not valid for the target.");
  if (target.Input === undefined || templated.isJson !== true) return;
  if (target.Input === undefined) throw invalid("You must provide an input to set this target for your schedule.");
  const { json } = parseJson(target.Input);
  const isFitting = service === "events" ? typeof json === "object" && json !== null && !Array.isArray(json) : json !== undefined;
  if (!isFitting) throw invalid("JSON syntax error in input for the target.");
};

const requestJson = (reason: string) => invalid(`Invalid RequestJson provided. Reason ${reason}`);

const checkUniversal = async (target: Target, resource: string, { call, account, region }: Place & { call: Call }): Promise<void> => {
  const named = parseOperation(resource);
  if (named === undefined) throw invalid("Provided Arn is not in correct format.");
  const { service, action } = named;
  if (READS.test(action)) throw invalid(`${action} API is not supported.`);
  for (const name of PARAMETERS) if (target[name] !== undefined) throw invalid(`Parameters ${name} not supported for the target.`);
  const found = findOperation(named);
  if (found === undefined || !(await isOperationBuilt(call, named, { as: serviceCaller("scheduler.amazonaws.com", account), region }))) {
    throw notBuilt(`The universal target ${target.Arn} is not built in lambdad: docs/coverage.md lists the operations that are`);
  }
  if (target.Input === undefined) throw invalid("You must provide an input to set this target for your schedule.");
  const { json } = parseJson(target.Input);
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw requestJson("The request is not a JSON object.");
  const { unknown, missing } = compareWithOperation(found.operation, json);
  if (unknown.length > 0) throw requestJson(`The field '${unknown[0]}' is not supported by api '${action}' for the service '${service}'.`);
  if (missing.length > 0) throw requestJson(`Request payload is missing the following field(s): ${missing.join(", ")}.`);
  try {
    readOperationInput(found.operation, withSomeContext(target.Input));
  } catch (error) {
    throw requestJson(error instanceof Error ? error.message : String(error));
  }
};

/** Throws what is wrong with a target, whoever it is for. */
export const checkTarget = async (target: Target, at: Place & { call: Call }): Promise<void> => {
  const arn = parseArn(target.Arn!);
  if (arn === undefined) throw invalid("Provided Arn is not in correct format.");
  if (Buffer.byteLength(target.Input ?? "") > SCHEDULE_INPUT_BYTES_MAX) throw invalid(`The Input of a target must have at most ${SCHEDULE_INPUT_BYTES_MAX} bytes.`);
  if (arn.service === "scheduler" && arn.region === "" && arn.account === "") return checkUniversal(target, arn.resource, at);
  return checkTemplated(target, arn, at);
};
