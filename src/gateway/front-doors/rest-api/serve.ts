import { isApiError } from "../../../kit/api-error.ts";
import { REST_PAYLOAD_BYTES_MAX } from "../../../kit/limits/apis.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import { PatternError } from "../bounded-pattern.ts";
import { createApiRoles } from "../integrated-function.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { readBody } from "../request-body.ts";
import { createAuthorization } from "./authorizers/authorize.ts";
import { compressed, decompressed } from "./compress.ts";
import { traceHeaderOf } from "./context-variables.ts";
import type { Exchange } from "./exchange.ts";
import { GatewayFailure, misconfigured } from "./gateway-failure.ts";
import { createExecutionLog, logRequest, logResponse } from "./execution-log.ts";
import { gatewayResponse } from "./gateway-responses.ts";
import { createIntegrate } from "./integrate.ts";
import { newExchange, type GivenExchange } from "./new-exchange.ts";
import { createReport, type LogLine } from "./report/report.ts";
import { findMethod } from "./resource-tree.ts";
import { createAdmission } from "./usage/admission.ts";
import { validateRequest } from "./validate-request.ts";

const tooLarge = (): Error => new GatewayFailure("REQUEST_TOO_LARGE");

/** Everything that is not the gateway's answer to a client is a fault in here, or the API's. */
const failureOf = (error: unknown, { log }: Pick<FrontDoorNeeds, "log">, { requestId }: Exchange): GatewayFailure => {
  if (error instanceof GatewayFailure) return error;
  if (error instanceof PatternError) return misconfigured(error.message);
  if (isApiError(error)) return misconfigured(`Execution failed: ${error.code}: ${error.message}`);
  log.error("a request to a REST API failed inside lambdad", { requestId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return misconfigured("Execution failed due to an internal error");
};

export interface Served {
  exchange: Exchange;
  response: WireResponse;
  lines: readonly LogLine[];
}

const isLogged = ({ serving }: Pick<GivenExchange, "serving">): boolean => serving.isTest || Object.values(serving.methodSettings).some(({ loggingLevel = "OFF" }) => loggingLevel !== "OFF");

/** find → read → authorize → admit → validate → integrate → compress; wherever it ends early, the gateway's own answer. */
export const createServe = (needs: FrontDoorNeeds) => {
  const withRoles = { ...needs, roles: createApiRoles(needs) };
  const authorize = createAuthorization(withRoles);
  const { admit } = createAdmission(needs);
  const integrate = createIntegrate(withRoles);
  const report = createReport(withRoles);

  const read = async (exchange: Exchange): Promise<void> => {
    const { request, serving: { compiled } } = exchange;
    const body = await readBody(request, REST_PAYLOAD_BYTES_MAX, tooLarge);
    exchange.body = await decompressed(body, request.headers["content-encoding"], compiled.api.minimumCompressionSize);
  };
  const find = (exchange: Exchange): void => {
    const found = findMethod(exchange.serving.compiled.tree, exchange.request.method, exchange.path);
    if (found === undefined) throw new GatewayFailure("MISSING_AUTHENTICATION_TOKEN");
    Object.assign(exchange, found);
  };
  const pass = async (exchange: Exchange): Promise<WireResponse> => {
    const { serving, request } = exchange;
    if (exchange.method === undefined) find(exchange);
    await read(exchange);
    logRequest(exchange);
    if (!serving.isTest) {
      await authorize(exchange);
      await admit(exchange);
    }
    await validateRequest(exchange);
    const response = await integrate(exchange);
    if (exchange.method!.methodIntegration!.type !== "MOCK") response.headers["x-amzn-trace-id"] ??= traceHeaderOf(exchange);
    return compressed(response, serving.compiled.api.minimumCompressionSize, request.headers["accept-encoding"]);
  };

  /** The answer to one request, whoever asks, and what there is to say of it. */
  const answer = async (given: Omit<GivenExchange, "log">, change: (exchange: Exchange) => void = () => {}): Promise<Served> => {
    const { lines, log } = createExecutionLog(isLogged(given), needs.clock.now);
    const exchange = newExchange(needs, { ...given, log });
    change(exchange);
    let response: WireResponse;
    try {
      response = await pass(exchange);
    } catch (error) {
      if (exchange.request.departure.hasGone) return { exchange, response: { status: 499, headers: {} }, lines };
      const failure = failureOf(error, needs, exchange);
      log(() => failure.message);
      response = gatewayResponse(exchange, failure);
    }
    response.headers["x-amzn-requestid"] = exchange.requestId;
    response.headers["x-amz-apigw-id"] = exchange.extendedRequestId;
    logResponse(exchange, response);
    return { exchange, response, lines };
  };

  return {
    answer,
    authorize,
    /** Of a request that came by the door. */
    async serve(given: Omit<GivenExchange, "log">): Promise<WireResponse> {
      const { exchange, response, lines } = await answer(given);
      return report(exchange, response, lines);
    },
  };
};
