import type { LambdaFunctionConfiguration, NotificationConfiguration } from "@aws-sdk/client-s3";
import { isApiError } from "../../kit/api-error.ts";
import { bucketArn, parseArn } from "../../kit/arn.ts";
import { serviceCaller } from "../../kit/caller.ts";
import { S3_NOTIFICATIONS_MAX } from "../../kit/limits.ts";
import { ApiError } from "../../kit/api-error.ts";
import { sql } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket, type BucketRow } from "./bucket-rows.ts";
import { invalidArgument, malformedXml, notBuilt } from "./errors.ts";
import type { S3, S3Handler } from "./needs.ts";
import { areAmbiguous, isSupportedEvent, type NotificationRule } from "./notification-rules.ts";
import { bucketOf } from "./object-names.ts";

const FILTER_VALUE_BYTES_MAX = 1_024;
const FUNCTION_RESOURCE = /^function:[a-zA-Z0-9-_]{1,64}(:(\$LATEST|[a-zA-Z0-9-_]{1,128}))?$/;

const refuseOtherTargets = (configuration: NotificationConfiguration): void => {
  if ((configuration.QueueConfigurations ?? []).length > 0) throw notBuilt("A notification to an SQS queue (QueueConfiguration)");
  if ((configuration.TopicConfigurations ?? []).length > 0) throw notBuilt("A notification to an SNS topic (TopicConfiguration)");
  if (configuration.EventBridgeConfiguration !== undefined) throw notBuilt("Sending a bucket's events to EventBridge (EventBridgeConfiguration)");
};

const checkArn = (arn: string, bucket: BucketRow): void => {
  const parsed = parseArn(arn);
  if (parsed === undefined || parsed.service !== "lambda" || !/^[0-9]{12}$/.test(parsed.account) || !FUNCTION_RESOURCE.test(parsed.resource)) {
    throw invalidArgument("The ARN could not be parsed", "CloudFunction", arn);
  }
  if (parsed.region !== bucket.region) throw invalidArgument("The notification destination service region is not valid for the bucket location constraint", "CloudFunction", arn);
};

const checkEvents = (events: readonly string[]): void => {
  for (const event of events) {
    if (isSupportedEvent(event)) continue;
    if (/^s3:[A-Za-z]+(:[A-Za-z*]+)?$/.test(event)) throw notBuilt(`The event ${event}: nothing in lambdad can cause it, so a notification of it`);
    throw invalidArgument("The event is not supported for notifications", "Event", event);
  }
};

/** At most one prefix and one suffix, their names in any case; an empty value matches all. */
const readFilter = ({ Filter }: LambdaFunctionConfiguration): Pick<NotificationRule, "prefix" | "suffix"> => {
  const filter: { prefix?: string; suffix?: string } = {};
  for (const { Name, Value = "" } of Filter?.Key?.FilterRules ?? []) {
    const name = Name?.toLowerCase();
    if (name !== "prefix" && name !== "suffix") throw invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", Name);
    if (filter[name] !== undefined) throw invalidArgument(`Cannot specify more than one ${name} rule in a filter.`, "FilterRule.Name", Name);
    if (Buffer.byteLength(Value) > FILTER_VALUE_BYTES_MAX) throw invalidArgument("Size of filter rule value cannot exceed 1024 bytes in UTF-8", "FilterRule.Value", Value);
    filter[name] = Value;
  }
  return filter;
};

const readRules = (configuration: NotificationConfiguration, bucket: BucketRow, newId: () => string): NotificationRule[] => {
  refuseOtherTargets(configuration);
  const given = configuration.LambdaFunctionConfigurations ?? [];
  if (given.length > S3_NOTIFICATIONS_MAX) throw new ApiError("TooManyConfigurations", `You are attempting to create a new configuration but have already reached the ${S3_NOTIFICATIONS_MAX}-configuration limit.`, { status: 400 });
  const rules = given.map((one): NotificationRule => {
    if (one.LambdaFunctionArn === undefined || (one.Events ?? []).length === 0) throw malformedXml();
    checkArn(one.LambdaFunctionArn, bucket);
    checkEvents(one.Events!);
    return { id: one.Id || newId(), functionArn: one.LambdaFunctionArn, events: [...one.Events!], ...readFilter(one) };
  });
  if (new Set(rules.map(({ id }) => id)).size < rules.length) throw invalidArgument("Same ID used for multiple configurations. IDs must be unique", "Id", undefined);
  if (rules.some((one, index) => rules.slice(index + 1).some((other) => areAmbiguous(one, other)))) {
    throw new ApiError("InvalidArgument", "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.", { status: 400 });
  }
  return rules;
};

