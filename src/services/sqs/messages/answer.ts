import type { Message as Answer, MessageSystemAttributeName } from "@aws-sdk/client-sqs";
import { ApiError } from "../../../kit/api-error.ts";
import { isTold } from "../../../kit/trace-header.ts";
import { readAttributes } from "./attributes.ts";
import { md5, md5OfAttributes } from "./digests.ts";
import type { Message } from "./message-rows.ts";
import { sequenceNumber } from "./sequence-number.ts";

/** What of a message is asked for beside its body. */
export interface Asked {
  systemAttributes: ReadonlySet<string>;
  /** Undefined when none of the sender's own is. */
  isAttributeAsked: ((name: string) => boolean) | undefined;
  /** By the platform, which knows of chains that nobody is told of. */
  isInternal: boolean;
}

const SYSTEM_ATTRIBUTES: readonly MessageSystemAttributeName[] = [
  "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
];
const KNOWN = new Set<string>(["All", ...SYSTEM_ATTRIBUTES]);
const NONE: ReadonlySet<string> = new Set();
const ALL: ReadonlySet<string> = new Set(SYSTEM_ATTRIBUTES);

interface AskedNames {
  MessageSystemAttributeNames?: readonly string[] | undefined;
  /** The older name of the same, which may name attributes of queues too. */
  AttributeNames?: readonly string[] | undefined;
  MessageAttributeNames?: readonly string[] | undefined;
}

/** Throws InvalidAttributeName. */
export const readAsked = ({ MessageSystemAttributeNames = [], AttributeNames = [], MessageAttributeNames = [] }: AskedNames, isInternal: boolean): Asked => {
  const unknown = MessageSystemAttributeNames.find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw new ApiError("InvalidAttributeName", `Unknown Attribute ${unknown}.`);
  const names = [...MessageSystemAttributeNames, ...AttributeNames];
  return { systemAttributes: names.length === 0 ? NONE : names.includes("All") ? ALL : new Set(names), isAttributeAsked: attributeFilter(MessageAttributeNames), isInternal };
};

/** `All` and `.*` are all of them, `bar.*` those that begin with bar. */
const attributeFilter = (names: readonly string[]): Asked["isAttributeAsked"] => {
  if (names.length === 0) return undefined;
  if (names.includes("All") || names.includes(".*")) return () => true;
  const exact = new Set(names);
  const prefixes = names.filter((name) => name.endsWith(".*")).map((name) => name.slice(0, -2));
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
};

/** A message as ReceiveMessage answers it. @param message as it was before it was given; @param now when it was */
export const answerOf = (message: Message, ReceiptHandle: string, now: number, { systemAttributes, isAttributeAsked, isInternal }: Asked): Answer => {
  const answer: Answer = { MessageId: message.id, ReceiptHandle, MD5OfBody: md5(message.body), Body: message.body };
  if (systemAttributes.size > 0) answer.Attributes = systemAttributesOf(isInternal || isTold(message.traceHeader ?? "") ? message : { ...message, traceHeader: null }, now, systemAttributes);
  if (message.attributes === null || isAttributeAsked === undefined) return answer;
  const attributes = readAttributes(message.attributes, isAttributeAsked);
  if (Object.keys(attributes).length === 0) return answer;
  return { ...answer, MD5OfMessageAttributes: md5OfAttributes(attributes), MessageAttributes: attributes };
};

const systemAttributesOf = (message: Message, now: number, asked: ReadonlySet<string>): NonNullable<Answer["Attributes"]> => {
  const attributes: NonNullable<Answer["Attributes"]> = {};
  for (const name of SYSTEM_ATTRIBUTES) {
    const value = asked.has(name) ? systemAttribute(message, name, now) : null;
    if (value !== null) attributes[name] = value;
  }
  return attributes;
};

const systemAttribute = (message: Message, name: MessageSystemAttributeName, now: number): string | null => {
  switch (name) {
    case "SenderId": return message.sender;
    case "SentTimestamp": return String(message.sentAt);
    // "across all queues" (ReceiveMessage, API reference)
    case "ApproximateReceiveCount": return String(message.receivedBefore + message.receiveCount + 1);
    case "ApproximateFirstReceiveTimestamp": return String(message.firstReceivedAt ?? now);
    case "SequenceNumber": return message.deduplicationId === null ? null : sequenceNumber(message.sequence);
    case "MessageDeduplicationId": return message.deduplicationId;
    case "MessageGroupId": return message.groupId;
    case "AWSTraceHeader": return message.traceHeader;
    case "DeadLetterQueueSourceArn": return message.deadLetterSource;
    default: return null;
  }
};
