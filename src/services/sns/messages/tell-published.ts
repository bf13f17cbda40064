import { shownUrl } from "../../../plumber/outgoing.ts";
import type { Ledger } from "../../../kit/ledger.ts";
import type { RequestContext } from "../../service.ts";
import type { Subscriber } from "../topics/reader.ts";
import type { Topic } from "../topics/rows.ts";
import type { FilteredOut } from "./sift.ts";

interface Story {
  topic: Topic;
  messageId: string;
  told: readonly Subscriber[];
  filtered: readonly { subscriber: Subscriber; why: FilteredOut }[];
  isDuplicate: boolean;
}

/** Subscriptions that one entry names. */
const NAMED_MAX = 50;

const REASONS: Record<FilteredOut, string> = {
  MessageAttributes: "its attributes do not match", NoMessageAttributes: "it has no attributes", InvalidAttributes: "its attributes cannot be read", MessageBody: "its body does not match", InvalidMessageBody: "its body is not a JSON object",
};

const nameOf = ({ subscription }: Subscriber): string => `${subscription.protocol} ${shownUrl(subscription.endpoint)}`;
const counted = (count: number): string => `${count} ${count === 1 ? "subscription" : "subscriptions"}`;

/** The first hop of a message, in the chain that it belongs to, and which filter policies held it back. */
export const tellPublished = (ledger: Ledger, { topic, messageId, told, filtered, isDuplicate }: Story, { caller, requestId, trace }: RequestContext): void => {
  const by = caller.type === "service" ? caller.service : caller.arn;
  const common = { traceId: trace.id, account: topic.account, region: topic.region, keys: [messageId, requestId, topic.name, topic.arn] };
  if (isDuplicate) {
    ledger.record({ ...common, kind: "event", summary: `the message ${messageId} is published to the topic ${topic.name} again within five minutes by ${by}, and told to nobody a second time`, detail: { topicArn: topic.arn, messageId } });
    return;
  }
  const whom = told.length === 0 ? (filtered.length === 0 ? "there is no subscription that is confirmed" : "filter policies hold it back from all subscriptions") : `it is on its way to ${counted(told.length)}`;
  ledger.record({ ...common, kind: "event", summary: `the message ${messageId} is published to the topic ${topic.name} by ${by}: ${whom}`, detail: { topicArn: topic.arn, messageId, subscriptions: told.slice(0, NAMED_MAX).map(nameOf) } });
  for (const { subscriber, why } of filtered.slice(0, NAMED_MAX)) {
    const { arn, attributes } = subscriber.subscription;
    ledger.record({ ...common, keys: [...common.keys, arn], kind: "match", summary: `the filter policy of the subscription ${nameOf(subscriber)} holds it back: ${REASONS[why]}`, detail: { subscriptionArn: arn, filterPolicy: attributes["FilterPolicy"], reason: why } });
  }
};
