import type { WireResponse } from "../../../../protocol/http.ts";
import { tellSize } from "../../answer-size.ts";
import type { ApiRoles } from "../../integrated-function.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { Exchange } from "../exchange.ts";
import { createCloudWatch } from "./cloudwatch.ts";
import { createCount } from "./metrics.ts";

export interface LogLine {
  timestamp: number;
  message: string;
}

/** What is told of each request: the ledger's entry, metrics, the logs. */
export const createReport = (needs: FrontDoorNeeds & { roles: ApiRoles }) => {
  const { ledger, metrics, clock } = needs;
  const count = createCount(metrics);
  const cloudWatch = createCloudWatch(needs);

  const record = ({ serving: { compiled, stage }, request, trace, requestId, path, resource, failure }: Exchange, status: number): void =>
    ledger.record({
      traceId: trace.id, kind: "request", account: compiled.account, region: compiled.region, keys: [requestId, compiled.apiId],
      summary: `${request.method} ${path} of the REST API ${compiled.apiId} is ${failure === undefined ? `answered: ${status}` : `refused: ${failure.message}`}`,
      detail: { stage, resource: resource?.path, status, ...(failure === undefined ? {} : { type: failure.type, message: failure.message }) },
    });

  return (exchange: Exchange, response: WireResponse, lines: readonly LogLine[]): WireResponse => {
    const { status } = response;
    record(exchange, status);
    return tellSize(response, (bytes) => {
      const answered = { status, bytes, latencyMs: Math.round(clock.monotonic() - exchange.startedMonotonic) };
      count(exchange, answered);
      cloudWatch.access(exchange, answered);
      cloudWatch.execution(exchange, lines);
    });
  };
};
