import { isRecord, parseJson } from "../../parse-json.ts";
import { integrationEvent } from "../events.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import { Refused } from "../refusals.ts";
import { routeArn } from "../turn.ts";
import { protocolOf, timeoutOf, type IntegrationAnswer, type RunIntegration } from "./integration.ts";

const BAD = 502;

/** `{ statusCode, headers, body }`, or anything at all: then it is the body. */
const readAnswer = (payload: Buffer): IntegrationAnswer => {
  const text = payload.toString("utf8");
  const value = parseJson(text);
  if (!isRecord(value)) return { status: BAD, body: text };
  const { statusCode, body, headers } = value;
  const status = Number(statusCode);
  return {
    status: Number.isInteger(status) && status >= 200 && status <= 599 ? status : BAD,
    body: body === undefined ? text : typeof body === "string" ? body : JSON.stringify(body),
    protocol: isRecord(headers) ? protocolOf(headers) : undefined,
  };
};

/** A function that gets the whole event, and whose answer is the answer. */
export const createLambdaProxy = (invoke: InvokeFunction): RunIntegration => async (turn, integration) => {
  const { requestId, payload, error } = await invoke(turn, { uri: integration.IntegrationUri, sourceArn: routeArn(turn), credentials: integration.CredentialsArn, payload: integrationEvent(turn), timeoutMs: timeoutOf(integration) });
  turn.findings.integrationRequestId = requestId;
  if (payload === undefined) throw new Refused("badAnswer", `the function failed: ${error}`);
  return readAnswer(payload);
};
