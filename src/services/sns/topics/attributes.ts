import { effectiveTopicPolicy } from "../delivery-policy.ts";
import { invalidParameter, withFaultsTold } from "../errors.ts";
import { inTopic } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import { countStates } from "../subscriptions/rows.ts";
import { isAttribute, readAttributes, withChanges } from "./attribute-rules.ts";
import { defaultPolicy } from "./policy.ts";
import { getTopic, readCounter, writeAttributes, type Topic } from "./rows.ts";

interface Counted {
  confirmed: number;
  pending: number;
  deleted: number;
}

/** As GetTopicAttributes tells it. */
const describe = ({ arn, account, isFifo, attributes }: Topic, { confirmed, pending, deleted }: Counted): Record<string, string> => ({
  TopicArn: arn,
  Owner: account,
  DisplayName: "",
  Policy: JSON.stringify(defaultPolicy(arn, account)),
  EffectiveDeliveryPolicy: effectiveTopicPolicy(attributes["DeliveryPolicy"]),
  SubscriptionsConfirmed: String(confirmed),
  SubscriptionsPending: String(pending),
  SubscriptionsDeleted: String(deleted),
  ...(isFifo ? { FifoTopic: "true", ContentBasedDeduplication: "false", FifoThroughputScope: "Topic" } : {}),
  ...attributes,
});

export const topicAttributeHandlers = ({ store, clock }: SnsParts) =>
  ({
    async GetTopicAttributes({ TopicArn }, context) {
      const named = inTopic(TopicArn, context);
      const Attributes = await store.run(function* () {
        const topic = yield* getTopic(named);
        return describe(topic, { ...(yield* countStates(topic.id, clock.now())), deleted: yield* readCounter(topic.id, "deleted") });
      });
      return { Attributes };
    },

    async SetTopicAttributes({ TopicArn, AttributeName = "", AttributeValue = "" }, context) {
      const named = inTopic(TopicArn, context);
      if (!isAttribute(AttributeName, named)) throw invalidParameter("AttributeName");
      const changes = withFaultsTold(false, () => readAttributes({ [AttributeName]: AttributeValue }, named));
      await store.run(function* () {
        const topic = yield* getTopic(named);
        yield* writeAttributes(topic, withChanges(topic.attributes, changes));
      });
      return {};
    },
  }) satisfies SnsHandlers;
