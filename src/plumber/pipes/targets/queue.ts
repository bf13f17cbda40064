import { SQS_MESSAGE_BYTES_MAX } from "../../../kit/limits/sqs.ts";
import { queueUrlOf } from "../../queue-url.ts";
import { partsWithin, sendInParts, untakenOf } from "./in-parts.ts";
import { bytesAt, placesOf, type SendTo } from "./shipment.ts";

/** Messages, each with its own group and deduplication id where a path leads to one. */
export const sendToQueue: SendTo = ({ call }, shipment) => {
  const { MessageGroupId: group, MessageDeduplicationId: deduplication } = shipment.pipe.body.targetParameters?.SqsQueueParameters ?? {};
  return sendInParts(shipment, partsWithin(SQS_MESSAGE_BYTES_MAX, placesOf(shipment), bytesAt(shipment)), async ({ places }, options) => {
    const Entries = places.map((place) => {
      const { event, text } = shipment.events[place]!;
      return {
        Id: String(place),
        MessageBody: text,
        ...(group === undefined ? {} : { MessageGroupId: shipment.parameter(group, event) }),
        ...(deduplication === undefined ? {} : { MessageDeduplicationId: shipment.parameter(deduplication, event) }),
      };
    });
    const answer = await call("sqs", "SendMessageBatch", { QueueUrl: queueUrlOf(shipment.arn), Entries }, options);
    return { answer, untaken: untakenOf(answer.Failed) };
  });
};
