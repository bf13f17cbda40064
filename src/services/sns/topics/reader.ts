import type { NamedPolicy, PolicyDocument } from "../../../iam/document.ts";
import { SNS_TOPICS_KEPT_MAX } from "../../../kit/limits.ts";
import type { RetryPolicy } from "../../../plumber/delivery.ts";
import { compileFilterPolicy, type FilterPolicy, type FilterPolicyScope } from "../../../patterns/filter-policy.ts";
import type { Store } from "../../../store/store.ts";
import { AWS_ENDPOINT_RETRIES, effectivePolicy, httpRetries } from "../delivery-policy.ts";
import type { TopicName } from "../names.ts";
import { scopeOf } from "../subscriptions/attribute-rules.ts";
import { isHttp } from "../subscriptions/endpoints.ts";
import { listConfirmed, type Subscription } from "../subscriptions/rows.ts";
import { defaultPolicy } from "./policy.ts";
import { findTopic, type Topic } from "./rows.ts";

/** A subscription, ready to be told of messages. */
export interface Subscriber {
  subscription: Subscription;
  filter?: { scope: FilterPolicyScope; letsThrough: FilterPolicy };
  isRaw: boolean;
  retry: RetryPolicy;
  perSecond?: number;
  contentType: string;
  deadLetterArn?: string;
}

/** A topic as whoever keeps its door, or publishes to it, sees it. */
export interface ReadTopic {
  topic: Topic;
  policy: NamedPolicy;
  subscribers: readonly Subscriber[];
}

/** What was read is used again as long as nothing is written to the two tables. */
export type TopicReader = (name: TopicName) => Promise<ReadTopic | undefined>;

const toSubscriber = ({ attributes: ofTopic }: Topic, subscription: Subscription): Subscriber => {
  const { attributes, protocol } = subscription;
  const policy = effectivePolicy(ofTopic["DeliveryPolicy"], attributes["DeliveryPolicy"]);
  const scope = scopeOf(attributes);
  const perSecond = isHttp(protocol) ? policy.throttlePolicy?.maxReceivesPerSecond : undefined;
  return {
    subscription,
    ...(attributes["FilterPolicy"] === undefined ? {} : { filter: { scope, letsThrough: compileFilterPolicy(attributes["FilterPolicy"], { scope }) } }),
    isRaw: attributes["RawMessageDelivery"] === "true",
    retry: isHttp(protocol) ? httpRetries(policy) : AWS_ENDPOINT_RETRIES,
    ...(perSecond === undefined ? {} : { perSecond }),
    contentType: policy.requestPolicy.headerContentType,
    ...(attributes["RedrivePolicy"] === undefined ? {} : { deadLetterArn: (JSON.parse(attributes["RedrivePolicy"]) as { deadLetterTargetArn: string }).deadLetterTargetArn }),
  };
};

const policyOf = ({ name, arn, account, attributes }: Topic): NamedPolicy => ({
  name: `policy of the topic ${name}`,
  document: attributes["Policy"] === undefined ? defaultPolicy(arn, account) : (JSON.parse(attributes["Policy"]) as PolicyDocument),
  attachedTo: arn,
});

export const createTopicReader = (store: Store): TopicReader => {
  const kept = new Map<string, { read: ReadTopic; generation: string }>();
  const generationNow = () => `${store.generation("sns_topic")} ${store.generation("sns_subscription")}`;
  return async (name) => {
    const key = `${name.account} ${name.region} ${name.name}`;
    const known = kept.get(key);
    if (known !== undefined && known.generation === generationNow()) return known.read;
    // Taken before: what is written while it is read makes it another one.
    const generation = generationNow();
    const found = await store.read(function* () {
      const topic = yield* findTopic(name);
      return topic && { topic, subscriptions: yield* listConfirmed(topic.id) };
    });
    kept.delete(key);
    if (found === undefined) return undefined;
    if (kept.size >= SNS_TOPICS_KEPT_MAX) kept.delete(kept.keys().next().value!);
    const read = { topic: found.topic, policy: policyOf(found.topic), subscribers: found.subscriptions.map((one) => toSubscriber(found.topic, one)) };
    kept.set(key, { read, generation });
    return read;
  };
};
