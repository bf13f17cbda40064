import { isApiError } from "../../../kit/api-error.ts";
import { REST_PAYLOAD_BYTES_MAX } from "../../../kit/limits/apis.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import { createDispatch, type GatewayRequest } from "../../dispatch.ts";
import { canonicalRequest, createSigningKeys, scopeOf, sha256Hex, sign, stringToSign } from "../../sigv4.ts";
import type { RoleSession } from "../../../plumber/roles.ts";
import type { ApiRoles } from "../integrated-function.ts";
import { gather } from "../gather.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { timeoutOf, withinDeadline } from "./deadline.ts";
import type { Exchange } from "./exchange.ts";
import { GatewayFailure, misconfigured } from "./gateway-failure.ts";
import { integrationUri, mapRequest, type IntegrationRequest } from "./integration-request.ts";
import { mapResponse } from "./integration-response.ts";
import type { IntegrationAnswer } from "./mapping.ts";

/** `arn:aws:apigateway:<region>:[<subdomain>.]<service>:path/<path>`, or `action/<Action>`. */
const URI = /^arn:aws[\w-]*:apigateway:([a-z0-9-]+):(?:([\w.-]+)\.)?([a-z0-9-]+):(path|action)\/([^?]*)(?:\?(.*))?$/s;

interface Target {
  region: string;
  service: string;
  host: string;
  path: string;
  query: string;
}

const targetOf = (exchange: Exchange, request: IntegrationRequest): Target => {
  const text = integrationUri(exchange, request);
  const [, region, subdomain, service, kind, rest, query = ""] = URI.exec(text) ?? [];
  if (region === undefined) throw misconfigured(`Execution failed due to configuration error: Invalid endpoint address: ${text}`);
  const host = `${subdomain === undefined ? "" : `${subdomain}.`}${service!}.${region}.amazonaws.com`;
  // An action that is no word of the query protocol is one of JSON's, which the request's own headers name.
  const action = kind === "action" ? [`Action=${encodeURIComponent(rest!)}`, query].filter((one) => one !== "").join("&") : query;
  return { region, service: service!, host, path: kind === "path" ? `/${rest!.replace(/^\//, "")}` : "/", query: action };
};

const never = new AbortController().signal;

const tooLarge = (): GatewayFailure => new GatewayFailure("INTEGRATION_FAILURE", { reason: `Execution failed: the service answers more than ${REST_PAYLOAD_BYTES_MAX} bytes` });

const wholeOf = async (body: WireResponse["body"] = ""): Promise<Buffer> => (typeof body === "string" || body instanceof Uint8Array ? Buffer.from(body as string) : gather(body, REST_PAYLOAD_BYTES_MAX, tooLarge));

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * AWS with a service of this server: a request of that service's own protocol, signed with the integration's role as API Gateway signs it, and given to the same pipeline
 * that every other request takes. What is not built there says so by its name.
 */
export const createServiceIntegration = (needs: FrontDoorNeeds & { roles: ApiRoles }) => {
  const dispatch = createDispatch(needs);
  const signingKey = createSigningKeys();

  const signed = (target: Target, method: string, given: IntegrationRequest, session: RoleSession): Record<string, string> => {
    const timestamp = new Date(needs.wall.now()).toISOString().replace(/[-:]|\.\d{3}/g, "");
    const payloadHash = sha256Hex(given.body);
    const headers: Record<string, string> = {
      ...Object.fromEntries([...given.headers].map(([name, values]) => [name, values.join(", ")])),
      host: target.host, "x-amz-date": timestamp, "x-amz-security-token": session.sessionToken, "x-amz-content-sha256": payloadHash, ...(given.body.length === 0 ? {} : { "content-length": String(given.body.length) }),
    };
    const signedHeaders = Object.keys(headers).filter((name) => name === "host" || name === "content-type" || name.startsWith("x-amz-")).toSorted();
    const scope = { accessKeyId: session.accessKeyId, date: timestamp.slice(0, 8), region: target.region, service: target.service, signedHeaders, signature: "", timestamp };
    const canonical = canonicalRequest({ method, path: target.path, query: target.query, headers, signedHeaders, payloadHash, isS3: target.service === "s3" });
    const signature = sign(signingKey(session.secretAccessKey, scope), stringToSign(scope, canonical));
    return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${session.accessKeyId}/${scopeOf(scope)}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}` };
  };

  const ask = async (exchange: Exchange, target: Target, given: IntegrationRequest): Promise<IntegrationAnswer> => {
    const { httpMethod, credentials } = exchange.method!.methodIntegration!;
    if (credentials === undefined || credentials === "" || !credentials.includes(":role/")) throw misconfigured("Execution failed due to configuration error: an integration with an AWS service needs the ARN of a role as its credentials");
    const session = await needs.roles(exchange.serving.compiled, credentials).catch((error: unknown) => {
      throw isApiError(error) ? misconfigured(`Execution failed due to configuration error: API Gateway cannot assume ${credentials}: ${error.message}`) : error;
    });
    const method = httpMethod ?? exchange.request.method;
    const headers = signed(target, method, given, session);
    const request: GatewayRequest = {
      method, path: target.path, query: target.query, headers, rawHeaders: Object.entries(headers).flat(), host: target.host, body: once(given.body), endpoint: exchange.request.endpoint, ip: "127.0.0.1", departure: { signal: never, hasGone: false },
    };
    const { status, headers: answered, body } = await dispatch(request);
    return { status, headers: answered, body: await wholeOf(body) };
  };

  return async (exchange: Exchange): Promise<WireResponse> => {
    const request = await mapRequest(exchange);
    const target = targetOf(exchange, request);
    request.headers.set("content-type", request.headers.get("content-type") ?? ["application/json"]);
    exchange.log(() => `Endpoint request URI: https://${target.host}${target.path}${target.query === "" ? "" : `?${target.query}`}`);
    const answer = await withinDeadline(ask(exchange, target, request), timeoutOf(exchange.method!.methodIntegration!), needs.wall);
    exchange.integration = { ...exchange.integration, status: answer.status };
    exchange.log(() => `Endpoint response body before transformations: ${answer.body.toString("utf8")}`);
    return mapResponse(exchange, answer, String(answer.status), exchange.serving.compiled.binaryTypes.has([answer.headers["content-type"] ?? ""].flat()[0]));
  };
};
