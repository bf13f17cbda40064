import { ApiError } from "../../kit/api-error.ts";
import type { RequestContext, Service } from "../service.ts";
import { publishHandlers } from "./messages/handlers.ts";
import type { SnsParts, SnsTypes } from "./needs.ts";
import { parseTopicArn, topicArn } from "./names.ts";
import { createPermissions, policyAtDoor } from "./permissions.ts";
import { subscriptionAttributeHandlers } from "./subscriptions/attributes.ts";
import { confirmHandlers } from "./subscriptions/confirm.ts";
import { createControlMessages } from "./subscriptions/control.ts";
import { listHandlers } from "./subscriptions/lists.ts";
import { subscribeHandlers } from "./subscriptions/subscribe.ts";
import { topicAttributeHandlers } from "./topics/attributes.ts";
import { permissionHandlers } from "./topics/permissions.ts";
import { tagHandlers } from "./topics/tags.ts";
import { topicHandlers } from "./topics/topics.ts";

/** Amazon SNS: standard and FIFO topics, their subscriptions and messages. */
export const createSnsService = (parts: SnsParts): Service<SnsTypes> => {
  const control = createControlMessages(parts);
  return {
    handlers: {
      ...topicHandlers(parts),
      ...topicAttributeHandlers(parts),
      ...permissionHandlers(parts),
      ...tagHandlers(parts),
      ...subscribeHandlers(parts, control),
      ...confirmHandlers(parts, control),
      ...subscriptionAttributeHandlers(parts),
      ...listHandlers(parts),
      ...publishHandlers(parts),
    },
    permissions: createPermissions(parts.reader),
    check: async (_operation, input, context) => refuseNobody(input as Named, context),
    resourcePolicy: (permission) => policyAtDoor(parts.reader, permission),
    ledgerKeys: (_operation, input, context) => ledgerKeys(input as Named, context),
  };
};

interface Named {
  Name?: string;
  TopicArn?: string;
  TargetArn?: string;
  ResourceArn?: string;
  SubscriptionArn?: string;
}

/** Without a signature there is no account: only a topic's policy, or a link's token, can let anybody in. */
const refuseNobody = ({ TopicArn, TargetArn, ResourceArn, SubscriptionArn }: Named, { caller }: RequestContext): void => {
  if (caller.type === "anonymous" && (TopicArn ?? TargetArn ?? ResourceArn ?? SubscriptionArn) === undefined) throw new ApiError("MissingAuthenticationToken", "Request is missing Authentication Token", { status: 403 });
};

/** The topic's name, and its ARN; a subscription's. */
const ledgerKeys = ({ Name, TopicArn, TargetArn, ResourceArn, SubscriptionArn }: Named, { account, region }: RequestContext): string[] => {
  const text = TopicArn ?? TargetArn ?? ResourceArn ?? SubscriptionArn?.split(":").slice(0, 6).join(":");
  const named = text === undefined ? (Name === undefined ? undefined : { account, region, name: Name }) : parseTopicArn(text);
  return [...(named === undefined ? [] : [named.name, topicArn(named)]), ...(SubscriptionArn === undefined ? [] : [SubscriptionArn])];
};
