import { PatternTooCostly } from "../../../patterns/errors.ts";
import { toFilteredMessage, type FilteredMessage } from "../../../patterns/filter-policy.ts";
import type { Subscriber } from "../topics/reader.ts";
import { areReadable } from "./attributes.ts";
import type { Draft } from "./draft.ts";

/** Why a filter policy held a message back, as its metric is called ("Monitoring Amazon SNS topics using CloudWatch"). */
export type FilteredOut = "MessageAttributes" | "NoMessageAttributes" | "InvalidAttributes" | "MessageBody" | "InvalidMessageBody";

/** Which subscribers a message is for. What filter policies look at is read once for all of them. @returns Undefined when the subscriber is to be told. */
export const createSift = (draft: Draft): ((subscriber: Subscriber) => FilteredOut | undefined) => {
  const messages = new Map<string, FilteredMessage>();
  const messageFor = ({ subscription }: Subscriber): FilteredMessage => {
    const body = draft.textFor(subscription.protocol);
    const message = messages.get(body) ?? toFilteredMessage({ body, attributes: draft.attributes });
    messages.set(body, message);
    return message;
  };
  return (subscriber) => {
    const { filter } = subscriber;
    if (filter === undefined) return undefined;
    const message = messageFor(subscriber);
    try {
      if (filter.letsThrough(message)) return undefined;
    } catch (error) {
      if (!(error instanceof PatternTooCostly)) throw error;
      return filter.scope === "MessageBody" ? "InvalidMessageBody" : "InvalidAttributes";
    }
    if (filter.scope === "MessageBody") return message.read("MessageBody") === undefined ? "InvalidMessageBody" : "MessageBody";
    if (!areReadable(draft.attributes)) return "InvalidAttributes";
    return Object.keys(draft.attributes).length === 0 ? "NoMessageAttributes" : "MessageAttributes";
  };
};
