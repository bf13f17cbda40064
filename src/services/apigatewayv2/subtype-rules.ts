import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { badRequest, notBuilt } from "./errors.ts";

interface Subtype {
  required: readonly string[];
  optional: readonly string[];
}

/** Actions of services that a route may call ("Integration subtype reference"). */
const SUBTYPES: Record<string, Subtype | undefined> = {
  "EventBridge-PutEvents": { required: ["Detail", "DetailType", "Source"], optional: ["Time", "EventBusName", "Resources", "Region", "TraceHeader"] },
  "SQS-SendMessage": { required: ["QueueUrl", "MessageBody"], optional: ["DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "MessageSystemAttributes", "Region"] },
  "SQS-ReceiveMessage": { required: ["QueueUrl"], optional: ["AttributeNames", "MaxNumberOfMessages", "MessageAttributeNames", "ReceiveRequestAttemptId", "VisibilityTimeout", "WaitTimeSeconds", "Region"] },
  "SQS-DeleteMessage": { required: ["QueueUrl", "ReceiptHandle"], optional: ["Region"] },
  "SQS-PurgeQueue": { required: ["QueueUrl"], optional: ["Region"] },
};

/** Those of AWS that are not built. */
const ELSEWHERE = ["AppConfig-GetConfiguration", "Kinesis-PutRecord", "StepFunctions-StartExecution", "StepFunctions-StartSyncExecution", "StepFunctions-StopExecution"];

/** The integration of an HTTP API that names an action instead of a target. */
export const checkSubtype = ({ IntegrationType: type, IntegrationSubtype: name, IntegrationUri: uri, CredentialsArn: role, PayloadFormatVersion: version, RequestParameters: parameters = {} }: Integration): void => {
  const subtype = Object.hasOwn(SUBTYPES, name!) ? SUBTYPES[name!] : undefined;
  if (subtype === undefined && !ELSEWHERE.includes(name!)) throw badRequest(`Operation: ${name} is not supported.`);
  if (subtype === undefined) throw notBuilt(`IntegrationSubtype ${name}`, `${Object.keys(SUBTYPES).join(", ")} are. Route to a function that calls the service`);
  if (type !== "AWS_PROXY") throw badRequest("IntegrationSubtype is supported only for AWS_PROXY integrations");
  if (uri !== undefined) throw badRequest("An integration with an IntegrationSubtype has no integration URI");
  if (role === undefined) throw badRequest(`Role ARN must be specified for AWS integration configuration with Subtype: ${name}`);
  if (version !== "1.0") throw badRequest(`Operation: ${name} is not supported.`);
  if (subtype.required.some((parameter) => parameters[parameter] === undefined)) {
    throw badRequest(`Operation: ${name} requires enabling passthrough, or defining all of the following parameters in the parameter mapping: [${subtype.required.join(", ")}]`);
  }
  const unknown = Object.keys(parameters).find((parameter) => !subtype.required.includes(parameter) && !subtype.optional.includes(parameter));
  if (unknown !== undefined) throw badRequest(`Parameter ${unknown} is not supported for IntegrationSubtype ${name}`);
};