/** The door: each function's policy must let this bucket in, asked as a delivery will ask later. */
const checkDestinations = async (s3: S3, bucket: BucketRow, rules: readonly NotificationRule[], context: RequestContext): Promise<void> => {
  const as = serviceCaller("s3.amazonaws.com", bucket.account, { sourceArn: bucketArn(bucket.name), sourceAccount: bucket.account });
  const shut: string[] = [];
  for (const arn of new Set(rules.map(({ functionArn }) => functionArn))) {
    const account = parseArn(arn)!.account;
    try {
      await s3.call("lambda", "Invoke", { FunctionName: arn, InvocationType: "DryRun" }, { as, region: bucket.region, account, trace: context.trace, signal: context.signal });
    } catch (error) {
      if (!isApiError(error)) throw error;
      shut.push(arn);
    }
  }
  if (shut.length === 0) return;
  // A missing function looks like a closed one: AWS does not tell a bucket's owner which functions others have.
  const members = Object.fromEntries(
    shut.flatMap((arn, index) => [[`ArgumentName${index + 1}`, `${arn}, null`], [`ArgumentValue${index + 1}`, `Not authorized to invoke function [${arn}]`]]),
  );
  throw new ApiError("InvalidArgument", "Unable to validate the following destination configurations", { status: 400, members });
};

const recordChange = (s3: S3, context: RequestContext, bucket: BucketRow, rules: readonly NotificationRule[]): void =>
  s3.ledger.record({
    traceId: context.trace.id,
    kind: "notice",
    account: bucket.account,
    region: bucket.region,
    keys: [context.requestId, bucket.name, ...rules.map(({ functionArn }) => functionArn)],
    summary: rules.length === 0 ? `The bucket ${bucket.name} notifies nobody from now on` : `The bucket ${bucket.name} notifies ${rules.map(({ functionArn }) => functionArn).join(", ")} from now on`,
    detail: { bucket: bucket.name, rules },
  });

/** Replaces the whole configuration; an empty one removes it. */
export const createPutBucketNotificationConfiguration = (s3: S3): S3Handler<"PutBucketNotificationConfiguration"> => async (input, context) => {
  const name = bucketOf(input);
  const bucket = await s3.store.run(() => requireBucket(name, input.ExpectedBucketOwner));
  const rules = readRules(input.NotificationConfiguration ?? {}, bucket, () => s3.random.uuid());
  if (input.SkipDestinationValidation !== true) await checkDestinations(s3, bucket, rules, context);
  await s3.store.run(function* () {
    yield* requireBucket(name);
    yield* sql("update s3_bucket set notifications = ? where name = ?", JSON.stringify(rules), name);
  });
  recordChange(s3, context, bucket, rules);
  return {};
};

const describeRule = ({ id, functionArn, events, prefix, suffix }: NotificationRule): LambdaFunctionConfiguration => {
  const filterRules = [
    ...(prefix === undefined ? [] : [{ Name: "Prefix" as "prefix", Value: prefix }]),
    ...(suffix === undefined ? [] : [{ Name: "Suffix" as "suffix", Value: suffix }]),
  ];
  return {
    Id: id,
    LambdaFunctionArn: functionArn,
    Events: events as NonNullable<LambdaFunctionConfiguration["Events"]>,
    ...(filterRules.length === 0 ? {} : { Filter: { Key: { FilterRules: filterRules } } }),
  };
};

export const createGetBucketNotificationConfiguration = (s3: S3): S3Handler<"GetBucketNotificationConfiguration"> => async (input) => {
  const { notifications } = await s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
  return notifications.length === 0 ? {} : { LambdaFunctionConfigurations: notifications.map(describeRule) };
};
