import { hash } from "node:crypto";
import { chainOf, type DeadLetter, type Delivery, type StatusLog } from "../../../plumber/delivery.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { NewMail } from "../../../plumber/mail.ts";
import { isFifoName } from "../names.ts";
import type { Protocol } from "../subscriptions/endpoints.ts";
import { linkBase, unsubscribeUrl } from "../subscriptions/links.ts";
import { notificationMail, senderOf } from "../subscriptions/mail.ts";
import type { Subscriber } from "../topics/reader.ts";
import type { Topic } from "../topics/rows.ts";
import { sequenceNumber } from "./deduplication.ts";
import { deduplicationIdOf, type Draft } from "./draft.ts";
import { httpHeaders, lambdaEvent, writeNotification, type Notification } from "./envelope.ts";

/** One message, for all that are told of it. */
export interface Telling {
  topic: Topic;
  draft: Draft;
  trace: Trace;
  /** Milliseconds: its Timestamp. */
  at: number;
  /** Of FIFO topics. */
  sequence?: number;
  /** Of a text that subscribers of some protocol are told. */
  signatureOf(text: string): string;
  certificatePath: string;
  /** This server's address. */
  endpoint: string;
  /** 0 to 99, drawn for each delivery: below the sample rate its success is told of. */
  draw(): number;
}

export type Told = { delivery: Delivery } | { mail: NewMail };

