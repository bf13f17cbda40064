import type { InvokeFunction } from "../invoke-function.ts";
import { routeArn } from "../turn.ts";
import { timeoutOf, type RunIntegration } from "./integration.ts";
import { mappedRequest } from "./request.ts";
import { mapResponse } from "./response.ts";

/** A function that gets what the request template makes of the message, and nothing else. */
export const createLambdaIntegration = (invoke: InvokeFunction): RunIntegration => async (turn, integration) => {
  const { headers, body } = await mappedRequest(turn, integration);
  const isEvent = headers.get("x-amz-invocation-type")?.at(-1) === "Event";
  const answer = await invoke(turn, {
    uri: integration.IntegrationUri, sourceArn: routeArn(turn), credentials: integration.CredentialsArn, payload: Buffer.from(body === "" ? "{}" : body), timeoutMs: timeoutOf(integration), isEvent,
  });
  turn.findings.integrationRequestId = answer.requestId;
  if (answer.error !== undefined) turn.findings.integrationError = answer.error;
  const returned = { status: isEvent ? 202 : 200, headers: {}, body: answer.payload ?? Buffer.from(answer.error ?? ""), isError: answer.payload === undefined };
  return mapResponse(turn, integration, returned);
};
