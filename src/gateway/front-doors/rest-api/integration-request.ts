import type { Integration } from "@aws-sdk/client-api-gateway";
import { contextVariables } from "./context-variables.ts";
import { withStageVariables } from "../integrated-function.ts";
import type { Exchange } from "./exchange.ts";
import { GatewayFailure, misconfigured } from "./gateway-failure.ts";
import { readSource } from "./mapping.ts";
import { mediaType } from "./media-types.ts";
import { pathValue } from "../path-value.ts";
import { renderTemplate, TemplateError } from "../templates/template.ts";
import { inputVariable, utilVariable } from "../templates/variables.ts";

/** What an integration is sent, after mapping. */
export interface IntegrationRequest {
  /** Names in small letters. */
  headers: Map<string, string[]>;
  query: Map<string, string[]>;
  path: Map<string, string>;
  body: Buffer;
}

/** A template that fails is the API's fault, whoever's input made it fail. */
export const render = async (template: string, exchange: Exchange, body: Buffer, context: Record<string, unknown>): Promise<string> => {
  const names = {
    input: inputVariable({ body: body.toString("utf8"), path: exchange.pathParameters, query: exchange.query.single, headers: exchange.headers.single }),
    util: utilVariable,
    context,
    stageVariables: { ...exchange.serving.variables },
  };
  try {
    return await renderTemplate(template, names);
  } catch (error) {
    if (error instanceof TemplateError) throw misconfigured(`Execution failed due to configuration error: Unable to transform: ${error.message}`);
    throw error;
  }
};

const own = <T>(map: Readonly<Record<string, T>> | undefined, name: string): T | undefined => (map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined);

/** The template for the request's Content-Type; undefined to pass the body through as it came. Source: "Method request behavior for payloads without mapping templates". */
const templateOf = ({ requestTemplates = {}, passthroughBehavior = "WHEN_NO_MATCH" }: Integration, exchange: Exchange): string | undefined => {
  const type = mediaType(exchange.request.headers["content-type"]) || "application/json";
  const template = own(requestTemplates, type);
  if (template !== undefined) return template || undefined;
  const isPassed = passthroughBehavior === "WHEN_NO_MATCH" || (passthroughBehavior === "WHEN_NO_TEMPLATES" && Object.keys(requestTemplates).length === 0);
  if (!isPassed) throw new GatewayFailure("UNSUPPORTED_MEDIA_TYPE");
  return undefined;
};

/** Source: "Content type conversions in API Gateway". */
const converted = ({ contentHandling }: Integration, { body, request, serving }: Exchange): Buffer => {
  const isBinary = serving.compiled.binaryTypes.has(request.headers["content-type"]);
  if (contentHandling === "CONVERT_TO_TEXT" && isBinary) return Buffer.from(body.toString("base64"));
  if (contentHandling !== "CONVERT_TO_BINARY" || isBinary) return body;
  const text = body.toString("utf8").trim();
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw misconfigured("Execution failed: Unable to base64 decode the body.");
  return Buffer.from(text, "base64");
};

interface Overrides {
  header: Record<string, unknown>;
  querystring: Record<string, unknown>;
  path: Record<string, unknown>;
}

export const applyParameters = (request: IntegrationRequest, parameters: Readonly<Record<string, string>>, exchange: Exchange): void => {
  for (const [target, source] of Object.entries(parameters)) {
    const [, where, name] = /^integration\.request\.(header|querystring|path)\.(.+)$/.exec(target) ?? [];
    const value = readSource(source, exchange);
    if (name === undefined || value === undefined) continue;
    if (where === "path") request.path.set(name, [value].flat().join(","));
    else (where === "header" ? request.headers : request.query).set(where === "header" ? name.toLowerCase() : name, [value].flat());
  }
};

const applyOverrides = (request: IntegrationRequest, { header, querystring, path }: Overrides): void => {
  const lists = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);
  for (const [name, value] of Object.entries(header)) request.headers.set(name.toLowerCase(), lists(value));
  for (const [name, value] of Object.entries(querystring)) request.query.set(name, lists(value));
  for (const [name, value] of Object.entries(path)) request.path.set(name, String(value));
};

/** Of an integration that maps: parameters, then the template, which may override them. */
export const mapRequest = async (exchange: Exchange): Promise<IntegrationRequest> => {
  const integration = exchange.method!.methodIntegration!;
  const request: IntegrationRequest = { headers: new Map(), query: new Map(), path: new Map(), body: converted(integration, exchange) };
  applyParameters(request, integration.requestParameters ?? {}, exchange);
  const template = templateOf(integration, exchange);
  if (template !== undefined) {
    const requestOverride: Overrides = { header: {}, querystring: {}, path: {} };
    const context = { ...contextVariables(exchange), requestOverride };
    request.body = Buffer.from(await render(template, exchange, request.body, context));
    applyOverrides(request, requestOverride);
  }
  exchange.log(() => `Endpoint request body after transformations: ${request.body.toString("utf8")}`);
  return request;
};

const inPath = (value: string): string => {
  const safe = pathValue(value);
  if (safe === undefined) throw new GatewayFailure("DEFAULT_4XX", { status: 400, message: "Bad Request", reason: `the path parameter ${value} leads out of the integration's path` });
  return safe;
};

const encodePair = (name: string, value: string): string => new URLSearchParams([[name, value]]).toString();

/** The URI with its path parameters and its query put in. */
export const integrationUri = (exchange: Exchange, { path, query }: Pick<IntegrationRequest, "path" | "query">): string => {
  const uri = withStageVariables(exchange.method!.methodIntegration!.uri ?? "", exchange.serving.variables).replace(/\{([\w.-]+)\+?\}/g, (all, name: string) => (path.has(name) ? inPath(path.get(name)!) : all));
  const pairs = [...query].flatMap(([name, values]) => values.map((value) => encodePair(name, value)));
  return pairs.length === 0 ? uri : `${uri}${uri.includes("?") ? "&" : "?"}${pairs.join("&")}`;
};
