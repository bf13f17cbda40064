import type { Integration } from "@aws-sdk/client-apigatewayv2";
import type { Clock } from "../../../../kit/clock.ts";
import { HTTP_API_PAYLOAD_BYTES_MAX } from "../../../../kit/limits/apis.ts";
import { formatTraceHeader } from "../../../../kit/trace-header.ts";
import { gather } from "../../gather.ts";
import { withStageVariables } from "../../integrated-function.ts";
import { send } from "../../../../plumber/outgoing.ts";
import { pathValue } from "../../path-value.ts";
import { within } from "../../within.ts";
import { Refused } from "../refusals.ts";
import type { Routed } from "../turn.ts";
import { protocolOf, timeoutOf, type RunIntegration } from "./integration.ts";
import { mappedRequest, proxyRequest, type IntegrationRequest } from "./request.ts";
import { mapResponse, type Returned } from "./response.ts";

const inPath = (value: string): string => {
  const safe = pathValue(value);
  if (safe === undefined) throw new Refused("badRequest", `what is mapped into the integration's path leads out of it: ${value}`);
  return safe;
};

const urlOf = ({ served }: Routed, { IntegrationUri = "" }: Integration, { path, query }: IntegrationRequest): URL => {
  const text = withStageVariables(IntegrationUri, served.variables).replace(/\{([\w.-]+)\+?\}/g, (whole, name: string) => (path.has(name) ? inPath(path.get(name)!) : whole));
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw new Refused("failed", `the integration's URI is no URL: ${text}`);
  const url = new URL(text);
  for (const [name, values] of query) for (const value of values) url.searchParams.append(name, value);
  return url;
};

const headersOf = ({ served: { api: { apiId } }, trace }: Routed, { headers }: IntegrationRequest, body: Buffer): Record<string, string | string[]> => ({
  "user-agent": `AmazonAPIGateway_${apiId}`, accept: "application/json", "content-type": "application/json",
  ...Object.fromEntries([...headers].map(([name, values]) => [name, values.length === 1 ? values[0]! : values])),
  "x-amzn-apigateway-api-id": apiId, "x-amzn-trace-id": formatTraceHeader(trace), "content-length": String(body.length),
});

const byName = (rawHeaders: readonly string[]): Record<string, string[]> => {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), rawHeaders[index + 1]!]);
  }
  return Object.fromEntries(headers);
};

const tooLarge = (): Error => new Error(`it answers more than ${HTTP_API_PAYLOAD_BYTES_MAX} bytes`);

/** An endpoint anywhere: the message is the body of a request to it. */
export const createHttpIntegrations = ({ wall }: { wall: Clock }) => {
  const ask = async (turn: Routed, integration: Integration, request: IntegrationRequest): Promise<Returned> => {
    const url = urlOf(turn, integration, request);
    const body = Buffer.from(request.body);
    const hurry = new AbortController();
    const { IntegrationMethod: method = "POST" } = integration;
    const exchange = async (): Promise<Returned> => {
      const { status, rawHeaders, body: answered } = await send({ url, method: method === "ANY" ? "POST" : method, headers: headersOf(turn, request, body), body, signal: hurry.signal });
      return { status, headers: byName(rawHeaders), body: await gather(answered, HTTP_API_PAYLOAD_BYTES_MAX, tooLarge) };
    };
    try {
      return await within(wall, timeoutOf(integration), exchange(), () => new Refused("late", `${url.origin} did not answer within ${timeoutOf(integration)} ms`));
    } catch (error) {
      hurry.abort();
      if (error instanceof Refused) throw error;
      throw new Refused("failed", `${url.origin} could not be asked: ${(error as Error).message}`);
    }
  };

  const proxy: RunIntegration = async (turn, integration) => {
    const { status, headers, body } = await ask(turn, integration, proxyRequest(turn, integration));
    return { status, body: body.toString("utf8"), protocol: protocolOf(headers) };
  };
  const mapped: RunIntegration = async (turn, integration) => {
    const returned = await ask(turn, integration, await mappedRequest(turn, integration));
    turn.findings.integrationStatus = returned.status;
    return mapResponse(turn, integration, returned);
  };
  return { proxy, mapped };
};
