import { queueUrlOf } from "../../queue-url.ts";
import { parameterOf } from "../input-template.ts";
import { at, sentInPart, type SendTo } from "./shipment.ts";

/** Messages, each with its own group and deduplication id where a path leads to one. */
export const sendToQueue: SendTo = async ({ call }, shipment) => {
  const { MessageGroupId: group, MessageDeduplicationId: deduplication } = shipment.pipe.body.targetParameters?.SqsQueueParameters ?? {};
  const Entries = shipment.events.map(({ event, text }, index) => ({
    Id: String(index),
    MessageBody: text,
    ...(group === undefined ? {} : { MessageGroupId: parameterOf(group, event) }),
    ...(deduplication === undefined ? {} : { MessageDeduplicationId: parameterOf(deduplication, event) }),
  }));
  const answer = await call("sqs", "SendMessageBatch", { QueueUrl: queueUrlOf(shipment.arn), Entries }, at(shipment));
  return sentInPart(shipment, answer, answer.Failed);
};
