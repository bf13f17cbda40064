import type { Arn } from "../kit/arn.ts";
import type { Call } from "../kit/call.ts";
import { root, type Caller } from "../kit/caller.ts";
import { isTaken, type Asking } from "./ask.ts";
import { queueUrlOf } from "./queue-url.ts";

export const isQueueThere = (call: Call, { account, region, resource }: Arn, asking: Asking): Promise<boolean> =>
  isTaken(call("sqs", "GetQueueUrl", { QueueName: resource }, { ...asking, as: root(account), region }));

/** Whether a message could be sent in this name, asked as a delivery will ask later; none is. A queue that is not there is not noticed. */
export const maySendTo = (call: Call, arn: Arn, as: Caller, asking: Asking): Promise<boolean> =>
  isTaken(call("sqs", "SendMessage", { QueueUrl: queueUrlOf(arn), MessageBody: "test" }, { ...asking, as, account: arn.account, region: arn.region, isQuestion: true }));
