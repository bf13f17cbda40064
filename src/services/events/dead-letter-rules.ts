import { parseArn } from "../../kit/arn.ts";
import { validation } from "./errors.ts";

/** What may be a bus's or a target's dead-letter queue: a standard queue of the region. Whether it lets EventBridge in is seen when something is sent there. */
export const checkDeadLetterQueue = (queueArn: string | undefined, region: string): void => {
  if (queueArn === undefined || queueArn === "") return;
  const arn = parseArn(queueArn);
  if (arn?.partition !== "aws" || !/^\d{12}$/.test(arn.account)) throw validation(`Parameter ${queueArn} is not valid. Reason: Provided Arn is not in correct format.`);
  if (arn.service !== "sqs") throw validation(`${arn.service} is not supported as a dead letter resource.`);
  if (arn.resource.endsWith(".fifo")) throw validation("SQS FIFO is not supported by Dead Letter Queues.");
  if (arn.region !== region) throw validation(`Region of ${queueArn} does not match region of the rule or event bus: ${region}.`);
};
