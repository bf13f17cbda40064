import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { Refused } from "../refusals.ts";
import { readMappingSource, readRequestSource } from "../sources.ts";
import type { Routed } from "../turn.ts";
import { render, selectTemplate } from "./templates.ts";

/** What an integration is sent. */
export interface IntegrationRequest {
  /** Names in small letters. */
  headers: Map<string, string[]>;
  query: Map<string, string[]>;
  path: Map<string, string>;
  body: string;
}

/** The message as it is, and what is mapped of parameters. Source: "Set up data mapping for WebSocket APIs". */
export const proxyRequest = (turn: Routed, { RequestParameters = {} }: Integration): IntegrationRequest => {
  const request: IntegrationRequest = { headers: new Map(), query: new Map(), path: new Map(), body: turn.body };
  for (const [target, source] of Object.entries(RequestParameters)) {
    const [, where, name] = /^integration\.request\.(header|querystring|path)\.(.+)$/.exec(target) ?? [];
    const value = readMappingSource(turn, source);
    if (name === undefined || value === undefined) continue;
    if (where === "path") request.path.set(name, [value].flat().join(","));
    else if (where === "header") request.headers.set(name.toLowerCase(), [value].flat());
    else request.query.set(name, [value].flat());
  }
  return request;
};

const singleOf = (turn: Routed) => (variable: string): string | undefined => {
  const value = readRequestSource(turn, variable);
  return typeof value === "string" || value === undefined ? value : value.at(-1);
};

/** The same, with what a template makes of the message. Without a template for it, it passes as it came, where it may. */
export const mappedRequest = async (turn: Routed, integration: Integration): Promise<IntegrationRequest> => {
  const request = proxyRequest(turn, integration);
  const { RequestTemplates: templates = {}, TemplateSelectionExpression: expression, PassthroughBehavior: behavior = "WHEN_NO_MATCH" } = integration;
  const template = selectTemplate(templates, expression, singleOf(turn));
  if (template !== undefined) return { ...request, body: await render(template, turn, turn.body) };
  const isPassed = behavior === "WHEN_NO_MATCH" || (behavior === "WHEN_NO_TEMPLATES" && Object.keys(templates).length === 0);
  if (!isPassed) throw new Refused("unsupported", `no request template is for it, and PassthroughBehavior is ${behavior}`);
  return request;
};
