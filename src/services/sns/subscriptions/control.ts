import type { Trace } from "../../../kit/ledger.ts";
import type { Delivery } from "../../../plumber/delivery.ts";
import { keepMail } from "../../../plumber/mail.ts";
import type { Operation } from "../../../store/store.ts";
import { AWS_ENDPOINT_RETRIES, effectivePolicy, httpRetries } from "../delivery-policy.ts";
import { controlEvent, controlToSign, httpHeaders, writeControlMessage, type ControlMessage } from "../messages/envelope.ts";
import { asSns, deliveryId } from "../messages/notify.ts";
import type { SnsParts } from "../needs.ts";
import type { Topic } from "../topics/rows.ts";
import { isHttp } from "./endpoints.ts";
import { confirmUrl, linkBase } from "./links.ts";
import { cancellationMail, confirmationMail, senderOf } from "./mail.ts";
import type { Subscription } from "./rows.ts";

const CONTENT_TYPE = "text/plain; charset=UTF-8";

const TEXTS: Record<ControlMessage["type"], (subscription: Subscription) => string> = {
  SubscriptionConfirmation: ({ topicArn }) => `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
  UnsubscribeConfirmation: ({ arn }) => `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
};

type Control = Pick<SnsParts, "signer" | "endpoint" | "clock" | "random" | "outbox">;

/** Messages that ask an endpoint to confirm a subscription, or tell it that one is gone: signed before the commit, sent by it. */
export const createControlMessages = ({ signer, endpoint, clock, random, outbox }: Control) => {
  const message = async (type: ControlMessage["type"], subscription: Subscription, topic: Topic): Promise<ControlMessage> => {
    const { topicArn, token } = subscription;
    const base = linkBase(subscription.base, endpoint());
    const unsigned = { type, messageId: random.uuid(), topicArn, text: TEXTS[type](subscription), token, subscribeUrl: confirmUrl(base, topicArn, token), at: clock.now() };
    const signatureVersion = topic.attributes["SignatureVersion"] === "2" ? "2" : "1";
    return { ...unsigned, signatureVersion, signature: await signer.sign(signatureVersion, controlToSign(unsigned)), signingCertUrl: `${base}${await signer.certificatePath()}` };
  };

  const deliveryOf = (one: ControlMessage, { arn, protocol, endpoint: url }: Subscription, topic: Topic, trace: Trace): Delivery => {
    const common = { id: deliveryId(one.messageId, arn), traceId: trace.id, as: asSns(topic), region: topic.region, keys: [one.messageId, topic.name, topic.arn, arn] };
    if (isHttp(protocol)) {
      const headers = httpHeaders({ type: one.type, messageId: one.messageId, topicArn: topic.arn, contentType: CONTENT_TYPE });
      return { ...common, targetArn: arn, payload: writeControlMessage(one), http: { url, headers }, retry: httpRetries(effectivePolicy(topic.attributes["DeliveryPolicy"], undefined)) };
    }
    return { ...common, targetArn: url, payload: protocol === "lambda" ? controlEvent(arn, one) : writeControlMessage(one), retry: AWS_ENDPOINT_RETRIES };
  };

  return {
    message,
    *send(one: ControlMessage, subscription: Subscription, topic: Topic, trace: Trace): Operation<void> {
      const { protocol, endpoint: to } = subscription;
      if (protocol !== "email" && protocol !== "email-json") return yield* outbox.enqueue(deliveryOf(one, subscription, topic, trace));
      const mail = one.type === "SubscriptionConfirmation" ? confirmationMail(topic.arn, one.subscribeUrl) : cancellationMail(topic.arn, one.subscribeUrl);
      yield* keepMail({ account: topic.account, region: topic.region, messageId: one.messageId, from: senderOf(topic.attributes["DisplayName"]), to, at: one.at, ...mail });
    },
  };
};

export type ControlMessages = ReturnType<typeof createControlMessages>;
