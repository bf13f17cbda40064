import type { WireResponse } from "../../../protocol/http.ts";
import { parseJson } from "../parse-json.ts";
import type { Exchange } from "./exchange.ts";
import { misconfigured } from "./gateway-failure.ts";
import { mapRequest } from "./integration-request.ts";
import { mapResponse } from "./integration-response.ts";
import type { InvokeFunction } from "./lambda-integration.ts";
import { tenantOf } from "./proxy-integration.ts";

const member = (value: unknown, name: string): unknown => (typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);

/** AWS with a function: what the request template makes of the request is the event, and the response template makes the answer of what comes back. */
export const createFunctionIntegration = ({ invoke }: Pick<InvokeFunction, "invoke">) => async (exchange: Exchange): Promise<WireResponse> => {
  const request = await mapRequest(exchange);
  const isEvent = request.headers.get("x-amz-invocation-type")?.at(-1) === "Event";
  const answer = await invoke(exchange, { payload: request.body, isEvent, ...tenantOf(exchange) });
  exchange.integration = { ...exchange.integration, status: answer.status };
  exchange.log(() => `Endpoint response body before transformations: ${answer.payload.toString("utf8")}`);
  const message = answer.isError ? String(member(parseJson(answer.payload.toString("utf8")), "errorMessage") ?? "") : undefined;
  if (message !== undefined) exchange.integration.error = message;
  return mapResponse(exchange, { status: answer.status, headers: { "content-type": "application/json" }, body: answer.payload }, message, false);
};

/** MOCK: the request template says which status is answered. */
export const mockIntegration = async (exchange: Exchange): Promise<WireResponse> => {
  const { body } = await mapRequest(exchange);
  const status = Number(member(parseJson(body.toString("utf8")), "statusCode"));
  if (!Number.isInteger(status)) throw misconfigured("Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.");
  exchange.integration = { ...exchange.integration, status };
  return mapResponse(exchange, { status, headers: {}, body: Buffer.alloc(0) }, String(status), false);
};
