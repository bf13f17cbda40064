import { formatArn, parseArn } from "../../kit/arn.ts";
import type { RequestContext } from "../service.ts";
import { invalidParameter } from "./errors.ts";

/** Where a topic lives, and what it is called. */
export interface TopicName {
  account: string;
  region: string;
  name: string;
}

export const topicArn = ({ account, region, name }: TopicName): string => formatArn({ service: "sns", account, region, resource: name });

const parts = (text: string, parameter: string): string[] => {
  const all = text.split(":");
  if (all.length < 6) throw invalidParameter(`${parameter} Reason: An ARN must have at least 6 elements, not ${all.length}`);
  return all;
};

const NAME = /^[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;
const ACCOUNT = /^\d{12}$/;

/** Undefined when it is no topic's ARN. */
export const parseTopicArn = (text: string): TopicName | undefined => {
  const arn = parseArn(text);
  if (arn?.service !== "sns" || !NAME.test(arn.resource) || !ACCOUNT.test(arn.account) || arn.region === "") return undefined;
  return { account: arn.account, region: arn.region, name: arn.resource };
};

type Where = Pick<RequestContext, "region" | "wire">;

/** A region's endpoint knows no other region's topics; who names none is at home everywhere. */
const refuseOtherRegion = (region: string, context: Where, parameter: string): void => {
  if (context.wire?.isRegionNamed === true && region !== context.region) throw invalidParameter(parameter);
};

/** The topic that a request names, which need not be there. Throws InvalidParameter. */
export const inTopic = (given: string | undefined, context: Where, parameter = "TopicArn"): TopicName => {
  const text = given ?? "";
  parts(text, parameter);
  const named = parseTopicArn(text);
  if (named === undefined) throw invalidParameter(parameter);
  refuseOtherRegion(named.region, context, parameter);
  return named;
};

const SUBSCRIPTION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The subscription that a request names, and its topic. Throws InvalidParameter. */
export const inSubscription = (given: string | undefined, context: Where): { arn: string; topic: TopicName } => {
  const text = given ?? "";
  const all = parts(text, "SubscriptionArn");
  const topic = parseTopicArn(all.slice(0, 6).join(":"));
  if (all.length === 6 && topic !== undefined) throw invalidParameter("SubscriptionId");
  if (all.length !== 7 || topic === undefined || !SUBSCRIPTION_ID.test(all[6]!)) throw invalidParameter("SubscriptionArn");
  refuseOtherRegion(topic.region, context, "SubscriptionArn");
  return { arn: text, topic };
};

export const isFifoName = (name: string): boolean => name.endsWith(".fifo");
