import type { WireResponse } from "../../../protocol/http.ts";
import type { ApiRoles } from "../integrated-function.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import type { Exchange } from "./exchange.ts";
import { misconfigured } from "./gateway-failure.ts";
import { createHttpIntegrations } from "./http-integration.ts";
import { createInvokeFunction } from "./lambda-integration.ts";
import { createFunctionIntegration, mockIntegration } from "./mapped-integrations.ts";
import { createProxyIntegration } from "./proxy-integration.ts";
import { createServiceIntegration } from "./service-integration.ts";
import { createStreamedIntegration } from "./streamed-integration.ts";

const isFunctionUri = (uri: string): boolean => /:apigateway:[^:]*:lambda:path\//.test(uri) || uri.startsWith("arn:aws:lambda:");

/** What stands behind a method, by its type. One that is not built is the API's fault, by its name. */
export const createIntegrate = (needs: FrontDoorNeeds & { roles: ApiRoles }) => {
  const invokeFunction = createInvokeFunction(needs);
  const proxy = createProxyIntegration(invokeFunction);
  const streamed = createStreamedIntegration(invokeFunction, needs.wall.now);
  const ofFunction = createFunctionIntegration(invokeFunction);
  const ofService = createServiceIntegration(needs);
  const http = createHttpIntegrations(needs);

  const run = (exchange: Exchange): Promise<WireResponse> => {
    const { type, uri = "", responseTransferMode } = exchange.method!.methodIntegration ?? {};
    switch (type) {
      case "AWS_PROXY": return responseTransferMode === "STREAM" || uri.endsWith("/response-streaming-invocations") ? streamed(exchange) : proxy(exchange);
      case "AWS": return isFunctionUri(uri) ? ofFunction(exchange) : ofService(exchange);
      case "MOCK": return mockIntegration(exchange);
      case "HTTP": return http.mapped(exchange);
      case "HTTP_PROXY": return http.proxy(exchange);
      default: throw misconfigured(`integrations of the type ${type ?? "none"} are not built`);
    }
  };

  return async (exchange: Exchange): Promise<WireResponse> => {
    const from = needs.clock.monotonic();
    try {
      return await run(exchange);
    } finally {
      exchange.integration = { ...exchange.integration, latencyMs: Math.round(needs.clock.monotonic() - from) };
    }
  };
};
