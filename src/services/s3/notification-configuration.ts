import type { LambdaFunctionConfiguration, NotificationConfiguration } from "@aws-sdk/client-s3";
import { ApiError } from "../../kit/api-error.ts";
import { S3_NOTIFICATIONS_MAX } from "../../kit/limits/s3.ts";
import { busArn, DEFAULT_BUS } from "../../plumber/events/buses.ts";
import { sql } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket, type BucketRow } from "./bucket-rows.ts";
import { invalidArgument, malformedXml, notBuilt } from "./errors.ts";
import type { S3, S3Handler } from "./needs.ts";
import { checkDestinations, checkTargetArn, sendTestEvents, serviceOfTarget } from "./notification-destinations.ts";
import { areAmbiguous, busRule, isSupportedEvent, type NotificationRule } from "./notification-rules.ts";
import { bucketOf } from "./object-names.ts";

const FILTER_VALUE_BYTES_MAX = 1_024;

const checkEvents = (events: readonly string[]): void => {
  for (const event of events) {
    if (isSupportedEvent(event)) continue;
    if (/^s3:[A-Za-z]+(:[A-Za-z*]+)?$/.test(event)) throw notBuilt(`The event ${event}: nothing in lambdad can cause it, so a notification of it`);
    throw invalidArgument("The event is not supported for notifications", "Event", event);
  }
};

/** At most one prefix and one suffix, their names in any case; an empty value matches all. */
const readFilter = ({ Filter }: Given): Pick<NotificationRule, "prefix" | "suffix"> => {
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

/** A configuration of any kind, its target's ARN aside. */
type Given = Pick<LambdaFunctionConfiguration, "Id" | "Events" | "Filter"> & { targetArn: string | undefined; service: "lambda" | "sqs" | "sns" };

const given = ({ LambdaFunctionConfigurations = [], QueueConfigurations = [], TopicConfigurations = [] }: NotificationConfiguration): Given[] => [
  ...LambdaFunctionConfigurations.map((one): Given => ({ ...one, targetArn: one.LambdaFunctionArn, service: "lambda" })),
  ...QueueConfigurations.map((one): Given => ({ ...one, targetArn: one.QueueArn, service: "sqs" })),
  ...TopicConfigurations.map((one): Given => ({ ...one, targetArn: one.TopicArn, service: "sns" })),
];

const readRules = (configuration: NotificationConfiguration, bucket: BucketRow, newId: () => string): NotificationRule[] => {
  const all = given(configuration);
  if (all.length > S3_NOTIFICATIONS_MAX) throw new ApiError("TooManyConfigurations", `You are attempting to create a new configuration but have already reached the ${S3_NOTIFICATIONS_MAX}-configuration limit.`, { status: 400 });
  const rules = all.map((one): NotificationRule => {
    if (one.targetArn === undefined || (one.Events ?? []).length === 0) throw malformedXml();
    checkTargetArn(one.service, one.targetArn, bucket);
    checkEvents(one.Events!);
    return { id: one.Id || newId(), targetArn: one.targetArn, events: [...one.Events!], ...readFilter(one) };
  });
  if (new Set(rules.map(({ id }) => id)).size < rules.length) throw invalidArgument("Same ID used for multiple configurations. IDs must be unique", "Id", undefined);
  if (rules.some((one, index) => rules.slice(index + 1).some((other) => areAmbiguous(one, other)))) {
    throw new ApiError("InvalidArgument", "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.", { status: 400 });
  }
  return configuration.EventBridgeConfiguration === undefined ? rules : [...rules, busRule(busArn(bucket, DEFAULT_BUS))];
};

const recordChange = (s3: S3, context: RequestContext, bucket: BucketRow, rules: readonly NotificationRule[]): void =>
  s3.ledger.record({
    traceId: context.trace.id,
    kind: "notice",
    account: bucket.account,
    region: bucket.region,
    keys: [context.requestId, bucket.name, ...rules.map(({ targetArn }) => targetArn)],
    summary: rules.length === 0 ? `The bucket ${bucket.name} notifies nobody from now on` : `The bucket ${bucket.name} notifies ${rules.map(({ targetArn }) => targetArn).join(", ")} from now on`,
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
    if (input.SkipDestinationValidation !== true) yield* sendTestEvents(s3, bucket, rules, context);
  });
  s3.outbox.poke();
  recordChange(s3, context, bucket, rules);
  return {};
};

const describeRule = ({ id, events, prefix, suffix }: NotificationRule): Pick<LambdaFunctionConfiguration, "Id" | "Filter"> & { Events: NonNullable<LambdaFunctionConfiguration["Events"]> } => {
  const filterRules = [
    ...(prefix === undefined ? [] : [{ Name: "Prefix" as "prefix", Value: prefix }]),
    ...(suffix === undefined ? [] : [{ Name: "Suffix" as "suffix", Value: suffix }]),
  ];
  return {
    Id: id,
    Events: events as NonNullable<LambdaFunctionConfiguration["Events"]>,
    ...(filterRules.length === 0 ? {} : { Filter: { Key: { FilterRules: filterRules } } }),
  };
};

export const createGetBucketNotificationConfiguration = (s3: S3): S3Handler<"GetBucketNotificationConfiguration"> => async (input) => {
  const { notifications } = await s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
  const of = (service: string) => notifications.filter(({ targetArn }) => serviceOfTarget(targetArn) === service);
  const [functions, queues, topics, buses] = [of("lambda"), of("sqs"), of("sns"), of("events")];
  return {
    ...(functions.length === 0 ? {} : { LambdaFunctionConfigurations: functions.map((rule) => ({ ...describeRule(rule), LambdaFunctionArn: rule.targetArn })) }),
    ...(queues.length === 0 ? {} : { QueueConfigurations: queues.map((rule) => ({ ...describeRule(rule), QueueArn: rule.targetArn })) }),
    ...(topics.length === 0 ? {} : { TopicConfigurations: topics.map((rule) => ({ ...describeRule(rule), TopicArn: rule.targetArn })) }),
    ...(buses.length === 0 ? {} : { EventBridgeConfiguration: {} }),
  };
};
