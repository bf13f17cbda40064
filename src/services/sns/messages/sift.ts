import { toFilteredMessage, type FilteredMessage, type FilterPolicyScope } from "../../../patterns/filter-policy.ts";
import type { FilterPolicies } from "../../../patterns/filter-policies.ts";
import type { Subscriber } from "../topics/reader.ts";
import { areReadable } from "./attributes.ts";
import type { Draft } from "./draft.ts";

/** Why a filter policy held a message back, as its metric is called ("Monitoring Amazon SNS topics using CloudWatch"). */
export type FilteredOut = "MessageAttributes" | "NoMessageAttributes" | "InvalidAttributes" | "MessageBody" | "InvalidMessageBody";

/** A message as subscribers of some protocols get it, and by scope whose policies let it through. */
interface Sifted {
  message: FilteredMessage;
  letThrough: Partial<Record<FilterPolicyScope, ReadonlySet<string>>>;
}

/** Which subscribers a message is for. All filter policies look at it once. @returns Undefined when the subscriber is to be told. */
export const createSift = (draft: Draft, policies: FilterPolicies<string>): ((subscriber: Subscriber) => FilteredOut | undefined) => {
  const byBody = new Map<string, Sifted>();
  const siftedFor = ({ subscription }: Subscriber): Sifted => {
    const body = draft.textFor(subscription.protocol);
    const sifted = byBody.get(body) ?? { message: toFilteredMessage({ body, attributes: draft.attributes }), letThrough: {} };
    byBody.set(body, sifted);
    return sifted;
  };
  return (subscriber) => {
    const { filterScope: scope, subscription } = subscriber;
    if (scope === undefined) return undefined;
    const { message, letThrough } = siftedFor(subscriber);
    if ((letThrough[scope] ??= policies.letThrough(message, scope)).has(subscription.arn)) return undefined;
    if (scope === "MessageBody") return message.read("MessageBody") === undefined ? "InvalidMessageBody" : "MessageBody";
    if (!areReadable(draft.attributes)) return "InvalidAttributes";
    return Object.keys(draft.attributes).length === 0 ? "NoMessageAttributes" : "MessageAttributes";
  };
};
