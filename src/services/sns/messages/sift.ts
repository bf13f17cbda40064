import { PatternTooCostly } from "../../../patterns/errors.ts";
import type { Subscriber } from "../topics/reader.ts";
import { areReadable } from "./attributes.ts";
import type { Draft } from "./draft.ts";

/** Why a filter policy held a message back, as its metric is called ("Monitoring Amazon SNS topics using CloudWatch"). */
export type FilteredOut = "MessageAttributes" | "NoMessageAttributes" | "InvalidAttributes" | "MessageBody" | "InvalidMessageBody";

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** Undefined when the subscriber is to be told. */
export const filteredOut = ({ filter, subscription }: Subscriber, draft: Draft): FilteredOut | undefined => {
  if (filter === undefined) return undefined;
  const body = draft.textFor(subscription.protocol);
  try {
    if (filter.letsThrough({ body, attributes: draft.attributes })) return undefined;
  } catch (error) {
    if (!(error instanceof PatternTooCostly)) throw error;
    return filter.scope === "MessageBody" ? "InvalidMessageBody" : "InvalidAttributes";
  }
  if (filter.scope === "MessageBody") return isObject(body) ? "MessageBody" : "InvalidMessageBody";
  if (!areReadable(draft.attributes)) return "InvalidAttributes";
  return Object.keys(draft.attributes).length === 0 ? "NoMessageAttributes" : "MessageAttributes";
};
