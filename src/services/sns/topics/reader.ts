import type { NamedPolicy, PolicyDocument } from "../../../iam/document.ts";
import { SNS_TOPICS_KEPT_MAX } from "../../../kit/limits/sns.ts";
import type { RetryPolicy } from "../../../plumber/delivery.ts";
import { createFilterPolicies, type FilterPolicies } from "../../../patterns/filter-policies.ts";
import type { FilterPolicyScope } from "../../../patterns/filter-policy.ts";
import type { Operation, Store } from "../../../store/store.ts";
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
  /** Where its filter policy looks, if it has one. */
  filterScope?: FilterPolicyScope;
  isRaw: boolean;
  retry: RetryPolicy;
  perSecond?: number;
  contentType: string;
  deadLetterArn?: string;
}

/** A topic as whoever keeps its door sees it. */
export interface TopicAtDoor {
  topic: Topic;
  policy: NamedPolicy;
}

/** Who is told of a topic's messages, and which of them. */
export interface Audience {
  subscribers: readonly Subscriber[];
  /** By the subscriptions' ARNs. */
  policies: FilterPolicies<string>;
}

/** What was read is used again as long as nothing is written to its tables. The door is asked by each request, and needs no subscribers: a topic may have many. */
export interface TopicReader {
  topic(name: TopicName): Promise<TopicAtDoor | undefined>;
  /** Who is told of its messages. */
  audience(topic: Topic): Promise<Audience>;
}

const toSubscriber = ({ attributes: ofTopic }: Topic, subscription: Subscription): Subscriber => {
  const { attributes, protocol } = subscription;
  const policy = effectivePolicy(ofTopic["DeliveryPolicy"], attributes["DeliveryPolicy"]);
  const perSecond = isHttp(protocol) ? policy.throttlePolicy?.maxReceivesPerSecond : undefined;
  return {
    subscription,
    ...(attributes["FilterPolicy"] === undefined ? {} : { filterScope: scopeOf(attributes) }),
    isRaw: attributes["RawMessageDelivery"] === "true",
    retry: isHttp(protocol) ? httpRetries(policy) : AWS_ENDPOINT_RETRIES,
    ...(perSecond === undefined ? {} : { perSecond }),
    contentType: policy.requestPolicy.headerContentType,
    ...(attributes["RedrivePolicy"] === undefined ? {} : { deadLetterArn: (JSON.parse(attributes["RedrivePolicy"]) as { deadLetterTargetArn: string }).deadLetterTargetArn }),
  };
};

const toAudience = (topic: Topic, subscriptions: readonly Subscription[]): Audience => {
  const policies = createFilterPolicies<string>();
  for (const { arn, attributes } of subscriptions) if (attributes["FilterPolicy"] !== undefined) policies.add(arn, attributes["FilterPolicy"], scopeOf(attributes));
  return { subscribers: subscriptions.map((one) => toSubscriber(topic, one)), policies };
};

const policyOf = ({ name, arn, account, attributes }: Topic): NamedPolicy => ({
  name: `policy of the topic ${name}`,
  document: attributes["Policy"] === undefined ? defaultPolicy(arn, account) : (JSON.parse(attributes["Policy"]) as PolicyDocument),
  attachedTo: arn,
});

/** What was read of each of some tables' things, until something is written to one of them. */
const createKept = <T extends object>(store: Store, tables: readonly string[]) => {
  const kept = new Map<string, { value: T; generation: string }>();
  const generationNow = () => tables.map((table) => store.generation(table)).join(" ");
  return async (key: string, read: () => Operation<T | undefined>): Promise<T | undefined> => {
    const known = kept.get(key);
    if (known !== undefined && known.generation === generationNow()) return known.value;
    // Taken before: what is written while it is read makes it another one.
    const generation = generationNow();
    const value = await store.read(read);
    kept.delete(key);
    if (value === undefined) return undefined;
    if (kept.size >= SNS_TOPICS_KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(key, { value, generation });
    return value;
  };
};

export const createTopicReader = (store: Store): TopicReader => {
  const topics = createKept<TopicAtDoor>(store, ["sns_topic"]);
  const audiences = createKept<Audience>(store, ["sns_topic", "sns_subscription"]);
  return {
    topic: (name) =>
      topics(`${name.account} ${name.region} ${name.name}`, function* () {
        const topic = yield* findTopic(name);
        return topic && { topic, policy: policyOf(topic) };
      }),
    audience: async (topic) =>
      (await audiences(String(topic.id), function* () {
        // Its attributes, too, as they are in this reading: what is kept is of one moment.
        const now = (yield* findTopic(topic)) ?? topic;
        return toAudience(now, yield* listConfirmed(topic.id));
      }))!,
  };
};
