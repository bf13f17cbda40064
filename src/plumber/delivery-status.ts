import type { LogDestination } from "../executor/executor.ts";
import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { Failure } from "./delivery.ts";
import type { Due } from "./delivery-rows.ts";
import { shownUrl } from "./outgoing.ts";
import { createServiceRoles } from "./roles.ts";

interface Needs {
  logs: LogDestination;
  call: Call;
  clock: Clock;
  /** The ends of roles' sessions go by it. */
  wall: Clock;
  random: Random;
  log: Log;
}

/** How a delivery ended. */
type Ended = { kind: "delivered" } | Failure;

const REQUEST_ID: Record<string, string> = { lambda: "lambdaRequestId", sqs: "sqsRequestId" };

const statusCodeOf = (outcome: Ended, service: string): number => {
  if (outcome.kind === "delivered") return service === "lambda" ? 202 : 200;
  const [, status] = /^HTTP_(\d{3})$/.exec(outcome.code) ?? [];
  return status !== undefined ? Number(status) : outcome.kind === "refused" ? 403 : outcome.kind === "gone" ? 404 : 500;
};

/** What became of a delivery, for those who want it in CloudWatch Logs. */
export type TellStatus = (delivery: Due, outcome: Ended) => void;

/**
 * "Amazon SNS message delivery status": one log event for each delivery that ended, in the group of those that arrived or of those that did not, written as the role that its topic names.
 * A role that may not write leaves none, which the server's log tells once.
 */
export const createDeliveryStatus = ({ logs, call, clock, wall, random, log }: Needs): TellStatus => {
  const roles = createServiceRoles({ call, wall, principal: "sns.amazonaws.com", sessionName: "sns" });
  const stream = random.uuid();
  const told = new Set<string>();

  const write = async (delivery: Due, outcome: Ended, role: string) => {
    const { statusLog, region, as, id, acceptedAt, attempts, http, targetArn } = delivery;
    const service = targetArn.split(":")[2]!;
    const { caller } = await roles({ account: as.account, region, ...(as.sourceArn === undefined ? {} : { sourceArn: as.sourceArn }) }, role);
    const isDelivered = outcome.kind === "delivered";
    const event = {
      notification: statusLog!.notification,
      delivery: {
        deliveryId: id,
        destination: http === undefined ? targetArn : shownUrl(http.url),
        providerResponse: isDelivered ? JSON.stringify(REQUEST_ID[service] === undefined ? {} : { [REQUEST_ID[service]]: id }) : JSON.stringify({ ErrorCode: outcome.code, ErrorMessage: outcome.message }),
        dwellTimeMs: clock.now() - acceptedAt,
        attempts: attempts + 1,
        statusCode: statusCodeOf(outcome, service),
      },
      status: isDelivered ? "SUCCESS" : "FAILURE",
    };
    const group = `${statusLog!.group}${isDelivered ? "" : "/Failure"}`;
    // What is too much at once waits in memory no longer than the log's own bound: nobody waits for it.
    void logs.write({ as: caller, region, group, stream, functionName: statusLog!.group, lines: [{ timestamp: clock.now(), message: JSON.stringify(event) }] });
  };

  return (delivery, outcome) => {
    const role = outcome.kind === "delivered" ? delivery.statusLog?.successRole : delivery.statusLog?.failureRole;
    if (role === undefined) return;
    write(delivery, outcome, role).catch((error: unknown) => {
      if (told.has(role)) return;
      told.add(role);
      log.warn(`the status of deliveries does not reach ${delivery.statusLog!.group}: ${error instanceof Error ? error.message : String(error)}`, { role });
    });
  };
};
