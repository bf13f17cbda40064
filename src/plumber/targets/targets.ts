import type { Arn } from "../../kit/arn.ts";
import type { Call, CallOptions } from "../../kit/call.ts";
import type { Caller } from "../../kit/caller.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Trace } from "../../kit/ledger.ts";
import type { Due } from "../delivery-rows.ts";
import { TargetError, type Delivery, type MessageAttribute } from "../delivery.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { SendToApiDestination } from "./api-destination.ts";
import { sendToHttp } from "./http.ts";
import { sendToLogGroup } from "./log-group.ts";
import { callOperation, parseOperation } from "./operation.ts";

/** One delivery, at the moment of one try. */
export interface Sending {
  delivery: Delivery & Pick<Due, "isFresh">;
  arn: Arn;
  as: Caller;
  trace: Trace;
  /** A turn that its target gives it after this is no use to it: platform time, milliseconds. */
  latestTurnAt?: number;
}

export interface TargetNeeds {
  call: Call;
  clock: Clock;
  sendToApiDestination: SendToApiDestination;
}

/** Rejects with ApiError as the target's service refuses it, or with TargetError. */
export type SendTo = (sending: Sending) => Promise<unknown>;

const present = <T extends Record<string, unknown>>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;

const attributesOf = (attributes: Record<string, MessageAttribute> | undefined) =>
  attributes && Object.fromEntries(Object.entries(attributes).map(([name, { BinaryValue, ...rest }]) => [name, BinaryValue === undefined ? rest : { ...rest, BinaryValue: Buffer.from(BinaryValue, "base64") }]));

const at = ({ delivery, arn, as, trace }: Sending): CallOptions => ({ as, account: arn.account, region: arn.region, requestId: delivery.id, trace });

/** The targets there are, by the service of their ARN. */
export const createTargets = (needs: TargetNeeds): ReadonlyMap<string, SendTo> => {
  const { call, sendToApiDestination } = needs;
  const targets: Record<string, SendTo> = {
    lambda: (sending) => {
      const { targetArn, payload, tenantId, isFresh } = sending.delivery;
      return call("lambda", "Invoke", { FunctionName: targetArn, InvocationType: "Event", Payload: Buffer.from(payload), ...present({ TenantId: tenantId }) }, { ...at(sending), ...(isFresh === true ? { isKept: true } : {}) });
    },
    s3: ({ delivery, arn, as, trace }) =>
      call("s3", "PutObject", { Bucket: arn.resource, Key: delivery.objectKey ?? delivery.id, Body: Buffer.from(delivery.payload), ContentType: "application/json" }, { as, region: delivery.region, requestId: delivery.id, trace }),
    sqs: (sending) => {
      const { payload, messageAttributes, messageGroupId, messageDeduplicationId } = sending.delivery;
      const beside = present({ MessageAttributes: attributesOf(messageAttributes), MessageGroupId: messageGroupId, MessageDeduplicationId: messageDeduplicationId });
      return call("sqs", "SendMessage", { QueueUrl: queueUrlOf(sending.arn), MessageBody: payload, ...beside }, at(sending));
    },
    // HTTP endpoints are subscriptions of topics; everything else of SNS that events go to is a topic.
    sns: (sending) => {
      const { targetArn, payload, messageAttributes, messageGroupId, messageDeduplicationId, subject, http } = sending.delivery;
      if (http !== undefined) return sendToHttp(sending.delivery, http);
      const beside = present({ MessageAttributes: attributesOf(messageAttributes), MessageGroupId: messageGroupId, MessageDeduplicationId: messageDeduplicationId, Subject: subject });
      return call("sns", "Publish", { TopicArn: targetArn, Message: payload, ...beside }, at(sending));
    },
    logs: (sending) => sendToLogGroup(needs, sending, at(sending)),
    // A universal target of EventBridge Scheduler: an operation of any service, in the region of the schedule.
    scheduler: async ({ delivery, arn, as, trace }) => {
      const named = parseOperation(arn.resource);
      if (named === undefined) throw new TargetError("gone", "ValidationException", `${delivery.targetArn} names no operation`);
      return callOperation(call, named, delivery.payload, { as, region: delivery.region, requestId: delivery.id, trace });
    },
    events: async (sending) => {
      if (sending.arn.resource.startsWith("api-destination/")) return sendToApiDestination(sending);
      const { targetArn, payload, entry, isForwarded } = sending.delivery;
      const { source, detailType, resources, time } = entry ?? { source: "", detailType: "" };
      const own = present({ Source: source, DetailType: detailType, Resources: resources, Time: time === undefined ? undefined : new Date(time) });
      const { Entries } = await call("events", "PutEvents", { Entries: [{ EventBusName: targetArn, Detail: isForwarded === true ? "{}" : payload, ...own }] }, { ...at(sending), ...(isForwarded === true ? { forwardedEvent: payload } : {}) });
      const { ErrorCode: code, ErrorMessage: message } = Entries?.[0] ?? {};
      if (code !== undefined) throw new TargetError(code === "ThrottlingException" || code === "InternalFailure" ? "failed" : code === "AccessDeniedException" ? "refused" : "gone", code, message ?? code);
    },
  };
  return new Map(Object.entries(targets));
};
