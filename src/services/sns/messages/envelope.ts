import type { SignatureVersion } from "../signing/signer.ts";
import { describeAttributes, type Attributes } from "./attributes.ts";

/** What a subscriber is told, unless it wants the bare message. */
export interface Notification {
  messageId: string;
  topicArn: string;
  subject: string | undefined;
  text: string;
  /** Milliseconds. */
  at: number;
  attributes: Attributes;
  /** Of FIFO topics, which sign nothing. */
  sequenceNumber?: string;
  signatureVersion?: SignatureVersion;
  signature?: string;
  signingCertUrl?: string;
  unsubscribeUrl: string;
}

/** Whether somebody subscribes, or is gone. */
export interface ControlMessage {
  type: "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  messageId: string;
  topicArn: string;
  text: string;
  token: string;
  subscribeUrl: string;
  at: number;
  signatureVersion: SignatureVersion;
  signature: string;
  signingCertUrl: string;
}

const timestamp = (ms: number): string => new Date(ms).toISOString();

/** Name and value in lines of their own, by name; what is not there is left out. Source: "Verifying the signatures of Amazon SNS messages". */
const lines = (members: Readonly<Record<string, string | undefined>>): string =>
  Object.keys(members).sort().flatMap((name) => (members[name] === undefined ? [] : [`${name}\n${members[name]}\n`])).join("");

type Unsigned<T> = Omit<T, "signature" | "signingCertUrl" | "signatureVersion">;

export const notificationToSign = ({ text, messageId, subject, at, topicArn }: Pick<Notification, "text" | "messageId" | "subject" | "at" | "topicArn">): string =>
  lines({ Message: text, MessageId: messageId, Subject: subject, Timestamp: timestamp(at), TopicArn: topicArn, Type: "Notification" });

export const controlToSign = ({ type, text, messageId, subscribeUrl, at, token, topicArn }: Unsigned<ControlMessage>): string =>
  lines({ Message: text, MessageId: messageId, SubscribeURL: subscribeUrl, Timestamp: timestamp(at), Token: token, TopicArn: topicArn, Type: type });

/** As SNS writes its JSON: a member in each line, spaces around the colon; an attribute's own type and value stand close together. */
const write = (members: Readonly<Record<string, string | undefined>>, attributes: Attributes = {}): string => {
  const written = Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [`  ${JSON.stringify(name)} : ${JSON.stringify(value)}`]));
  const described = Object.entries(describeAttributes(attributes)).map(([name, one]) => `    ${JSON.stringify(name)} : ${JSON.stringify(one)}`);
  if (described.length > 0) written.push(`  "MessageAttributes" : {\n${described.join(",\n")}\n  }`);
  return `{\n${written.join(",\n")}\n}`;
};

/** For queues, HTTP endpoints and mail as JSON. */
export const writeNotification = (one: Notification): string =>
  write({
    Type: "Notification",
    MessageId: one.messageId,
    SequenceNumber: one.sequenceNumber,
    TopicArn: one.topicArn,
    Subject: one.subject,
    Message: one.text,
    Timestamp: timestamp(one.at),
    SignatureVersion: one.signatureVersion,
    Signature: one.signature,
    SigningCertURL: one.signingCertUrl,
    UnsubscribeURL: one.unsubscribeUrl,
  }, one.attributes);

const lambdaRecord = (subscriptionArn: string, Sns: Record<string, unknown>): string => JSON.stringify({ Records: [{ EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: subscriptionArn, Sns }] });

/** The event of a function, whose members are spelled otherwise: `SigningCertUrl`, `UnsubscribeUrl`, a Subject that may be null. */
export const lambdaEvent = (subscriptionArn: string, one: Notification): string =>
  lambdaRecord(subscriptionArn, {
    Type: "Notification",
    MessageId: one.messageId,
    TopicArn: one.topicArn,
    Subject: one.subject ?? null,
    Message: one.text,
    Timestamp: timestamp(one.at),
    SignatureVersion: one.signatureVersion,
    Signature: one.signature,
    SigningCertUrl: one.signingCertUrl,
    UnsubscribeUrl: one.unsubscribeUrl,
    MessageAttributes: describeAttributes(one.attributes),
  });

export const writeControlMessage = (one: ControlMessage): string =>
  write({
    Type: one.type,
    MessageId: one.messageId,
    Token: one.token,
    TopicArn: one.topicArn,
    Message: one.text,
    SubscribeURL: one.subscribeUrl,
    Timestamp: timestamp(one.at),
    SignatureVersion: one.signatureVersion,
    Signature: one.signature,
    SigningCertURL: one.signingCertUrl,
  });

export const controlEvent = (subscriptionArn: string, one: ControlMessage): string =>
  lambdaRecord(subscriptionArn, {
    Type: one.type, MessageId: one.messageId, TopicArn: one.topicArn, Subject: null, Message: one.text, Timestamp: timestamp(one.at), SignatureVersion: one.signatureVersion,
    Signature: one.signature, SigningCertUrl: one.signingCertUrl, Token: one.token, SubscribeUrl: one.subscribeUrl, MessageAttributes: {},
  });

const AGENT = "Amazon Simple Notification Service Agent";

/** Headers of a post to an HTTP endpoint. */
export const httpHeaders = ({ type, messageId, topicArn, subscriptionArn, contentType, isRaw = false }: { type: string; messageId: string; topicArn: string; subscriptionArn?: string; contentType: string; isRaw?: boolean }): Record<string, string> => ({
  "x-amz-sns-message-type": type,
  "x-amz-sns-message-id": messageId,
  "x-amz-sns-topic-arn": topicArn,
  ...(subscriptionArn === undefined ? {} : { "x-amz-sns-subscription-arn": subscriptionArn }),
  ...(isRaw ? { "x-amz-sns-rawdelivery": "true" } : {}),
  "content-type": contentType,
  "user-agent": AGENT,
  "accept-encoding": "gzip,deflate",
});
