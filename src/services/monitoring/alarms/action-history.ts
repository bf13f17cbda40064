import type { Clock } from "../../../kit/clock.ts";
import type { Log } from "../../../kit/log.ts";
import { parseArn } from "../../../kit/arn.ts";
import type { Delivery } from "../../../plumber/delivery.ts";
import type { TellStatus } from "../../../plumber/delivery-status.ts";
import type { Store } from "../../../store/store.ts";
import { appendHistory } from "./alarm-history.ts";

interface Needs {
  history: Store;
  clock: Clock;
  log: Log;
}

const isTopic = ({ targetArn }: Delivery): boolean => parseArn(targetArn)?.service === "sns";

const errorOf = (delivery: Delivery, { kind, message }: { kind: string; message: string }): string =>
  kind === "refused" && isTopic(delivery) ? `CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: ${delivery.targetArn} because no resource-based policy allows the SNS:Publish action` : message;

/** A topic gets texts for several protocols from AWS; those that are the same here are told. */
const publishedMessage = (delivery: Delivery): string | null => (isTopic(delivery) ? JSON.stringify({ default: delivery.payload, sms: delivery.subject }) : null);

/** Writes down in an alarm's history what became of its actions, as AWS does: when their target has taken them, or has not. Nobody waits for it. */
export const createActionHistory = ({ history, clock, log }: Needs): TellStatus => (delivery, outcome) => {
  if (delivery.alarmAction === undefined) return;
  const { as, region, targetArn, alarmAction } = delivery;
  const error = outcome.kind === "delivered" ? null : errorOf(delivery, outcome);
  const item = {
    account: as.account, region, name: alarmAction.alarm, at: clock.now(), type: "Action" as const,
    summary: error === null ? `Successfully executed action ${targetArn}` : `Failed to execute action ${targetArn}. Received error: "${error}"`,
    data: { actionState: error === null ? "Succeeded" : "Failed", stateUpdateTimestamp: alarmAction.changedAt, notificationResource: targetArn, publishedMessage: publishedMessage(delivery), error },
  };
  history.run(() => appendHistory([item], clock.now()), "behind").catch((failure: unknown) => log.warn("an action of an alarm could not be written to its history", { error: String(failure) }));
};
