import type { WireResponse } from "../../../protocol/http.ts";
import { isSendable } from "../answer-headers.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayFailure } from "./gateway-failure.ts";
import { readSource } from "./mapping.ts";
import { mediaType } from "./media-types.ts";

const DEFAULT_TEMPLATE = '{"message":$context.error.messageString}';

/** `$context.x`, `$stageVariables.x`, `$method.request.header.x`, in braces, too. */
const NAME = String.raw`((?:context|stageVariables|method\.request\.(?:header|querystring|path))\.[\w.-]*\w)`;
const VARIABLE = new RegExp(String.raw`\$\{${NAME}\}|\$${NAME}`, "g");

/** Only variables are put in, no logic runs. Source: "Set up gateway responses to customize error responses". */
const fill = (template: string, exchange: Exchange): string => {
  if (template === DEFAULT_TEMPLATE) return `{"message":${JSON.stringify(exchange.failure!.text)}}`;
  return template.replace(VARIABLE, (_all, braced?: string, bare?: string) => [readSource((braced ?? bare)!, exchange) ?? ""].flat().join(","));
};

/** Where the API has changed neither the type's response nor the one that it falls back to, AWS says `Message` of a refusal. */
const standardBody = ({ type, text }: GatewayFailure): string => JSON.stringify({ [type === "ACCESS_DENIED" ? "Message" : "message"]: text });

/** The gateway's own answer, as the API has it: its type's, else DEFAULT_4XX or DEFAULT_5XX, else AWS's. */
export const gatewayResponse = (exchange: Exchange, failure: GatewayFailure): WireResponse => {
  exchange.failure = failure;
  const { gatewayResponses } = exchange.serving.compiled;
  const fallback = gatewayResponses.get(failure.status < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX");
  const own = gatewayResponses.get(failure.type) ?? fallback;
  const status = Number(own?.statusCode ?? fallback?.statusCode ?? failure.status);
  const headers: Record<string, string | string[]> = { "content-type": "application/json", "x-amzn-errortype": failure.code };
  for (const [target, source] of Object.entries(own?.responseParameters ?? {})) {
    const name = target.replace(/^gatewayresponse\.header\./, "").toLowerCase();
    const value = readSource(source, exchange);
    if (value !== undefined && [value].flat().every((one) => isSendable(name, one))) headers[name] = typeof value === "string" ? value : [...value];
  }
  const templates = own?.responseTemplates ?? {};
  const accepted = mediaType(exchange.request.headers["accept"]?.split(",")[0]);
  const type = Object.hasOwn(templates, accepted) ? accepted : Object.hasOwn(templates, "application/json") ? "application/json" : Object.keys(templates)[0];
  if (type === undefined) return { status, headers, body: standardBody(failure) };
  if (headers["content-type"] === "application/json") headers["content-type"] = type;
  return { status, headers, body: fill(templates[type]!, exchange) };
};
