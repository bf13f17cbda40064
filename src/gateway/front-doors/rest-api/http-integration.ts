import type { Integration } from "@aws-sdk/client-api-gateway";
import type { Clock } from "../../../kit/clock.ts";
import { REST_PAYLOAD_BYTES_MAX } from "../../../kit/limits/apis.ts";
import { formatTraceHeader } from "../../../kit/trace-header.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import { headerFields, sourceIp } from "../headers.ts";
import { gather } from "../gather.ts";
import { send, type Incoming } from "../../../plumber/outgoing.ts";
import { timeoutOf, withinDeadline } from "./deadline.ts";
import type { Exchange } from "./exchange.ts";
import { GatewayFailure, misconfigured } from "./gateway-failure.ts";
import { integrationUri, mapRequest, type IntegrationRequest } from "./integration-request.ts";
import { mapResponse } from "./integration-response.ts";
import type { IntegrationAnswer } from "./mapping.ts";
import { passthroughRequest } from "./passthrough.ts";
import { proxyHeaders } from "./proxy-answer.ts";

const checkBuilt = ({ connectionType, tlsConfig }: Integration): void => {
  if (connectionType === "VPC_LINK") throw misconfigured("integrations over a VPC link are not built: there are no VPCs here");
  if (tlsConfig?.insecureSkipVerification === true) throw misconfigured("tlsConfig.insecureSkipVerification is not built: certificates are always verified");
};

const urlOf = (exchange: Exchange, request: IntegrationRequest): URL => {
  const text = integrationUri(exchange, request);
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw misconfigured(`Execution failed due to configuration error: Invalid endpoint address: ${text}`);
  return new URL(text);
};

const headersOf = ({ headers }: IntegrationRequest, exchange: Exchange): Record<string, string | string[]> => {
  const given = Object.fromEntries([...headers].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]));
  return {
    "user-agent": `AmazonAPIGateway_${exchange.serving.compiled.apiId}`, accept: "application/json", "content-type": "application/json", ...given,
    "x-amzn-apigateway-api-id": exchange.serving.compiled.apiId, "x-amzn-trace-id": formatTraceHeader(exchange.trace),
  };
};

const tooLarge = (): GatewayFailure => new GatewayFailure("INTEGRATION_FAILURE", { reason: `Execution failed: the endpoint answers more than ${REST_PAYLOAD_BYTES_MAX} bytes` });

/** By name, all values of each. */
const answerHeaders = (rawHeaders: readonly string[]): Record<string, string[]> => {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) (headers[rawHeaders[index]!.toLowerCase()] ??= []).push(rawHeaders[index + 1]!);
  return headers;
};

/** HTTP and HTTP_PROXY: an endpoint anywhere, its answer mapped or handed on. */
export const createHttpIntegrations = ({ wall }: { wall: Clock }) => {
  const sent = async (exchange: Exchange, request: IntegrationRequest): Promise<{ incoming: Incoming; hurry: AbortController }> => {
    const integration = exchange.method!.methodIntegration!;
    checkBuilt(integration);
    const url = urlOf(exchange, request);
    exchange.log(() => `Endpoint request URI: ${url.href}`);
    const method = integration.httpMethod === undefined || integration.httpMethod === "ANY" ? exchange.request.method : integration.httpMethod;
    const hurry = new AbortController();
    const body = request.body.length === 0 ? undefined : request.body;
    const headers = { ...headersOf(request, exchange), ...(body === undefined ? {} : { "content-length": String(body.length) }) };
    const answered = send({ url, method, headers, body, signal: hurry.signal }).catch((error: unknown) => {
      throw new GatewayFailure("INTEGRATION_FAILURE", { reason: `Execution failed due to a network error communicating with endpoint: ${error instanceof Error ? error.message : String(error)}` });
    });
    const incoming = await withinDeadline(answered, timeoutOf(integration), wall, () => hurry.abort());
    exchange.integration = { ...exchange.integration, status: incoming.status };
    return { incoming, hurry };
  };

  const whole = async (exchange: Exchange, request: IntegrationRequest): Promise<IntegrationAnswer> => {
    const { incoming, hurry } = await sent(exchange, request);
    const body = await withinDeadline(gather(incoming.body, REST_PAYLOAD_BYTES_MAX, tooLarge), timeoutOf(exchange.method!.methodIntegration!), wall, () => hurry.abort());
    exchange.log(() => `Endpoint response body before transformations: ${body.toString("utf8")}`);
    return { status: incoming.status, headers: answerHeaders(incoming.rawHeaders), body };
  };

  return {
    async mapped(exchange: Exchange): Promise<WireResponse> {
      const answer = await whole(exchange, await mapRequest(exchange));
      const isBinary = exchange.serving.compiled.binaryTypes.has(answer.headers["content-type"]?.[0]);
      return mapResponse(exchange, answer, String(answer.status), isBinary);
    },
    async proxy(exchange: Exchange): Promise<WireResponse> {
      const request = passthroughRequest(exchange, [...headerFields(exchange.request)], sourceIp(exchange.request));
      if (exchange.method!.methodIntegration!.responseTransferMode === "STREAM") {
        const { incoming } = await sent(exchange, request);
        return { status: incoming.status, headers: proxyHeaders(undefined, answerHeaders(incoming.rawHeaders)), body: incoming.body };
      }
      const { status, headers, body } = await whole(exchange, request);
      return { status, headers: proxyHeaders(undefined, headers), body };
    },
  };
};