/** Always the same for one message and subscription: what is enqueued twice is delivered once. In the form of a UUID, as it becomes a request id. */
export const deliveryId = (messageId: string, subscriptionArn: string): string =>
  hash("sha256", `${messageId} ${subscriptionArn}`, "hex").replace(/^(.{8})(.{4}).(.{3})..(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");

export const asSns = ({ account, arn }: Pick<Topic, "account" | "arn">) => ({ service: "sns.amazonaws.com", account, sourceArn: arn, sourceAccount: account });

const notificationFor = (telling: Telling, { subscription }: Subscriber): Notification => {
  const { topic, draft, at, sequence, endpoint } = telling;
  const base = linkBase(subscription.base, endpoint);
  const text = draft.textFor(subscription.protocol);
  const signed = () => ({ signatureVersion: topic.attributes["SignatureVersion"] === "2" ? "2" : "1", signature: telling.signatureOf(text), signingCertUrl: `${base}${telling.certificatePath}` }) as const;
  return {
    messageId: draft.id, topicArn: topic.arn, subject: draft.subject, text, at, attributes: draft.attributes,
    ...(sequence === undefined ? signed() : { sequenceNumber: sequenceNumber(sequence) }),
    unsubscribeUrl: unsubscribeUrl(base, subscription.arn),
  };
};

type ForTarget = Pick<Delivery, "payload"> & Partial<Delivery>;

/** What a queue needs of a FIFO message: its group, and for a FIFO queue what it is known by. A standard queue is fair by groups. */
const inQueue = (queueArn: string, { draft, sequence }: Telling): Partial<Delivery> => ({
  ...(draft.groupId === undefined ? {} : { messageGroupId: draft.groupId }),
  ...(sequence !== undefined && isFifoName(queueArn) ? { messageDeduplicationId: deduplicationIdOf(draft) } : {}),
});

const bare = (text: string, draft: Draft): ForTarget => ({ payload: text, ...(Object.keys(draft.attributes).length === 0 ? {} : { messageAttributes: { ...draft.attributes } }) });

const forQueue = (telling: Telling, subscriber: Subscriber): ForTarget => {
  const { protocol, endpoint } = subscriber.subscription;
  const told = subscriber.isRaw ? bare(telling.draft.textFor(protocol), telling.draft) : { payload: writeNotification(notificationFor(telling, subscriber)) };
  return { ...told, ...inQueue(endpoint, telling) };
};

const forHttp = (telling: Telling, subscriber: Subscriber): ForTarget => {
  const { subscription, isRaw, contentType, perSecond } = subscriber;
  const headers = httpHeaders({ type: "Notification", messageId: telling.draft.id, topicArn: telling.topic.arn, subscriptionArn: subscription.arn, contentType, isRaw });
  return {
    payload: isRaw ? telling.draft.textFor(subscription.protocol) : writeNotification(notificationFor(telling, subscriber)),
    http: { url: subscription.endpoint, headers },
    ...(perSecond === undefined ? {} : { perSecond }),
  };
};

/** SQS takes ten attributes of a message, and what went wrong are three. */
const ATTRIBUTES_BESIDE_FAILURE = 7;

/** The dead letter is what a queue would have been told. */
const deadLetterOf = (telling: Telling, subscriber: Subscriber): DeadLetter | undefined => {
  const { deadLetterArn: targetArn, isRaw, subscription } = subscriber;
  if (targetArn === undefined) return undefined;
  const { draft, topic } = telling;
  const { payload, messageAttributes: attributes = {} } = isRaw ? bare(draft.textFor(subscription.protocol), draft) : { payload: writeNotification(notificationFor(telling, subscriber)) };
  const { messageGroupId, messageDeduplicationId } = inQueue(targetArn, telling);
  return {
    targetArn, as: asSns(topic), style: "SNS", payload,
    ...(Object.keys(attributes).length === 0 || Object.keys(attributes).length > ATTRIBUTES_BESIDE_FAILURE ? {} : { attributes }),
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(messageDeduplicationId === undefined ? {} : { messageDeduplicationId }),
  };
};

const mailFor = (telling: Telling, subscriber: Subscriber): NewMail => {
  const { topic, draft, at } = telling;
  const { subscription } = subscriber;
  const one = notificationFor(telling, subscriber);
  const { subject, body } = notificationMail(one.text, draft.subject, one.unsubscribeUrl);
  return {
    account: topic.account, region: topic.region, messageId: draft.id, from: senderOf(topic.attributes["DisplayName"]), to: subscription.endpoint, subject, at,
    body: subscription.protocol === "email-json" ? writeNotification(one) : body,
  };
};

/** What a topic's attributes call an endpoint ("Amazon SNS message delivery status"). */
const FEEDBACK: Partial<Record<Protocol, string>> = { lambda: "Lambda", sqs: "SQS", http: "HTTP", https: "HTTP" };

const statusLogOf = ({ topic, draft, at, draw }: Telling, protocol: Protocol): StatusLog | undefined => {
  const of = (name: string) => topic.attributes[`${FEEDBACK[protocol]}${name}`];
  const [success, failureRole] = [of("SuccessFeedbackRoleArn"), of("FailureFeedbackRoleArn")];
  const isSampled = success !== undefined && draw() < Number(of("SuccessFeedbackSampleRate") ?? 100);
  if (!isSampled && failureRole === undefined) return undefined;
  return {
    group: `sns/${topic.region}/${topic.account}/${topic.name}`,
    ...(isSampled ? { successRole: success } : {}),
    ...(failureRole === undefined ? {} : { failureRole }),
    notification: { messageMD5Sum: hash("md5", draft.message, "hex"), messageId: draft.id, topicArn: topic.arn, timestamp: new Date(at).toISOString().replace("T", " ").replace("Z", "") },
  };
};

/** What one subscriber is told: a delivery, or mail that is kept at once. Of one FIFO group a subscriber is told in order: each delivery waits for the one before it. */
export const tell = (telling: Telling, subscriber: Subscriber): Told => {
  const { topic, draft, trace, sequence } = telling;
  const { subscription, retry } = subscriber;
  const { protocol, endpoint, arn } = subscription;
  if (protocol === "email" || protocol === "email-json") return { mail: mailFor(telling, subscriber) };
  const isHttp = protocol === "http" || protocol === "https";
  const told = protocol === "lambda" ? { payload: lambdaEvent(arn, notificationFor(telling, subscriber)) } : isHttp ? forHttp(telling, subscriber) : forQueue(telling, subscriber);
  const deadLetter = deadLetterOf(telling, subscriber);
  const statusLog = statusLogOf(telling, protocol);
  return {
    delivery: {
      id: deliveryId(draft.id, arn),
      ...chainOf(trace),
      targetArn: isHttp ? arn : endpoint,
      as: asSns(topic),
      region: topic.region,
      keys: [draft.id, topic.name, topic.arn, arn],
      retry,
      measured: { namespace: "AWS/SNS", dimensions: { TopicName: topic.name } },
      ...(sequence === undefined ? {} : { order: { lane: `${arn} ${draft.groupId}`, position: sequence } }),
      ...(deadLetter === undefined ? {} : { deadLetter }),
      ...(statusLog === undefined ? {} : { statusLog }),
      ...told,
    },
  };
};
