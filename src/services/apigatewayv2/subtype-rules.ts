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

/** The integration of an HTTP API that names an action instead of a target. */
export const checkSubtype = ({ IntegrationType: type, IntegrationSubtype: name, IntegrationUri: uri, CredentialsArn: role, PayloadFormatVersion: version, RequestParameters: parameters = {} }: Integration): void => {
  const subtype = Object.hasOwn(SUBTYPES, name!) ? SUBTYPES[name!] : undefined;
  if (subtype === undefined) throw notBuilt(`IntegrationSubtype ${name}`, `${Object.keys(SUBTYPES).join(", ")} are. Route to a function that calls the service`);
  if (type !== "AWS_PROXY") throw badRequest("IntegrationSubtype is supported only for AWS_PROXY integrations");
  if (uri !== undefined) throw badRequest("An integration with an IntegrationSubtype has no integration URI");
  if (role === undefined) throw badRequest(`CredentialsArn is required for IntegrationSubtype ${name}: the role that API Gateway calls the service as`);
  if (version !== "1.0") throw badRequest(`PayloadFormatVersion ${version} is not supported for this integration. It must be one of [1.0]`);
  const missing = subtype.required.filter((parameter) => parameters[parameter] === undefined);
  if (missing.length > 0) throw badRequest(`Missing required parameter(s) for IntegrationSubtype ${name}: ${missing.join(", ")}`);
  const unknown = Object.keys(parameters).find((parameter) => !subtype.required.includes(parameter) && !subtype.optional.includes(parameter));
  if (unknown !== undefined) throw badRequest(`Parameter ${unknown} is not supported for IntegrationSubtype ${name}`);
};
