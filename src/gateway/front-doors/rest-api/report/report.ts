import type { WireResponse } from "../../../../protocol/http.ts";
import type { ApiRoles } from "../../integrated-function.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { Exchange } from "../exchange.ts";
import { createCloudWatch } from "./cloudwatch.ts";
import { createCount } from "./metrics.ts";

async function* counted(source: AsyncIterable<Uint8Array>, done: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  } finally {
    done(bytes);
  }
}

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
    const { status, body } = response;
    record(exchange, status);
    const tell = (bytes: number): void => {
      const answered = { status, bytes, latencyMs: Math.round(clock.monotonic() - exchange.startedMonotonic) };
      count(exchange, answered);
      cloudWatch.access(exchange, answered);
      cloudWatch.execution(exchange, lines);
    };
    if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)) return { ...response, body: counted(body, tell) };
    tell(body === undefined ? 0 : Buffer.byteLength(body));
    return response;
  };
};
