import { ApiError, isApiError } from "../../kit/api-error.ts";
import { bucketArn, parseArn, type Arn } from "../../kit/arn.ts";
import { serviceCaller } from "../../kit/caller.ts";
import { isQueueThere, maySendTo } from "../../plumber/ask-queue.ts";
import { isTopicThere, mayPublishTo } from "../../plumber/ask-topic.ts";
import type { Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { BucketRow } from "./bucket-rows.ts";
import { invalidArgument } from "./errors.ts";
import { testEvent } from "./event-record.ts";
import type { S3 } from "./needs.ts";
import type { NotificationRule } from "./notification-rules.ts";

const RESOURCE = {
  lambda: /^function:[a-zA-Z0-9-_]{1,64}(:(\$LATEST|[a-zA-Z0-9-_]{1,128}))?$/,
  sqs: /^[a-zA-Z0-9-_]{1,80}(\.fifo)?$/,
  sns: /^[a-zA-Z0-9-_]{1,256}(\.fifo)?$/,
};
/** As the element of the XML is called. */
const ARGUMENT = { lambda: "CloudFunction", sqs: "Queue", sns: "Topic" };

/** In AWS's words: a FIFO topic is told what its ARN is not. */
const TOPIC_PATTERN = String.raw`^arn:aws[\p{Alpha}\-]*:sns:[\p{Alnum}\-]+:[\p{Digit}]{12}:[\p{Alnum}\-_]{1,256}$`;

/** Of the messages that topics are sent. */
export const SUBJECT = "Amazon S3 Notification";

export const serviceOfTarget = (targetArn: string): string | undefined => parseArn(targetArn)?.service;

export const checkTargetArn = (service: keyof typeof RESOURCE, arn: string, bucket: BucketRow): void => {
  const parsed = parseArn(arn);
  if (parsed === undefined || parsed.service !== service || !/^[0-9]{12}$/.test(parsed.account) || !RESOURCE[service].test(parsed.resource)) {
    throw invalidArgument("The ARN could not be parsed", ARGUMENT[service], arn);
  }
  if (parsed.resource.endsWith(".fifo")) {
    throw invalidArgument(service === "sqs" ? "FIFO SQS queues are not supported." : `The ARN failed to satisfy constraint: Member must satisfy regular expression pattern: ${TOPIC_PATTERN}`, ARGUMENT[service], arn);
  }
  if (parsed.region !== bucket.region) throw invalidArgument("The notification destination service region is not valid for the bucket location constraint", ARGUMENT[service], arn);
};

const asBucket = (bucket: BucketRow) => serviceCaller("s3.amazonaws.com", bucket.account, { sourceArn: bucketArn(bucket.name), sourceAccount: bucket.account });

/** What is wrong with a target, in AWS's words; undefined when it lets the bucket in. */
type Ask = (s3: S3, bucket: BucketRow, arn: Arn, text: string, context: RequestContext) => Promise<string | undefined>;

/** A missing function looks like a closed one: AWS does not tell a bucket's owner which functions others have. */
const askFunction: Ask = async ({ call }, bucket, { account }, text, { trace, signal }) => {
  try {
    await call("lambda", "Invoke", { FunctionName: text, InvocationType: "DryRun" }, { as: asBucket(bucket), region: bucket.region, account, trace, signal });
    return undefined;
  } catch (error) {
    if (!isApiError(error)) throw error;
    return `Not authorized to invoke function [${text}]`;
  }
};

const askQueue: Ask = async ({ call }, bucket, arn, _text, { trace, signal }) => {
  if (!(await isQueueThere(call, arn, { trace, signal }))) return "The destination queue does not exist";
  return (await maySendTo(call, arn, asBucket(bucket), { trace, signal })) ? undefined : "Permissions on the destination queue do not allow S3 to publish notifications from this bucket";
};

const askTopic: Ask = async ({ call }, bucket, arn, text, { trace, signal }) => {
  if (!(await isTopicThere(call, text, arn, { trace, signal }))) return "The destination topic does not exist";
  return (await mayPublishTo(call, text, asBucket(bucket), { trace, signal })) ? undefined : "Permissions on the destination topic do not allow S3 to publish notifications from this bucket";
};

/** The account's own default bus takes its buckets' events without being asked. */
const ASK: Record<string, Ask> = { lambda: askFunction, sqs: askQueue, sns: askTopic, events: async () => undefined };

/** The door: each target's policy must let this bucket in, asked as a delivery will ask later. */
export const checkDestinations = async (s3: S3, bucket: BucketRow, rules: readonly NotificationRule[], context: RequestContext): Promise<void> => {
  const shut: { target: string; why: string }[] = [];
  for (const target of new Set(rules.map(({ targetArn }) => targetArn))) {
    const arn = parseArn(target)!;
    const why = await ASK[arn.service]!(s3, bucket, arn, target, context);
    if (why !== undefined) shut.push({ target, why });
  }
  if (shut.length === 0) return;
  const members = Object.fromEntries(
    shut.flatMap(({ target, why }, index) => [[`ArgumentName${index + 1}`, `${target}, null`], [`ArgumentValue${index + 1}`, why]]),
  );
  throw new ApiError("InvalidArgument", "Unable to validate the following destination configurations", { status: 400, members });
};

/** Queues and topics are told at once that they will be notified, in the commit that configures it. A function is not invoked for that. */
export function* sendTestEvents(s3: S3, bucket: BucketRow, rules: readonly NotificationRule[], context: RequestContext): Operation<void> {
  const told = new Set(rules.map(({ targetArn }) => targetArn).filter((arn) => ["sqs", "sns"].includes(serviceOfTarget(arn)!)));
  for (const targetArn of told) {
    yield* s3.outbox.enqueue({
      id: s3.random.uuid(),
      traceId: context.trace.id,
      targetArn,
      payload: testEvent(bucket, s3.clock.now(), context.requestId),
      ...(serviceOfTarget(targetArn) === "sns" ? { subject: SUBJECT } : {}),
      as: { service: "s3.amazonaws.com", account: bucket.account, sourceArn: bucketArn(bucket.name), sourceAccount: bucket.account },
      region: bucket.region,
      keys: [context.requestId, bucket.name],
    });
  }
}
