import { isUtf8 } from "node:buffer";
import type { Integration, IntegrationResponse } from "@aws-sdk/client-apigatewayv2";
import { matchesWhole, PatternError } from "../../bounded-pattern.ts";
import { Refused } from "../refusals.ts";
import { DEFAULT, evaluateSelection } from "../selection.ts";
import { ofBody, readRequestSource } from "../sources.ts";
import type { Routed } from "../turn.ts";
import { protocolOf, type IntegrationAnswer } from "./integration.ts";
import { render, selectTemplate } from "./templates.ts";

/** What came back from behind an integration that maps. */
export interface Returned {
  status: number;
  /** Names in small letters. */
  headers: Readonly<Record<string, readonly string[]>>;
  body: Buffer;
  /** Of a function that failed. */
  isError?: boolean;
}

/** What a selection expression finds in an answer, or in the message that it answers. */
const readerOf = (turn: Routed, { status, headers, body }: Returned) => (variable: string): string | undefined => {
  if (variable === "integration.response.statuscode") return String(status);
  const [, where, rest = ""] = /^integration\.response\.(header|body)(.*)$/s.exec(variable) ?? [];
  if (where === "body") return ofBody(body.toString("utf8"), rest);
  if (where === "header") return headers[rest.slice(1).toLowerCase()]?.at(-1);
  const value = readRequestSource(turn, variable);
  return typeof value === "string" || value === undefined ? value : value.at(-1);
};

const matches = (key: string, text: string): boolean => {
  try {
    return key.startsWith("/") && matchesWhole(key.slice(1, -1), text);
  } catch (error) {
    if (error instanceof PatternError) throw new Refused("failed", error.message);
    throw error;
  }
};

/** The first whose key fits, else `$default`. Source: "Set up a WebSocket API integration response". */
const select = (responses: readonly IntegrationResponse[], text: string): IntegrationResponse | undefined =>
  (text === "" ? undefined : responses.find(({ IntegrationResponseKey: key = "" }) => matches(key, text))) ?? responses.find(({ IntegrationResponseKey }) => IntegrationResponseKey === DEFAULT);

const textOf = ({ ContentHandlingStrategy }: IntegrationResponse, body: Buffer): string => body.toString(ContentHandlingStrategy === "CONVERT_TO_TEXT" && !isUtf8(body) ? "base64" : "utf8");

/** Of a function that failed: whatever a response makes of it for the client, nobody is let in by it. */
const FAILED = 502;

/** The answer to the client, made of the integration's as one of its responses says. A route that does not answer needs none. */
export const mapResponse = async (turn: Routed, { IntegrationResponseSelectionExpression: expression = "" }: Integration, returned: Returned): Promise<IntegrationAnswer> => {
  const { route } = turn;
  const read = readerOf(turn, returned);
  const selected = select(route.integrationResponses, evaluateSelection(expression, read));
  const plain = { status: returned.isError === true ? FAILED : returned.status, protocol: protocolOf(returned.headers) };
  if (selected === undefined) {
    if (returned.isError === true) throw new Refused("badAnswer", `the function failed, and no integration response is for that: ${returned.body.toString("utf8")}`);
    if (route.isAnswered) throw new Refused("failed", "the route answers, and its integration has no response for what came back: it needs one with the key $default");
    return plain;
  }
  if (!route.isAnswered) return plain;
  const text = textOf(selected, returned.body);
  const template = selectTemplate(selected.ResponseTemplates ?? {}, selected.TemplateSelectionExpression, read);
  return { ...plain, isMapped: true, body: template === undefined ? text : await render(template, turn, text) };
};
