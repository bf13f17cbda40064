import { SNS_MESSAGE_BYTES_MAX } from "../../../kit/limits/sns.ts";
import { partsWithin, sendInParts, untakenOf } from "./in-parts.ts";
import { bytesAt, placesOf, type SendTo } from "./shipment.ts";

export const sendToTopic: SendTo = ({ call }, shipment) =>
  sendInParts(shipment, partsWithin(SNS_MESSAGE_BYTES_MAX, placesOf(shipment), bytesAt(shipment)), async ({ places }, options) => {
    const PublishBatchRequestEntries = places.map((place) => ({ Id: String(place), Message: shipment.events[place]!.text }));
    const answer = await call("sns", "PublishBatch", { TopicArn: shipment.pipe.body.target, PublishBatchRequestEntries }, options);
    return { answer, untaken: untakenOf(answer.Failed) };
  });
