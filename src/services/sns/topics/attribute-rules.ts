import { SNS_MAXIMUM_MESSAGE_SIZE_MAX, SNS_MAXIMUM_MESSAGE_SIZE_MIN, SNS_MESSAGE_BYTES_MAX } from "../../../kit/limits/sns.ts";
import { AttributeFault, notBuilt } from "../errors.ts";
import { readTopicDeliveryPolicy } from "../delivery-policy.ts";
import { isFifoName, topicArn, type TopicName } from "../names.ts";
import { readTopicPolicy } from "./policy.ts";

/** Attributes as they are kept; `undefined` takes one away. */
export type AttributeChanges = Record<string, string | undefined>;

/** Brings a value into the form that it is kept in. Throws AttributeFault. */
type Rule = (value: string, name: string, topic: TopicName) => string | undefined;

const oneOf =
  (allowed: readonly string[], fault: (name: string, value: string) => string): Rule =>
  (value, name) => {
    if (!allowed.includes(value)) throw new AttributeFault(fault(name, value));
    return value;
  };

const boolean: Rule = (value, name) => {
  if (!/^(true|false)$/i.test(value)) throw new AttributeFault(`${name}: Invalid value [${value}]. Must be true or false.`);
  return value.toLowerCase();
};

/** An empty text takes it away. */
const removable =
  (rule: Rule): Rule =>
  (value, name, topic) => (value === "" ? undefined : rule(value, name, topic));

const AWS_MANAGED_KEY = /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:)?alias\/aws\/sns$/;

const masterKey: Rule = (value) => {
  if (AWS_MANAGED_KEY.test(value)) return value;
  throw notBuilt(`A topic with a key of its own (KmsMasterKeyId ${value}) is not built in lambdad, which has no KMS yet: leave it out, or use alias/aws/sns`);
};

const refused =
  (why: string): Rule =>
  (value, name) => {
    if (value === "") return undefined;
    throw notBuilt(`${name} of a topic is not built in lambdad: ${why}`);
  };

const displayName: Rule = (value) => {
  if (value.length > 100 || /[\u0000-\u001f\u007f]/.test(value)) throw new AttributeFault("DisplayName");
  return value;
};

const messageSize: Rule = (value, name) => {
  const bytes = /^\d{1,7}$/.test(value) ? Number(value) : Number.NaN;
  if (!(bytes >= SNS_MAXIMUM_MESSAGE_SIZE_MIN && bytes <= SNS_MAXIMUM_MESSAGE_SIZE_MAX)) {
    throw new AttributeFault(`${name}: Invalid value [${value}]. Must be an integer between ${SNS_MAXIMUM_MESSAGE_SIZE_MIN} and ${SNS_MAXIMUM_MESSAGE_SIZE_MAX}.`);
  }
  if (bytes > SNS_MESSAGE_BYTES_MAX) throw notBuilt(`A topic whose messages are larger than ${SNS_MESSAGE_BYTES_MAX} bytes (MaximumMessageSize ${value}) is not built in lambdad: hand on where they are kept, as in a bucket`);
  return String(bytes);
};

/** Source: SetTopicAttributes, API reference. */
const RULES: Readonly<Record<string, Rule>> = {
  DisplayName: removable(displayName),
  Policy: removable((value, _name, topic) => readTopicPolicy(value, topicArn(topic))),
  DeliveryPolicy: removable((value) => readTopicDeliveryPolicy(value)),
  KmsMasterKeyId: removable(masterKey),
  MaximumMessageSize: messageSize,
  TracingConfig: removable(oneOf(["PassThrough", "Active"], (_name, value) => `Invalid tracing config value: ${value}`)),
  SignatureVersion: removable(oneOf(["1", "2"], (name) => `${name}: Invalid value. Must be 1 or 2.`)),
  ArchivePolicy: refused("messages are not archived for replay"),
  DataProtectionPolicy: refused("messages are not searched for sensitive data"),
};

const FIFO_RULES: Readonly<Record<string, Rule>> = {
  ContentBasedDeduplication: boolean,
  FifoThroughputScope: oneOf(["Topic", "MessageGroup"], (name, value) => `${name}: Invalid value [${value}]. Must be one of: Topic, MessageGroup`),
};

const FEEDBACK_ROLE = /^(?:HTTP|SQS|Lambda|Application|Firehose)(?:Success|Failure)FeedbackRoleArn$/;
const FEEDBACK_RATE = /^(?:HTTP|SQS|Lambda|Application|Firehose)SuccessFeedbackSampleRate$/;

export const isFeedbackRole = (name: string): boolean => FEEDBACK_ROLE.test(name);

/** Of the topic's own account: a role of another, whose trust policy may let SNS take it on for anybody, would write where the topic's owner may not. */
const role: Rule = (value, name, { account }) => {
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(value)) throw new AttributeFault(`${name}: Invalid value [${value}]. Must be the ARN of a role.`);
  if (value.split(":")[4] !== account) throw new AttributeFault(`${name}: Invalid value [${value}]. Cross-account pass role is not allowed.`);
  return value;
};

const percentage: Rule = (value, name) => {
  if (!/^\d{1,3}$/.test(value) || Number(value) > 100) throw new AttributeFault(`${name}: Invalid value [${value}]. Must be an integer between 0 and 100.`);
  return String(Number(value));
};

const ruleOf = (name: string, topic: TopicName): Rule | undefined => {
  if (Object.hasOwn(RULES, name)) return RULES[name];
  if (isFifoName(topic.name) && Object.hasOwn(FIFO_RULES, name)) return FIFO_RULES[name];
  if (isFeedbackRole(name)) return removable(role);
  return FEEDBACK_RATE.test(name) ? removable(percentage) : undefined;
};

/** Throws AttributeFault of the first that is wrong. `FifoTopic` is a new topic's alone. */
export const readAttributes = (given: Readonly<Record<string, string | undefined>>, topic: TopicName): AttributeChanges => {
  const changes: AttributeChanges = {};
  for (const [name, value = ""] of Object.entries(given)) {
    const rule = ruleOf(name, topic);
    if (rule === undefined) throw new AttributeFault(`Unknown attribute ${name}`);
    changes[name] = rule(value, name, topic);
  }
  return changes;
};

export const isAttribute = (name: string, topic: TopicName): boolean => ruleOf(name, topic) !== undefined;

export const withChanges = (before: Readonly<Record<string, string>>, changes: AttributeChanges): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...before, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined));
