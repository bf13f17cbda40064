import { at, sentInPart, type SendTo } from "./shipment.ts";

export const sendToTopic: SendTo = async ({ call }, shipment) => {
  const PublishBatchRequestEntries = shipment.events.map(({ text }, index) => ({ Id: String(index), Message: text }));
  const answer = await call("sns", "PublishBatch", { TopicArn: shipment.pipe.body.target, PublishBatchRequestEntries }, at(shipment));
  return sentInPart(shipment, answer, answer.Failed);
};
