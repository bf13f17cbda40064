import type { IntegrationResponse } from "@aws-sdk/client-api-gateway";
import type { WireResponse } from "../../../protocol/http.ts";
import { isSendable } from "../answer-headers.ts";
import { matchesWhole } from "../bounded-pattern.ts";
import { contextVariables } from "./context-variables.ts";
import type { Exchange } from "./exchange.ts";
import { misconfigured } from "./gateway-failure.ts";
import { render } from "./integration-request.ts";
import { readSource, type IntegrationAnswer } from "./mapping.ts";
import { mediaType } from "./media-types.ts";

/** The first whose pattern fits as a whole; else the one without a pattern. */
const select = (responses: readonly IntegrationResponse[], text: string | undefined): IntegrationResponse => {
  const selected =
    (text === undefined ? undefined : responses.find(({ selectionPattern }) => selectionPattern !== undefined && selectionPattern !== "" && matchesWhole(selectionPattern, text))) ??
    responses.find(({ selectionPattern }) => selectionPattern === undefined || selectionPattern === "");
  if (selected === undefined) throw misconfigured("Execution failed due to configuration error: No match for output mapping and no default endpoint response configured");
  return selected;
};

/** The type that the client accepts, then that of the answer, then JSON, then what there is. */
const templateOf = (templates: Readonly<Record<string, string | null>>, exchange: Exchange, answer: IntegrationAnswer): { type: string; template: string } | undefined => {
  const types = Object.keys(templates);
  const wanted = [mediaType(exchange.request.headers["accept"]?.split(",")[0]), mediaType([answer.headers["content-type"] ?? []].flat()[0]), "application/json"];
  const type = wanted.find((one) => types.includes(one)) ?? types[0];
  return type === undefined ? undefined : { type, template: templates[type] ?? "" };
};

/** Source: "Content type conversions in API Gateway". */
const converted = ({ contentHandling }: IntegrationResponse, body: Buffer, isBinary: boolean): Buffer => {
  if (contentHandling === "CONVERT_TO_TEXT") return isBinary ? Buffer.from(body.toString("base64")) : body;
  if (contentHandling !== "CONVERT_TO_BINARY" || isBinary) return body;
  // A function's text is a JSON string.
  const text = body.toString("utf8").trim().replace(/^"(.*)"$/s, "$1");
  if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(text)) throw misconfigured("Execution failed: Unable to base64 decode the body.");
  return Buffer.from(text, "base64");
};

const mapHeaders = (parameters: Readonly<Record<string, string>>, exchange: Exchange, answer: IntegrationAnswer): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = {};
  for (const [target, source] of Object.entries(parameters)) {
    const name = /^method\.response\.(?:multivalue)?header\.(.+)$/i.exec(target)?.[1]?.toLowerCase();
    const value = readSource(source, exchange, answer);
    if (name !== undefined && value !== undefined && [value].flat().every((one) => isSendable(name, one))) headers[name] = typeof value === "string" ? value : [...value];
  }
  return headers;
};

interface Overrides {
  status?: unknown;
  header: Record<string, unknown>;
}

const applyOverrides = (response: WireResponse, { status, header }: Overrides): void => {
  if (status !== undefined) {
    const number = Number(status);
    if (!Number.isInteger(number) || number < 200 || number > 599) throw misconfigured(`$context.responseOverride.status is ${String(status)}, which is no status`);
    response.status = number;
  }
  for (const [name, value] of Object.entries(header)) if (isSendable(name, String(value))) response.headers[name.toLowerCase()] = Array.isArray(value) ? value.map(String) : String(value);
};

/**
 * The method's answer, made of the integration's as one of its responses says.
 * @param text What `selectionPattern`s are held to: an error's message, a status.
 * @param isBinary Whether the answer's body is bytes rather than text.
 */
export const mapResponse = async (exchange: Exchange, answer: IntegrationAnswer, text: string | undefined, isBinary: boolean): Promise<WireResponse> => {
  const selected = select(Object.values(exchange.method!.methodIntegration!.integrationResponses ?? {}), text);
  const headers = mapHeaders(selected.responseParameters ?? {}, exchange, answer);
  const found = templateOf(selected.responseTemplates ?? {}, exchange, answer);
  headers["content-type"] ??= found?.type ?? [answer.headers["content-type"] ?? "application/json"].flat()[0]!;
  const response: WireResponse = { status: Number(selected.statusCode), headers, body: answer.body };
  if (found === undefined || found.template === "") response.body = converted(selected, answer.body, isBinary);
  else {
    const responseOverride: Overrides = { header: {} };
    const body = await render(found.template, exchange, answer.body, { ...contextVariables(exchange), responseOverride });
    response.body = selected.contentHandling === "CONVERT_TO_BINARY" ? converted(selected, Buffer.from(body), false) : body;
    applyOverrides(response, responseOverride);
  }
  return response;
};
