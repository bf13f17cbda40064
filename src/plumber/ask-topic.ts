import { parseArn, type Arn } from "../kit/arn.ts";
import type { Call } from "../kit/call.ts";
import { root, type Caller } from "../kit/caller.ts";
import { isTaken, type Asking } from "./ask.ts";

export const isTopicThere = (call: Call, topicArn: string, { account, region }: Arn, asking: Asking): Promise<boolean> =>
  isTaken(call("sns", "GetTopicAttributes", { TopicArn: topicArn }, { ...asking, as: root(account), region }));

/** Whether a message could be published in this name, asked as a delivery will ask later; none is. A topic that is not there is not noticed. */
export const mayPublishTo = (call: Call, topicArn: string, as: Caller, asking: Asking): Promise<boolean> => {
  const { account, region } = parseArn(topicArn)!;
  return isTaken(call("sns", "Publish", { TopicArn: topicArn, Message: "test" }, { ...asking, as, account, region, isQuestion: true }));
};
