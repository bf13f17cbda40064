import type { Integration, Route } from "@aws-sdk/client-apigatewayv2";
import { isApiError } from "../../../kit/api-error.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { ServedHttpApi } from "../../../plumber/apis/http-api.ts";
import { isRecord } from "../answer-v2.ts";
import { createApiInvoker, functionOfUri } from "../integrated-function.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { parseJson } from "../parse-json.ts";

export interface Integrated {
  served: ServedHttpApi;
  route: Route;
  event: Buffer;
  requestId: string;
  trace: Trace;
}

/** What the integration made of an event: its HTTP status, and the text that goes back where the route answers. */
export interface IntegrationAnswer {
  status: number;
  body?: string | undefined;
}

export const integrationOf = ({ snapshot }: ServedHttpApi, { Target }: Route): Integration | undefined => {
  const id = Target?.split("/")[1];
  return snapshot?.integrations.find(({ IntegrationId }) => IntegrationId === id);
};

const FAILED: IntegrationAnswer = { status: 500 };
const BAD_ANSWER: IntegrationAnswer = { status: 502 };

/** `{ statusCode, body }`, or anything at all: then it is the body. */
const readAnswer = (payload: Buffer): IntegrationAnswer => {
  const value = parseJson(payload.toString("utf8"));
  if (!isRecord(value)) return { status: 502, body: payload.toString("utf8") };
  const { statusCode, body } = value;
  const status = Number(statusCode);
  return { status: Number.isInteger(status) && status >= 100 && status <= 599 ? status : 502, body: body === undefined ? payload.toString("utf8") : typeof body === "string" ? body : JSON.stringify(body) };
};

/** Runs what stands behind a route. Resolves for whatever the function or its door did. */
export const createIntegrate = (needs: FrontDoorNeeds) => {
  const { invoke } = createApiInvoker(needs);

  const toFunction = async (integration: Integration, { served: { api, stage }, route, event, requestId, trace }: Integrated): Promise<IntegrationAnswer> => {
    const called = functionOfUri(integration.IntegrationUri ?? "", stage.StageVariables);
    if (called === undefined) return FAILED;
    const sourceArn = `arn:aws:execute-api:${api.region}:${api.account}:${api.apiId}/${stage.StageName}/${route.RouteKey}`;
    try {
      const { Payload, FunctionError } = await invoke({ api, function: called, sourceArn, credentials: integration.CredentialsArn, payload: event, trace, requestId });
      return FunctionError !== undefined || Payload === undefined ? BAD_ANSWER : readAnswer(Buffer.from(Payload));
    } catch (error) {
      if (isApiError(error)) return FAILED;
      throw error;
    }
  };

  return async (integrated: Integrated): Promise<IntegrationAnswer> => {
    const integration = integrationOf(integrated.served, integrated.route);
    switch (integration?.IntegrationType) {
      case undefined:
      case "MOCK": return { status: 200 };
      case "AWS_PROXY": return toFunction(integration!, integrated);
      default: {
        needs.log.error(`a WebSocket API's integration is not built: ${integration?.IntegrationType}`, { apiId: integrated.served.api.apiId, route: integrated.route.RouteKey });
        return FAILED;
      }
    }
  };
};
