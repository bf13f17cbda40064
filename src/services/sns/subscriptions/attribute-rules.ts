import { parseArn } from "../../../kit/arn.ts";
import { compileFilterPolicy, type FilterPolicyScope } from "../../../patterns/filter-policy.ts";
import { readSubscriptionDeliveryPolicy } from "../delivery-policy.ts";
import { AttributeFault, notBuilt } from "../errors.ts";
import { isFifoName, type TopicName } from "../names.ts";
import { isHttp, type Protocol } from "./endpoints.ts";

/** Attributes as they are kept; `undefined` takes one away. */
export type AttributeChanges = Record<string, string | undefined>;

interface Of {
  topic: TopicName;
  protocol: Protocol;
  /** Of who subscribes: a dead-letter queue is to be theirs. */
  owner: string;
}

type Rule = (value: string, name: string, of: Of) => string | undefined;
/** Of a value that need not be said. */
type OptionalRule = (value: string | undefined, name: string, of: Of) => string | undefined;

const raw: Rule = (value, name, { protocol }) => {
  if (!/^(true|false)$/i.test(value)) throw new AttributeFault(`${name}: Invalid value [${value}]. Must be true or false.`);
  if (value.toLowerCase() === "false") return undefined;
  if (protocol !== "sqs" && !isHttp(protocol)) throw new AttributeFault(`Delivery protocol [${protocol}] does not support raw message delivery.`);
  return "true";
};

const isEmptyPolicy = (text: string): boolean => /^\s*(?:\{\s*\})?\s*$/.test(text);

/** It cannot be taken away: who would have AWS's default says so. */
const scope: OptionalRule = (value, name) => {
  if (value !== "MessageAttributes" && value !== "MessageBody") throw new AttributeFault(`${name}: Invalid value [${value ?? null}]. Please use either MessageBody or MessageAttributes`);
  return value;
};

const parseMap = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** "The Amazon SNS subscription and Amazon SQS queue must be under the same AWS account and Region." */
const redrive: Rule = (value, _name, { topic, owner }) => {
  const policy = parseMap(value);
  if (policy === undefined) throw new AttributeFault("RedrivePolicy: failed to parse JSON.");
  const { deadLetterTargetArn: target, ...others } = policy;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new AttributeFault(`RedrivePolicy: invalid JSON. Attribute ${other} is unknown.`);
  if (target === undefined) throw new AttributeFault("RedrivePolicy: Missing deadLetterTargetArn attribute");
  const arn = typeof target === "string" ? parseArn(target) : undefined;
  if (arn === undefined || arn.resource === "") throw new AttributeFault("RedrivePolicy: deadLetterTargetArn is an invalid arn");
  if (arn.service !== "sqs") throw new AttributeFault("RedrivePolicy: deadLetterTargetArn must be a SQS queue");
  if (arn.region !== topic.region) throw new AttributeFault("RedrivePolicy: deadLetterTargetArn must be in the same region as the subscription");
  if (arn.account !== owner) throw new AttributeFault("RedrivePolicy: deadLetterTargetArn must be in the same account as the subscription");
  if (isFifoName(arn.resource) !== isFifoName(topic.name)) throw new AttributeFault(`RedrivePolicy: must use a ${isFifoName(topic.name) ? "FIFO" : "standard"} queue as DLQ for a ${isFifoName(topic.name) ? "FIFO" : "standard"} topic subscription`);
  return value;
};

const delivery: Rule = (value, name, { protocol }) => {
  if (!isHttp(protocol)) throw new AttributeFault(`${name}: Delivery protocol [${protocol}] does not support delivery policy.`);
  return readSubscriptionDeliveryPolicy(value);
};

const refused =
  (why: string): OptionalRule =>
  (value, name) => {
    if ((value ?? "") === "") return undefined;
    throw notBuilt(`${name} of a subscription is not built in lambdad: ${why}`);
  };

const removable =
  (rule: Rule): OptionalRule =>
  (value, name, of) => (value === undefined || value === "" ? undefined : rule(value, name, of));

/** Source: Subscribe and SetSubscriptionAttributes, API reference. Filter policies are looked at when their scope is known. */
const RULES: Readonly<Record<string, OptionalRule>> = {
  RawMessageDelivery: removable(raw),
  FilterPolicy: (value) => (isEmptyPolicy(value ?? "") ? undefined : value),
  FilterPolicyScope: scope,
  RedrivePolicy: removable(redrive),
  DeliveryPolicy: removable(delivery),
  SubscriptionRoleArn: refused("there is no Data Firehose"),
  ReplayPolicy: refused("messages are not archived for replay"),
};

export const isAttribute = (name: string): boolean => Object.hasOwn(RULES, name);

/** Throws AttributeFault of the first that is wrong. */
export const readAttributes = (given: Readonly<Record<string, string | undefined>>, of: Of): AttributeChanges => {
  const changes: AttributeChanges = {};
  for (const [name, value] of Object.entries(given)) {
    if (!isAttribute(name)) throw new AttributeFault(`Unknown attribute ${name}`);
    changes[name] = RULES[name]!(value, name, of);
  }
  return changes;
};

export const scopeOf = (attributes: Readonly<Record<string, string>>): FilterPolicyScope => (attributes["FilterPolicyScope"] as FilterPolicyScope | undefined) ?? "MessageAttributes";

/** The attributes after the change. Throws InvalidPattern for a filter policy that is none in its scope. */
export const withChanges = (before: Readonly<Record<string, string>>, changes: AttributeChanges): Record<string, string> => {
  const after = Object.fromEntries(Object.entries({ ...before, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const policy = after["FilterPolicy"];
  if (policy !== undefined) compileFilterPolicy(policy, { scope: scopeOf(after) });
  return after;
};
