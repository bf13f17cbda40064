import type { Integration } from "@aws-sdk/client-apigatewayv2";
import type { Clock } from "../../../../kit/clock.ts";
import { HTTP_API_PAYLOAD_BYTES_MAX } from "../../../../kit/limits/apis.ts";
import { formatTraceHeader } from "../../../../kit/trace-header.ts";
import type { WireResponse } from "../../../../protocol/http.ts";
import { headerFields, isHopByHop, sourceIp } from "../../headers.ts";
import { withStageVariables } from "../../integrated-function.ts";
import { send, type Incoming } from "../../../../plumber/outgoing.ts";
import type { Seen } from "../events.ts";
import type { Routed } from "../passage.ts";
import { Refused } from "../refusals.ts";
import { timeoutOf, type RunIntegration } from "./integration.ts";

/** Of a parameter in a URI; the slashes of a greedy one stay. */
const inPath = (value: string): string => value.split("/").map(encodeURIComponent).join("/");

/** The address of the backend: parameters and stage variables put in, the client's query behind its own. */
const targetOf = (passage: Routed, { IntegrationUri = "" }: Integration, { request }: Seen, mappedPath: string | undefined): URL => {
  const text = withStageVariables(IntegrationUri, passage.served.variables).replace(/\{([^}]+?)\+?\}/g, (whole, name: string) => (Object.hasOwn(passage.pathParameters, name) ? inPath(passage.pathParameters[name]!) : whole));
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new Refused("failed", `the integration's URI is no URL: ${text}`);
  const url = new URL(text);
  if (mappedPath !== undefined) url.pathname = mappedPath;
  if (request.query !== "") url.search = url.search === "" ? request.query : `${url.search}&${request.query}`;
  return url;
};

const NOT_HANDED_ON: ReadonlySet<string> = new Set(["host", "content-length", "expect", "x-amzn-trace-id"]);

/** What the client sent, and by which way it came. Source: requests of HTTP APIs, as backends see them. */
const headersOf = (passage: Routed, { request }: Seen): Record<string, string | string[]> => {
  const named = new Set((request.headers["connection"] ?? "").toLowerCase().split(/\s*,\s*/));
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of headerFields(request)) {
    const key = name.toLowerCase();
    if (NOT_HANDED_ON.has(key) || named.has(key)) continue;
    headers[key] = headers[key] === undefined ? value : [...[headers[key]].flat(), value];
  }
  const forwarded = `by=${new URL(request.endpoint).hostname};for=${sourceIp(request)};host=${passage.domainName};proto=http`;
  return {
    ...headers,
    forwarded: headers["forwarded"] === undefined ? forwarded : `${[headers["forwarded"]].flat().join(", ")}, ${forwarded}`,
    via: headers["via"] === undefined ? "HTTP/1.1 AmazonAPIGateway" : `${[headers["via"]].flat().join(", ")}, HTTP/1.1 AmazonAPIGateway`,
    "x-amzn-trace-id": formatTraceHeader(passage.trace),
  };
};

async function* limited(source: AsyncIterable<Uint8Array>, done: () => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > HTTP_API_PAYLOAD_BYTES_MAX) throw new Error(`an answer of more than ${HTTP_API_PAYLOAD_BYTES_MAX} bytes does not fit through an HTTP API`);
      yield chunk;
    }
  } finally {
    done();
  }
}

const answerOf = ({ status, rawHeaders, body }: Incoming, done: () => void): WireResponse => {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (isHopByHop(name)) continue;
    headers[name] = headers[name] === undefined ? rawHeaders[index + 1]! : [...[headers[name]].flat(), rawHeaders[index + 1]!];
  }
  return { status, headers, body: limited(body, done) };
};

/** An HTTP endpoint behind a route: both bodies pass as they come, neither is held. */
export const createHttpIntegration = ({ wall }: { wall: Clock }): RunIntegration => async (passage, integration, seen) => {
  if (integration.ConnectionType === "VPC_LINK") throw new Refused("failed", "integrations over a VPC link are not built: there are no VPCs here");
  const url = targetOf(passage, integration, seen, seen.mappedPath);
  const { IntegrationMethod = "ANY" } = integration;
  const headers = headersOf(passage, seen);
  const body = passage.bodyStream();
  if (body.bytes !== undefined) headers["content-length"] = String(body.bytes);
  const hurry = new AbortController();
  const timer = wall.at(wall.now() + timeoutOf(integration), "integration timeout", () => hurry.abort());
  try {
    const answer = await send({
      url, headers, method: IntegrationMethod === "ANY" ? seen.request.method : IntegrationMethod, body: body.content, serverName: integration.TlsConfig?.ServerNameToVerify, signal: hurry.signal,
    });
    passage.findings.integrationStatus = answer.status;
    return answerOf(answer, () => timer.cancel());
  } catch (error) {
    timer.cancel();
    if (error instanceof Refused) throw error;
    throw new Refused("unavailable", hurry.signal.aborted ? `${url.origin} did not answer within ${timeoutOf(integration)} ms` : `${url.origin} could not be asked: ${(error as Error).message}`);
  }
};
