import { SNS_CONFIRMATION_MS, SNS_FIFO_SUBSCRIPTIONS_MAX } from "../../../kit/limits/sns.ts";
import { shownUrl } from "../../../plumber/outgoing.ts";
import type { Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { invalidParameter, tooManySubscriptions, topicNotFound, withFaultsTold } from "../errors.ts";
import { inTopic } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import { getTopic, findTopic, type Topic } from "../topics/rows.ts";
import { readAttributes, withChanges } from "./attribute-rules.ts";
import type { ControlMessages } from "./control.ts";
import { accountOf, readEndpoint, type Protocol } from "./endpoints.ts";
import { countStates, findByEndpoint, sweepSubscriptions, writeSubscription, type Subscription } from "./rows.ts";

const TOKEN_BYTES = 112;
const PENDING = "pending confirmation";

const isSame = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean =>
  Object.keys(one).length === Object.keys(other).length && Object.entries(one).every(([key, value]) => other[key] === value);

/** As it is compared: what is the default is the same as what is not said. */
const effective = (attributes: Readonly<Record<string, string>>): Record<string, string> => {
  const { FilterPolicyScope, ...others } = attributes;
  return { ...others, ...(FilterPolicyScope === undefined || FilterPolicyScope === "MessageAttributes" ? {} : { FilterPolicyScope }) };
};

interface Wanted {
  protocol: Protocol;
  endpoint: string;
  attributes: Record<string, string>;
  /** The endpoint is the subscriber's own. */
  isOwn: boolean;
}

export const subscribeHandlers = ({ store, clock, random, outbox, ledger }: SnsParts, control: ControlMessages) => {
  const newSubscription = (topic: Topic, { protocol, endpoint, attributes, isOwn }: Wanted, { caller, endpoint: base }: RequestContext): Subscription => ({
    arn: `${topic.arn}:${random.uuid()}`,
    topicId: topic.id, topicArn: topic.arn, region: topic.region, protocol, endpoint, attributes, base,
    owner: caller.type === "anonymous" ? topic.account : caller.account,
    principal: caller.type === "role-session" ? caller.roleArn : caller.arn,
    state: isOwn ? "confirmed" : "pending",
    token: random.bytes(TOKEN_BYTES).toString("hex"),
    expiresAt: isOwn ? null : clock.now() + SNS_CONFIRMATION_MS,
    isAuthenticated: isOwn,
    needsAuthentication: false,
    createdAt: clock.now(),
  });

  function* refuseTooMany({ id }: Topic): Operation<void> {
    const { confirmed, pending } = yield* countStates(id, clock.now());
    if (confirmed + pending >= SNS_FIFO_SUBSCRIPTIONS_MAX) throw tooManySubscriptions(SNS_FIFO_SUBSCRIPTIONS_MAX);
  }

  /** The subscription that the endpoint has, asked anew where it is not confirmed yet; or a new one. */
  const wanted = (existing: Subscription | undefined, topic: Topic, want: Wanted, context: RequestContext): Subscription => {
    if (existing === undefined) return newSubscription(topic, want, context);
    if (existing.state === "confirmed") return existing;
    return { ...existing, attributes: want.attributes, base: context.endpoint || existing.base, state: want.isOwn ? "confirmed" : "pending", isAuthenticated: want.isOwn, expiresAt: want.isOwn ? null : clock.now() + SNS_CONFIRMATION_MS };
  };

  const tellSubscribed = ({ arn, topicArn, protocol, endpoint, state }: Subscription, { account, region, requestId, trace, caller }: RequestContext) =>
    ledger.record({
      traceId: trace.id, kind: "event", account, region, keys: [requestId, arn, topicArn],
      summary: `${protocol} ${shownUrl(endpoint)} is subscribed to ${topicArn} by ${caller.arn}${state === "confirmed" ? "" : ", which it has yet to confirm"}`, detail: { subscriptionArn: arn, topicArn, protocol, endpoint: shownUrl(endpoint), state },
    });

  return {
    async Subscribe({ TopicArn, Protocol: protocol = "", Endpoint, Attributes = {}, ReturnSubscriptionArn }, context) {
      const named = inTopic(TopicArn, context);
      const owner = context.caller.type === "anonymous" ? named.account : context.caller.account;
      const target = readEndpoint(named, protocol, Endpoint);
      const attributes = withFaultsTold(true, () => withChanges({}, readAttributes(Attributes, { topic: named, protocol: target.protocol, owner })));
      const want = { ...target, attributes, isOwn: context.caller.type !== "anonymous" && accountOf(target.protocol, target.endpoint) === context.caller.account };
      const found = await store.read(function* () {
        const topic = yield* findTopic(named);
        return topic && { topic, existing: yield* findByEndpoint(topic.id, want.protocol, want.endpoint, clock.now()) };
      });
      if (found === undefined) throw topicNotFound();
      const subscription = wanted(found.existing, found.topic, want, context);
      const message = subscription.state === "pending" ? await control.message("SubscriptionConfirmation", subscription, found.topic) : undefined;
      const kept = await store.run(function* () {
        const topic = yield* getTopic(named);
        // Another request may have been quicker.
        const existing = yield* findByEndpoint(topic.id, want.protocol, want.endpoint, clock.now());
        if (existing !== undefined && (existing.state === "confirmed" || existing.arn !== subscription.arn)) {
          if (Object.keys(attributes).length > 0 && !isSame(effective(existing.attributes), effective(attributes))) throw invalidParameter("Attributes Reason: Subscription already exists with different attributes");
          return existing;
        }
        yield* sweepSubscriptions(clock.now());
        if (existing === undefined && topic.isFifo) yield* refuseTooMany(topic);
        yield* writeSubscription({ ...subscription, topicId: topic.id });
        if (message !== undefined) yield* control.send(message, subscription, topic, context.trace);
        return subscription;
      });
      outbox.poke();
      tellSubscribed(kept, context);
      return { SubscriptionArn: kept.state === "confirmed" || ReturnSubscriptionArn === true ? kept.arn : PENDING };
    },
  } satisfies SnsHandlers;
};
