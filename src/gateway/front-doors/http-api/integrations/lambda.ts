import type { WireResponse } from "../../../../protocol/http.ts";
import { answerHeaders } from "../../answer-headers.ts";
import { answerV2 } from "../../answer-v2.ts";
import { isRecord, parseJson } from "../../parse-json.ts";
import { integrationEvent } from "../events.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import { sourceArn } from "../passage.ts";
import { Refused } from "../refusals.ts";
import { timeoutOf, type RunIntegration } from "./integration.ts";

const DEFAULT_CONTENT_TYPE = "text/plain; charset=utf-8";

const statusOf = (value: unknown): number | undefined => {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
};

/** Several values of one name: those of `multiValueHeaders`, and the one of `headers` when it is not among them. */
const merged = (single: Readonly<Record<string, unknown>>, multi: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const all: Record<string, unknown[]> = {};
  for (const [name, values] of Object.entries(multi)) all[name.toLowerCase()] = [values].flat();
  for (const [rawName, value] of Object.entries(single)) {
    const name = rawName.toLowerCase();
    if (all[name]?.includes(value) !== true) all[name] = [...(all[name] ?? []), value];
  }
  return all;
};

/** An answer of the payload format 1.0; undefined when it is malformed. Source: "Lambda function response for format 1.0". */
export const answerV1 = (payload: Buffer): WireResponse | undefined => {
  const value = parseJson(payload.toString("utf8"));
  if (!isRecord(value)) return undefined;
  const { body = null, isBase64Encoded = false } = value;
  const [single, multi] = [value["headers"] ?? {}, value["multiValueHeaders"] ?? {}];
  const status = statusOf(value["statusCode"]);
  if (status === undefined || !isRecord(single) || !isRecord(multi) || (body !== null && typeof body !== "string")) return undefined;
  const headers = answerHeaders(merged(single, multi));
  if (headers === undefined) return undefined;
  headers["content-type"] ??= DEFAULT_CONTENT_TYPE;
  return { status, headers, body: isBase64Encoded === true ? Buffer.from(body ?? "", "base64") : (body ?? "") };
};

/** A function behind a route. */
export const createLambdaIntegration = (invoke: InvokeFunction): RunIntegration => async (passage, integration, seen) => {
  const { findings } = passage;
  const payload = integrationEvent(passage, seen, await passage.body());
  const answer = await invoke(passage, { uri: integration.IntegrationUri, sourceArn: sourceArn(passage), credentials: integration.CredentialsArn, payload, timeoutMs: timeoutOf(integration) });
  findings.integrationRequestId = answer.requestId;
  findings.integrationStatus = 200;
  if (answer.payload === undefined) throw new Refused("failed", `the function failed: ${answer.error}`);
  const response = integration.PayloadFormatVersion === "2.0" ? answerV2(answer.payload, { defaultContentType: DEFAULT_CONTENT_TYPE }) : answerV1(answer.payload);
  if (response === undefined) throw new Refused("failed", `the function's answer is none of the payload format ${integration.PayloadFormatVersion ?? "1.0"}`);
  findings.integrationStatus = response.status;
  return response;
};
