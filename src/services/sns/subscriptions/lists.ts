import { shownUrl } from "../../../plumber/outgoing.ts";
import { inTopic } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import { cutPage, readToken } from "../pages.ts";
import { getTopic } from "../topics/rows.ts";
import { listOfOwner, listOfTopic, type Subscription } from "./rows.ts";

const describe = ({ arn, owner, protocol, endpoint, topicArn, state }: Subscription) => ({
  SubscriptionArn: state === "pending" ? "PendingConfirmation" : arn,
  Owner: owner,
  Protocol: protocol,
  Endpoint: shownUrl(endpoint),
  TopicArn: topicArn,
});

const page = (subscriptions: readonly Subscription[]) => {
  const { shown, ...next } = cutPage(subscriptions, ({ arn }) => arn);
  return { Subscriptions: shown.map(describe), ...next };
};

export const listHandlers = ({ store, clock }: SnsParts) =>
  ({
    async ListSubscriptions({ NextToken }, context) {
      const after = readToken(NextToken);
      return page(await store.run(() => listOfOwner(context, after, clock.now())));
    },

    async ListSubscriptionsByTopic({ TopicArn, NextToken }, context) {
      const named = inTopic(TopicArn, context);
      const after = readToken(NextToken);
      return page(
        await store.run(function* () {
          const topic = yield* getTopic(named);
          return yield* listOfTopic(topic.id, after, clock.now());
        }),
      );
    },
  }) satisfies SnsHandlers;
