import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { isApiError } from "../../../../kit/api-error.ts";
import type { Call } from "../../../../kit/call.ts";
import type { Caller } from "../../../../kit/caller.ts";
import type { Clock } from "../../../../kit/clock.ts";
import { loadServiceModel } from "../../../../protocol/models.ts";
import { encode, encodeError } from "../../../../protocol/respond.ts";
import type { Shape } from "../../../../protocol/schema.ts";
import { createApiCallers } from "../../integrated-function.ts";
import { parseJson } from "../../parse-json.ts";
import { within } from "../../within.ts";
import { compileExpression } from "../mapping/expression.ts";
import { requestSubject } from "../mapping/request-mapping.ts";
import type { Routed } from "../passage.ts";
import { Refused } from "../refusals.ts";
import { timeoutOf, type RunIntegration } from "./integration.ts";

interface Subtype {
  service: "sqs" | "events";
  operation: string;
  /** In which form the service's answer goes to the client. */
  protocol: "awsQuery" | "awsJson1_1";
  /** EventBridge's parameters are those of one entry. */
  isEntry?: true;
}

const sqs = (operation: string): Subtype => ({ service: "sqs", operation, protocol: "awsQuery" });

const SUBTYPES: Record<string, Subtype> = {
  "EventBridge-PutEvents": { service: "events", operation: "PutEvents", protocol: "awsJson1_1", isEntry: true },
  "SQS-SendMessage": sqs("SendMessage"), "SQS-ReceiveMessage": sqs("ReceiveMessage"), "SQS-DeleteMessage": sqs("DeleteMessage"), "SQS-PurgeQueue": sqs("PurgeQueue"),
};

/** Mappings are texts: numbers and JSON become what the operation takes. */
const typed = ({ kind }: Shape, text: string): unknown => {
  switch (kind) {
    case "string": return text;
    case "number": return Number(text);
    case "boolean": return text === "true";
    case "timestamp": return new Date(text);
    default: return parseJson(text) ?? text;
  }
};

/** The shape of the members of `Entries`. */
const entryOf = (input: Shape): Shape => input.members.find(({ name }) => name === "Entries")!.shape.value!.shape;

const inputOf = (passage: Routed, { RequestParameters = {} }: Integration, body: Buffer, shape: Shape): Record<string, unknown> => {
  const subject = requestSubject(passage.request, body);
  const input: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(RequestParameters)) {
    const member = shape.members.find((one) => one.name === name);
    const value = compileExpression(text, "request")(passage, subject);
    if (member !== undefined && value !== undefined) input[name] = typed(member.shape, value);
  }
  return input;
};

const subtypeOf = ({ IntegrationSubtype = "" }: Integration): Subtype => {
  const subtype = Object.hasOwn(SUBTYPES, IntegrationSubtype) ? SUBTYPES[IntegrationSubtype] : undefined;
  if (subtype === undefined) throw new Refused("failed", `the integration subtype ${IntegrationSubtype} is not built; ${Object.keys(SUBTYPES).join(", ")} are`);
  return subtype;
};

/** A call of an AWS service behind a route, as the integration's role. What the service answers is the answer. Source: "Integration subtype reference". */
export const createServiceIntegration = ({ call, wall }: { call: Call; wall: Clock }): RunIntegration => {
  const apiCallerOf = createApiCallers({ call, wall });
  const callerOf = async ({ served: { api } }: Routed, { CredentialsArn }: Integration): Promise<Caller> => {
    if (CredentialsArn === undefined || CredentialsArn === "") throw new Refused("failed", "an integration with a service needs the role that it runs as (CredentialsArn)");
    try {
      return await apiCallerOf(api, CredentialsArn, "");
    } catch (error) {
      throw isApiError(error) ? new Refused("failed", `API Gateway cannot assume ${CredentialsArn}: ${error.message}`) : error;
    }
  };

  return async (passage, integration) => {
    const { served: { api }, requestId, findings, request } = passage;
    const { service, operation: name, protocol, isEntry } = subtypeOf(integration);
    const model = loadServiceModel(service);
    const operation = model.operations.get(name)!;
    const as = await callerOf(passage, integration);
    const body = await passage.body();
    const input = isEntry === true ? { Entries: [inputOf(passage, integration, body, entryOf(operation.input))] } : inputOf(passage, integration, body, operation.input);
    const region = integration.RequestParameters?.["Region"] ?? api.region;
    try {
      const asked = call(service, name as never, input as never, { as, region, trace: passage.trace });
      const output = await within(wall, timeoutOf(integration), asked, () => new Refused("unavailable", `${model.sdkId} did not answer within ${timeoutOf(integration)} ms`));
      findings.integrationStatus = 200;
      return encode({ model, operation, protocol, read: async () => ({}) }, output as Record<string, unknown>, requestId);
    } catch (error) {
      if (!isApiError(error)) throw error;
      findings.integrationError = error.message;
      const response = encodeError({ model, operation, protocol }, error, requestId, request);
      findings.integrationStatus = response.status;
      return response;
    }
  };
};
