import { hash } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { SNS_SUBJECT_CHARACTERS_MAX } from "../../../kit/limits/sns.ts";
import { invalidParameter } from "../errors.ts";
import type { Protocol } from "../subscriptions/endpoints.ts";
import type { Topic } from "../topics/rows.ts";
import { attributesBytes, checkAttributes, type Attributes } from "./attributes.ts";

/** What is published, as Publish and an entry of PublishBatch have it. */
export interface PublishInput {
  Message?: string | undefined;
  Subject?: string | undefined;
  MessageStructure?: string | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  MessageDeduplicationId?: string | undefined;
  MessageGroupId?: string | undefined;
}

/** A message that was found right, whatever the topic. */
export interface Draft {
  id: string;
  subject: string | undefined;
  /** What subscribers of this protocol are told. */
  textFor(protocol: Protocol): string;
  /** What content-based deduplication knows it by. */
  message: string;
  attributes: Attributes;
  bytes: number;
  groupId: string | undefined;
  deduplicationId: string | undefined;
}

/** "UTF-8 text with no line breaks or control characters" (Publish, API reference). */
const SUBJECT = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u;
/** "alphanumeric characters and punctuation", up to 128. */
const TOKEN = /^[\x21-\x7e]{1,128}$/;

const checkMessage = (message: string | undefined): string => {
  if (message === undefined || message === "") throw invalidParameter("Empty message");
  return message;
};

const checkToken = (name: string, value: string | undefined): void => {
  if (value !== undefined && !TOKEN.test(value)) throw invalidParameter(`${name} Reason: can only include alphanumeric characters and punctuation, and must be 1 to 128 in length`);
};

const textsOf = (message: string, structure: string | undefined): Draft["textFor"] => {
  if (structure === undefined || structure === "") return () => message;
  if (structure !== "json") throw invalidParameter("MessageStructure");
  const texts = parse(message);
  const fallback = textIn(texts, "default");
  if (fallback === undefined) throw invalidParameter("Message Structure - No default entry in JSON message body");
  return (protocol) => textIn(texts, protocol) ?? fallback;
};

const parse = (message: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    // Said below.
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalidParameter("Message Structure - JSON message body failed to parse");
  return value as Record<string, unknown>;
};

/** "Non-string values will cause the key to be ignored." */
const textIn = (texts: Record<string, unknown>, key: string): string | undefined => {
  const value = Object.hasOwn(texts, key) ? texts[key] : undefined;
  return typeof value === "string" ? value : undefined;
};

/** Throws what is wrong with it whatever the topic. */
export const createDraft = (input: PublishInput, id: string): Draft => {
  const message = checkMessage(input.Message);
  const { Subject: subject, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input;
  if (subject !== undefined && (subject.length > SNS_SUBJECT_CHARACTERS_MAX || !SUBJECT.test(subject))) throw invalidParameter("Subject");
  checkToken("MessageGroupId", groupId);
  checkToken("MessageDeduplicationId", deduplicationId);
  const attributes = checkAttributes(input.MessageAttributes ?? {});
  return { id, subject, message, textFor: textsOf(message, input.MessageStructure), attributes, bytes: Buffer.byteLength(message) + attributesBytes(attributes), groupId, deduplicationId };
};

/** Throws what does not fit the topic. A group may be named to a standard topic, too: standard queues are fair by it. */
export const checkForTopic = ({ groupId, deduplicationId }: Draft, { isFifo, attributes }: Topic): void => {
  if (!isFifo) {
    if (deduplicationId !== undefined) throw invalidParameter("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type");
    return;
  }
  if (groupId === undefined) throw invalidParameter("The MessageGroupId parameter is required for FIFO topics");
  if (deduplicationId === undefined && attributes["ContentBasedDeduplication"] !== "true") throw invalidParameter("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
};

export const deduplicationIdOf = ({ deduplicationId, message }: Draft): string => deduplicationId ?? hash("sha256", message, "hex");
