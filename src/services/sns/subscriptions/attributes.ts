import { shownUrl } from "../../../plumber/outgoing.ts";
import { describeEffectivePolicy, effectivePolicy } from "../delivery-policy.ts";
import { invalidParameter, subscriptionNotFound, withFaultsTold } from "../errors.ts";
import { inSubscription } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import type { Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { getTopic, type Topic } from "../topics/rows.ts";
import { isAttribute, readAttributes, scopeOf, withChanges } from "./attribute-rules.ts";
import { notAuthorized } from "./confirm.ts";
import { isHttp } from "./endpoints.ts";
import { findSubscription, writeSubscription, type Subscription } from "./rows.ts";

/** As GetSubscriptionAttributes tells it. */
const describe = (one: Subscription, { attributes: ofTopic }: Topic): Record<string, string> => ({
  SubscriptionArn: one.arn,
  TopicArn: one.topicArn,
  Protocol: one.protocol,
  Endpoint: shownUrl(one.endpoint),
  Owner: one.owner,
  SubscriptionPrincipal: one.principal,
  PendingConfirmation: String(one.state === "pending"),
  ConfirmationWasAuthenticated: String(one.isAuthenticated),
  RawMessageDelivery: "false",
  ...one.attributes,
  ...(one.attributes["FilterPolicy"] === undefined ? {} : { FilterPolicyScope: scopeOf(one.attributes) }),
  ...(isHttp(one.protocol) ? { EffectiveDeliveryPolicy: describeEffectivePolicy(effectivePolicy(ofTopic["DeliveryPolicy"], one.attributes["DeliveryPolicy"])) } : {}),
});

export const subscriptionAttributeHandlers = ({ store, clock }: SnsParts) => {
  /** The subscription, which is its owner's alone to look at. */
  function* own(arn: string, { caller }: RequestContext): Operation<Subscription> {
    const found = yield* findSubscription(arn, clock.now());
    if (found === undefined || found.state === "removed") throw subscriptionNotFound();
    if (found.owner !== caller.account) throw notAuthorized();
    return found;
  }

  return {
    async GetSubscriptionAttributes({ SubscriptionArn }, context) {
      const { arn, topic } = inSubscription(SubscriptionArn, context);
      const Attributes = await store.run(function* () {
        const subscription = yield* own(arn, context);
        return describe(subscription, yield* getTopic(topic));
      });
      return { Attributes };
    },

    async SetSubscriptionAttributes({ SubscriptionArn, AttributeName = "", AttributeValue }, context) {
      const { arn, topic } = inSubscription(SubscriptionArn, context);
      if (!isAttribute(AttributeName)) throw invalidParameter("AttributeName");
      await store.run(function* () {
        const subscription = yield* own(arn, context);
        const { protocol, owner } = subscription;
        const attributes = withFaultsTold(false, () => withChanges(subscription.attributes, readAttributes({ [AttributeName]: AttributeValue }, { topic, protocol, owner })));
        yield* writeSubscription({ ...subscription, attributes });
      });
      return {};
    },
  } satisfies SnsHandlers;
};
