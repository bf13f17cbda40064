import { createAccessLog } from "../access-log.ts";
import { contextVariable } from "../context-variable.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { contextVariables, nameOf } from "./context-variables.ts";
import type { Refused } from "./refusals.ts";
import { createSocketMetrics } from "./socket-metrics.ts";
import type { Turn } from "./turn.ts";

export interface Outcome {
  /** As of a handshake, and as the access log tells it of a message. */
  status: number;
  /** Sent to the client. */
  bytes?: number;
  refused?: Refused | undefined;
}

/** What is told of each turn: the ledger's entry, metrics, the access log. */
export const createReport = ({ ledger, metrics, logs, random, wall }: Pick<FrontDoorNeeds, "ledger" | "metrics" | "logs" | "random" | "wall">) => {
  const writeAccessLog = createAccessLog({ logs, random });
  const counters = createSocketMetrics(metrics);

  const record = (turn: Turn, { status, refused }: Outcome): void => {
    const { served: { api, stage }, trace, requestId, connection, route } = turn;
    ledger.record({
      traceId: trace.id, kind: "request", account: api.account, region: api.region, keys: [requestId, connection.id, api.apiId],
      summary: `${nameOf(turn)} of the WebSocket API ${api.apiId} is ${refused === undefined ? `answered: ${status}` : `refused: ${refused.message}`}`,
      detail: { stage: stage.StageName, connectionId: connection.id, routeKey: route?.RouteKey, status, ...(refused === undefined ? {} : { kind: refused.kind, message: refused.message }) },
    });
  };

  return {
    turn(turn: Turn, outcome: Outcome): void {
      const { status, bytes = 0, refused } = outcome;
      if (refused !== undefined) turn.findings.errorMessage ??= refused.text;
      record(turn, outcome);
      counters.turn(turn, refused);
      const answered = { status, bytes, latencyMs: Math.round(wall.monotonic() - turn.beganAt) };
      writeAccessLog(turn.served, turn.now, (name) => contextVariable(contextVariables(turn, answered), name));
    },
    sent: counters.sent,
  };
};

export type Report = ReturnType<typeof createReport>;
