import type { WireResponse } from "../../../protocol/http.ts";
import { isRecord } from "../parse-json.ts";
import { begun, bytesOf, FunctionFailed } from "../function-stream.ts";
import { PRELUDE_TYPE, splitPrelude } from "../prelude.ts";
import { timeoutOf } from "./deadline.ts";
import type { Exchange } from "./exchange.ts";
import { malformed } from "./gateway-failure.ts";
import type { InvokeFunction } from "./lambda-integration.ts";
import { proxyEvent, tenantOf } from "./proxy-integration.ts";
import { proxyHeaders, statusOf } from "./proxy-answer.ts";

/** Ends what lasts longer than the integration may. The connection ends with it, so that no client takes a part for the whole. */
async function* untilDeadline(source: AsyncIterable<Uint8Array>, ends: number, now: () => number): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (now() > ends) throw new Error("the integration has streamed for longer than it may");
    yield chunk;
  }
}

/** AWS_PROXY with `responseTransferMode` STREAM: what the function writes is sent as it writes it. Source: "Stream the integration response for your proxy integrations". */
export const createStreamedIntegration = ({ stream }: Pick<InvokeFunction, "stream">, now: () => number) => async (exchange: Exchange): Promise<WireResponse> => {
  const ends = now() + timeoutOf(exchange.method!.methodIntegration!);
  const { EventStream, ResponseStreamContentType } = await stream(exchange, { payload: proxyEvent(exchange), ...tenantOf(exchange) });
  exchange.integration = { ...exchange.integration, status: 200 };
  try {
    const bytes = untilDeadline(bytesOf(EventStream!), ends, now);
    if (ResponseStreamContentType !== PRELUDE_TYPE) return { status: 200, headers: { "content-type": ResponseStreamContentType ?? "application/json" }, body: await begun(bytes) };
    const split = await splitPrelude(bytes);
    if (!isRecord(split?.prelude)) throw malformed("Malformed Lambda proxy response: what the function streams does not begin with its status and headers");
    const { statusCode, headers: single, multiValueHeaders, cookies } = split.prelude;
    const headers = proxyHeaders(single, multiValueHeaders);
    if (Array.isArray(cookies) && cookies.length > 0) Object.assign(headers, proxyHeaders(undefined, { "set-cookie": [headers["set-cookie"] ?? [], cookies].flat() }));
    headers["content-type"] ??= "application/json";
    return { status: statusOf(statusCode), headers, body: split.body };
  } catch (error) {
    if (error instanceof FunctionFailed) throw malformed("Lambda execution failed with status 200 due to customer function error");
    throw error;
  }
};
