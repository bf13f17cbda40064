import type { WireResponse } from "../../../protocol/http.ts";
import { createAccessLog } from "../access-log.ts";
import { tellSize } from "../answer-size.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { contextVariable, type Answered } from "./context-variables.ts";
import type { Passage } from "./passage.ts";
import type { Refused } from "./refusals.ts";
import { createStageMetrics } from "./stage-metrics.ts";

/** What is told of each request: the ledger's entry, metrics, the access log. */
export const createReport = ({ ledger, metrics, logs, random, wall }: Pick<FrontDoorNeeds, "ledger" | "metrics" | "logs" | "random" | "wall">) => {
  const writeAccessLog = createAccessLog({ logs, random });
  const count = createStageMetrics(metrics);

  const tell = (passage: Passage, status: number, bytes: number): void => {
    const latencyMs = Math.round(wall.monotonic() - passage.beganAt);
    const answered: Answered = { status, bytes, latencyMs, processed: bytes + Number(passage.request.headers["content-length"] ?? 0) };
    count(passage, answered);
    writeAccessLog(passage.served, passage.now, (name) => contextVariable(passage, name, answered));
  };

  const record = ({ served: { api, stage }, request, trace, requestId, askedPath, route }: Passage, summary: string, detail: Record<string, unknown>): void =>
    ledger.record({
      traceId: trace.id, kind: "request", account: api.account, region: api.region, keys: [requestId, api.apiId],
      summary: `${request.method} ${askedPath} of the HTTP API ${api.apiId} ${summary}`, detail: { stage: stage.StageName, routeKey: route?.RouteKey, ...detail },
    });

  return {
    /** The answer, which is told of when it has left. */
    answered(passage: Passage, response: WireResponse): WireResponse {
      const { status } = response;
      if (passage.findings.errorMessage === undefined) record(passage, `is answered: ${status}`, { status });
      return tellSize(response, (bytes) => tell(passage, status, bytes));
    },
    refused(passage: Passage, refused: Refused): void {
      record(passage, `is refused: ${refused.message}`, { kind: refused.kind, message: refused.message });
    },
  };
};
