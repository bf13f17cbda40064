import { apiRequestId, newTrace } from "../../../kit/ids.ts";
import { parseTraceHeader, formatTraceHeader } from "../../../kit/trace-header.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { headersV1, queryV1 } from "../event-v1.ts";
import { sourceIp } from "../headers.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import type { Serving } from "./compile.ts";
import type { Exchange } from "./exchange.ts";

export interface GivenExchange {
  serving: Serving;
  request: GatewayRequest;
  path: string;
  eventPath: string;
  fullPath: string;
  domainName: string;
  log: Exchange["log"];
}

export const newExchange = ({ random, clock }: Pick<FrontDoorNeeds, "random" | "clock">, given: GivenExchange): Exchange => {
  const { request } = given;
  const trace = parseTraceHeader(request.headers["x-amzn-trace-id"]) ?? newTrace(random, clock.now());
  return {
    ...given,
    requestId: random.uuid(),
    extendedRequestId: apiRequestId(random),
    trace,
    startedAt: clock.now(),
    startedMonotonic: clock.monotonic(),
    headers: headersV1(request, formatTraceHeader(trace)),
    query: queryV1(request.query),
    identity: { sourceIp: sourceIp(request), userAgent: request.headers["user-agent"] ?? null },
    pathParameters: {},
    body: Buffer.alloc(0),
  };
};
