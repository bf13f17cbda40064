import { functionArn } from "../../../kit/arn.ts";
import { isApiError } from "../../../kit/api-error.ts";
import { anonymous, type Caller } from "../../../kit/caller.ts";
import { newTrace } from "../../../kit/ids.ts";
import type { Trace } from "../../../kit/ledger.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { formatTraceHeader, parseTraceHeader } from "../../../kit/trace-header.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import { LATEST } from "../../../services/lambda/configuration-rows.ts";
import { findFunctionUrlById, type FunctionUrlRecord } from "../../../services/lambda/urls/function-url-rows.ts";
import type { FrontDoorAddress } from "../address.ts";
import { answerV2, httpAnswerOf } from "../answer-v2.ts";
import { isRecord } from "../parse-json.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "../cors.ts";
import { eventV2 } from "../event-v2.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { sourceIp } from "../headers.ts";
import { iamMember } from "../iam-member.ts";
import { createKept } from "../kept.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { splitWhole } from "../prelude.ts";
import { BodyTooLarge, readBody } from "../request-body.ts";
import { createSignedCaller } from "../signed-caller.ts";
import { createUrlMetrics } from "./url-metrics.ts";
import { badGateway, forbidden, refusalOf, tooLarge } from "./refusals.ts";
import { streamedAnswer } from "./streamed-answer.ts";

/** One request on its way to the function. */
interface Passage {
  url: FunctionUrlRecord;
  caller: Caller;
  trace: Trace;
  requestId: string;
  request: GatewayRequest;
  payload: Buffer;
}

const ROUTE = "$default";
/** Of an answer that does not say. */
const CONTENT_TYPE = "application/json";

const arnOf = (url: FunctionUrlRecord): string => functionArn(url, url.name, url.qualifier === LATEST ? undefined : url.qualifier);

const authorizerOf = (caller: Caller): Record<string, unknown> | undefined => (caller.type === "anonymous" ? undefined : { iam: iamMember(caller) });

/** In the form without a name of its own it is told the name that it would have. */
const domainOf = (url: FunctionUrlRecord, { isByHost }: FrontDoorAddress, { headers }: GatewayRequest): string =>
  isByHost ? headers["host"]! : `${url.urlId}.lambda-url.${url.region}.${(headers["host"] ?? "localhost").replace(/^(\[.*\]|\d+(\.\d+){3})/, "localhost")}`;

/** A function that streams has put a prelude before its body, whoever asked. */
const wholeAnswer = (payload: Buffer): WireResponse | undefined => {
  const split = splitWhole(payload);
  if (split === undefined) return answerV2(payload, { defaultContentType: CONTENT_TYPE });
  const answer = isRecord(split.prelude) ? httpAnswerOf(split.prelude, CONTENT_TYPE) : undefined;
  return answer && { ...answer, body: split.body };
};

/** HTTP in, the function's event, the function's answer, HTTP out. */
export const createFunctionUrls = (needs: FrontDoorNeeds) => {
  const { call, clock, random } = needs;
  const find = createKept(needs.store, ["lambda_function_url"], findFunctionUrlById);
  const signedCaller = createSignedCaller(needs, "lambda");
  const count = createUrlMetrics(needs);

  const eventOf = (address: FrontDoorAddress, body: Buffer, { url, caller, trace, requestId, request }: Omit<Passage, "payload">): Buffer => {
    const authorizer = authorizerOf(caller);
    return eventV2({
      request, body, requestId, rawPath: address.path, apiId: url.urlId, accountId: caller.account, domainName: domainOf(url, address, request), routeKey: ROUTE, stage: ROUTE,
      traceHeader: formatTraceHeader(trace), now: clock.now(), ...(authorizer === undefined ? {} : { authorizer }),
    });
  };

  const invoke = async ({ url, caller, trace, requestId, request, payload }: Passage): Promise<WireResponse> => {
    const input = { FunctionName: arnOf(url), Payload: payload };
    const functionUrl = { authType: url.authType, source: { ip: sourceIp(request), userAgent: request.headers["user-agent"] ?? "" } };
    const options = { as: caller, account: url.account, region: url.region, trace, requestId, functionUrl };
    if (url.invokeMode === "RESPONSE_STREAM") return streamedAnswer(await call("lambda", "InvokeWithResponseStream", input, { ...options, signal: request.departure.signal }));
    const { Payload, FunctionError } = await call("lambda", "Invoke", input, options);
    if (FunctionError !== undefined || Payload === undefined) return badGateway();
    return wholeAnswer(Buffer.from(Payload)) ?? badGateway();
  };

  const answer = async (url: FunctionUrlRecord, address: FrontDoorAddress, request: GatewayRequest, requestId: string): Promise<WireResponse> => {
    if (url.cors !== undefined && isPreflight(request.method, request.headers)) return { status: 200, headers: preflightHeaders(url.cors, request.headers), body: "" };
    const trace = parseTraceHeader(request.headers["x-amzn-trace-id"]) ?? newTrace(random, clock.now());
    try {
      const body = await readBody(request, SYNC_PAYLOAD_BYTES_MAX);
      const caller = url.authType === "NONE" ? anonymous : await signedCaller(request, body, url.region);
      if (caller === undefined) return forbidden();
      const passage = { url, caller, trace, requestId, request };
      const response = await invoke({ ...passage, payload: eventOf(address, body, passage) });
      response.headers["x-amzn-trace-id"] ??= formatTraceHeader(trace);
      return url.cors === undefined ? response : { ...response, headers: { ...response.headers, ...corsHeaders(url.cors, request.headers) } };
    } catch (error) {
      if (error instanceof BodyTooLarge) return tooLarge();
      if (isApiError(error)) return refusalOf(error);
      throw error;
    }
  };

  return async (address: FrontDoorAddress, request: GatewayRequest): Promise<WireResponse> => {
    const url = await find(address.id);
    const requestId = random.uuid();
    const began = needs.wall.monotonic();
    const response = url === undefined ? forbidden() : await answer(url, address, request, requestId);
    if (url !== undefined) count(url, response.status, needs.wall.monotonic() - began);
    response.headers["x-amzn-requestid"] ??= requestId;
    return response;
  };
};
