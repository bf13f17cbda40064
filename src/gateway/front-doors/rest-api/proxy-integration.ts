import type { WireResponse } from "../../../protocol/http.ts";
import { eventV1 } from "../event-v1.ts";
import { requestContext } from "./context-variables.ts";
import type { Exchange } from "./exchange.ts";
import { malformed } from "./gateway-failure.ts";
import type { InvokeFunction } from "./lambda-integration.ts";
import { readSource } from "./mapping.ts";
import { proxyAnswer } from "./proxy-answer.ts";

const orNull = <T extends object>(value: T): T | null => (Object.keys(value).length === 0 ? null : value);

/** The event that a function behind a proxy integration is given. */
export const proxyEvent = (exchange: Exchange): Buffer => {
  const { serving, request, resource, body } = exchange;
  const isBinary = body.length > 0 && serving.compiled.binaryTypes.has(request.headers["content-type"]);
  return Buffer.from(
    JSON.stringify(
      eventV1({
        resource: resource!.path,
        path: exchange.eventPath,
        httpMethod: request.method,
        headers: exchange.headers,
        query: exchange.query,
        pathParameters: orNull(exchange.pathParameters),
        stageVariables: orNull(serving.variables),
        requestContext: requestContext(exchange),
        body: body.length === 0 ? null : body.toString(isBinary ? "base64" : "utf8"),
        isBase64Encoded: isBinary,
      }),
    ),
  );
};

/** Of all headers that could be mapped, a proxy integration with Lambda takes this one. */
export const tenantOf = (exchange: Exchange): { tenantId?: string } => {
  const parameters = exchange.method!.methodIntegration!.requestParameters ?? {};
  const source = Object.entries(parameters).find(([target]) => target.toLowerCase() === "integration.request.header.x-amz-tenant-id")?.[1];
  const value = source === undefined ? undefined : readSource(source, exchange);
  return typeof value === "string" ? { tenantId: value } : {};
};

/** AWS_PROXY: the whole request as an event, and what the function gives as the answer. */
export const createProxyIntegration = ({ invoke }: Pick<InvokeFunction, "invoke">) => async (exchange: Exchange): Promise<WireResponse> => {
  const payload = proxyEvent(exchange);
  exchange.log(() => `Endpoint request body after transformations: ${payload.toString("utf8")}`);
  const answer = await invoke(exchange, { payload, ...tenantOf(exchange) });
  exchange.integration = { ...exchange.integration, status: answer.status };
  exchange.log(() => `Endpoint response body before transformations: ${answer.payload.toString("utf8")}`);
  if (answer.isError) throw malformed("Lambda execution failed with status 200 due to customer function error");
  return proxyAnswer(answer.payload, { accept: exchange.request.headers["accept"], binaryTypes: exchange.serving.compiled.binaryTypes });
};
