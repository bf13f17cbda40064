import { shownUrl } from "../../../plumber/outgoing.ts";
import type { Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { ApiError } from "../../../kit/api-error.ts";
import { invalidParameter, subscriptionNotFound } from "../errors.ts";
import { inSubscription, inTopic, topicArn } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import { countUp, getTopic } from "../topics/rows.ts";
import { SNS_CONFIRMATION_MS } from "../../../kit/limits/sns.ts";
import type { ControlMessages } from "./control.ts";
import { accountOf } from "./endpoints.ts";
import { deleteSubscription, findByEndpoint, findByToken, findSubscription, writeSubscription, type Subscription } from "./rows.ts";

const TOKEN_BYTES = 112;

export const notAuthorized = (): ApiError => new ApiError("AuthorizationErrorException", "Not authorized to access this subscription");

const isOwner = (subscription: Subscription, topicAccount: string, { caller }: RequestContext): boolean =>
  caller.type !== "anonymous" && (caller.account === subscription.owner || caller.account === topicAccount);

/** With the link, or as its owner: how a subscription begins, and how it ends. */
export const confirmHandlers = ({ store, clock, random, outbox, ledger }: SnsParts, control: ControlMessages) => {
  const record = ({ arn, topicArn: topic, owner, region, protocol, endpoint }: Subscription, what: string, { caller, requestId, trace }: RequestContext) =>
    ledger.record({
      traceId: trace.id, kind: "event", account: owner, region, keys: [requestId, arn, topic],
      summary: `the subscription of ${protocol} ${shownUrl(endpoint)} to ${topic} is ${what} by ${caller.type === "anonymous" ? "its link" : caller.arn}`, detail: { subscriptionArn: arn, topicArn: topic },
    });

  /** Gone, as its owner wants it; unless it is gone already, with its topic or by itself. */
  function* remove({ arn, topicId }: Subscription): Operation<void> {
    if ((yield* findSubscription(arn, clock.now())) === undefined) return;
    yield* deleteSubscription(arn);
    yield* countUp(topicId, "deleted");
  }

  return {
    async ConfirmSubscription({ TopicArn, Token = "", AuthenticateOnUnsubscribe }, context) {
      const named = inTopic(TopicArn, context);
      const isSigned = context.caller.type !== "anonymous";
      const needsAuthentication = AuthenticateOnUnsubscribe?.toLowerCase() === "true";
      if (needsAuthentication && !isSigned) throw new ApiError("AuthorizationErrorException", "AuthenticateOnUnsubscribe needs a signed request");
      const confirmed = await store.run(function* () {
        yield* getTopic(named);
        const found = yield* findByToken(Token, clock.now());
        if (found === undefined || found.topicArn !== topicArn(named)) throw invalidParameter("Token");
        if (found.state === "confirmed") return found;
        // Its endpoint has subscribed anew since it was taken away: having it back would tell it everything twice.
        if (found.state === "removed" && (yield* findByEndpoint(found.topicId, found.protocol, found.endpoint, clock.now())) !== undefined) throw invalidParameter("Token");
        const subscription: Subscription = { ...found, state: "confirmed", expiresAt: null, isAuthenticated: isSigned, needsAuthentication };
        yield* writeSubscription(subscription);
        return subscription;
      });
      record(confirmed, "confirmed", context);
      return { SubscriptionArn: confirmed.arn };
    },

    /** Whoever has the link may end a subscription, unless it wants its owner; the endpoint is told then how to have it back. */
    async Unsubscribe({ SubscriptionArn }, context) {
      const { arn, topic: named } = inSubscription(SubscriptionArn, context);
      const found = await store.read(function* () {
        const subscription = yield* findSubscription(arn, clock.now());
        return subscription === undefined || subscription.state === "removed" ? undefined : { subscription, topic: yield* getTopic(named) };
      });
      // Ending what has ended is no fault.
      if (found === undefined) return {};
      const { subscription, topic } = found;
      if (isOwner(subscription, named.account, context)) {
        await store.run(() => remove(subscription));
        record(subscription, "ended", context);
        return {};
      }
      if (subscription.needsAuthentication || subscription.state === "pending") throw subscription.state === "pending" ? subscriptionNotFound() : notAuthorized();
      const removed: Subscription = { ...subscription, state: "removed", token: random.bytes(TOKEN_BYTES).toString("hex"), expiresAt: clock.now() + SNS_CONFIRMATION_MS };
      // A function or a queue does not answer.
      const message = accountOf(subscription.protocol, subscription.endpoint) === undefined ? await control.message("UnsubscribeConfirmation", removed, topic) : undefined;
      await store.run(function* () {
        const now = yield* findSubscription(arn, clock.now());
        if (now?.state !== "confirmed") return;
        yield* writeSubscription(removed);
        yield* countUp(removed.topicId, "deleted");
        if (message !== undefined) yield* control.send(message, removed, topic, context.trace);
      });
      outbox.poke();
      record(removed, "ended", context);
      return {};
    },
  } satisfies SnsHandlers;
};
