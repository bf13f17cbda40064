import { ApiError } from "../../kit/api-error.ts";
import { invalidAttribute, notBuilt, unknownAttribute } from "./errors.ts";
import { readRedriveAllowPolicy, readRedrivePolicy } from "./redrive-policy.ts";
import type { QueueName } from "./queue-rows.ts";
import { readQueuePolicy } from "./queue-policy.ts";

/** Attributes as they are kept; `undefined` takes one away. */
export type AttributeChanges = Record<string, string | undefined>;

/** Brings a value into the form that it is kept in. Throws what is wrong with it. */
type Rule = (value: string, name: string, queue: QueueName) => string | undefined;

const integer =
  (min: number, max: number): Rule =>
  (value, name) => {
    if (!/^\d{1,10}$/.test(value) || Number(value) < min || Number(value) > max) throw invalidAttribute(name);
    return String(Number(value));
  };

const oneOf =
  (...allowed: readonly string[]): Rule =>
  (value, name) => {
    if (!allowed.includes(value)) throw invalidAttribute(name);
    return value;
  };

/** An empty text takes it away. */
const removable =
  (rule: Rule): Rule =>
  (value, name, queue) => (value === "" ? undefined : rule(value, name, queue));

const AWS_MANAGED_KEY = /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:)?alias\/aws\/sqs$/;

const masterKey: Rule = (value) => {
  if (AWS_MANAGED_KEY.test(value)) return value;
  throw notBuilt(`A queue with a key of its own (KmsMasterKeyId ${value}) is not built in lambdad, which has no KMS yet: leave it out, or use KmsMasterKeyId=alias/aws/sqs or SqsManagedSseEnabled=true`);
};

const boolean = oneOf("true", "false");

/** Source: SetQueueAttributes, API reference. */
const RULES: Readonly<Record<string, Rule>> = {
  DelaySeconds: integer(0, 900),
  MaximumMessageSize: integer(1_024, 1_048_576),
  MessageRetentionPeriod: integer(60, 1_209_600),
  ReceiveMessageWaitTimeSeconds: integer(0, 20),
  VisibilityTimeout: integer(0, 43_200),
  Policy: removable((value) => readQueuePolicy(value)),
  RedrivePolicy: removable((value, _name, queue) => readRedrivePolicy(value, queue)),
  RedriveAllowPolicy: removable((value) => readRedriveAllowPolicy(value)),
  KmsMasterKeyId: removable(masterKey),
  KmsDataKeyReusePeriodSeconds: integer(60, 86_400),
  SqsManagedSseEnabled: boolean,
};

const FIFO_RULES: Readonly<Record<string, Rule>> = {
  ContentBasedDeduplication: boolean,
  DeduplicationScope: oneOf("queue", "messageGroup"),
  FifoThroughputLimit: oneOf("perQueue", "perMessageGroupId"),
  FifoQueue(value) {
    if (value !== "true") throw invalidAttribute("FifoQueue", "Modifying queue type is not supported.");
    return undefined;
  },
};

/** What can be asked for, and not set. */
export const COUNTED = { visible: "ApproximateNumberOfMessages", inFlight: "ApproximateNumberOfMessagesNotVisible", delayed: "ApproximateNumberOfMessagesDelayed" } as const;
const TOLD: readonly string[] = ["QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", ...Object.values(COUNTED)];

export const isAttributeOf = (name: string, isFifo: boolean): boolean => Object.hasOwn(RULES, name) || TOLD.includes(name) || (isFifo && Object.hasOwn(FIFO_RULES, name));

/** Throws InvalidAttributeName and InvalidAttributeValue, of the first that is wrong. */
export const readAttributes = (given: Readonly<Record<string, string | undefined>>, queue: QueueName & { isFifo: boolean }): AttributeChanges => {
  const changes: AttributeChanges = {};
  for (const [name, value = ""] of Object.entries(given)) {
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : queue.isFifo && Object.hasOwn(FIFO_RULES, name) ? FIFO_RULES[name] : undefined;
    if (rule === undefined) throw unknownAttribute(name);
    changes[name] = rule(value, name, queue);
  }
  refuseTwoEncryptions(changes);
  return changes;
};

const refuseTwoEncryptions = ({ KmsMasterKeyId, SqsManagedSseEnabled }: AttributeChanges): void => {
  if (KmsMasterKeyId === undefined || SqsManagedSseEnabled !== "true") return;
  throw new ApiError("InvalidAttributeValue", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.", { status: 400 });
};

/** The attributes after the change; what two of them say together is looked at then. One kind of encryption replaces the other. */
export const withChanges = (before: Readonly<Record<string, string>>, changes: AttributeChanges): Record<string, string> => {
  const replaced: AttributeChanges =
    changes["KmsMasterKeyId"] !== undefined ? { SqsManagedSseEnabled: "false" } : changes["SqsManagedSseEnabled"] === "true" ? { KmsMasterKeyId: undefined, KmsDataKeyReusePeriodSeconds: undefined } : {};
  const after = Object.fromEntries(Object.entries({ ...before, ...changes, ...replaced }).filter((entry): entry is [string, string] => entry[1] !== undefined));
  if (after["FifoThroughputLimit"] === "perMessageGroupId" && after["DeduplicationScope"] !== "messageGroup") {
    throw invalidAttribute("FifoThroughputLimit", "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.");
  }
  return after;
};
