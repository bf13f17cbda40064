import { assert } from "../../kit/assert.ts";
import { bucketArn } from "../../kit/arn.ts";
import { chainOf, type Delivery } from "../../plumber/delivery.ts";
import { sqlOne, type Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { BucketRow } from "./bucket-rows.ts";
import { busEvent, eventPayload, type ObjectEvent } from "./event-record.ts";
import type { S3 } from "./needs.ts";
import { serviceOfTarget, SUBJECT } from "./notification-destinations.ts";
import { whyNotMatched, type NotificationRule } from "./notification-rules.ts";

/** What became of an event: told to the ledger once it is committed. */
export interface Notified {
  bucket: BucketRow;
  event: ObjectEvent;
  matches: readonly { rule: NotificationRule; deliveryId?: string; missed?: NonNullable<ReturnType<typeof whyNotMatched>> }[];
}

/** Grows with every event, restarts and moved clocks included, so that a receiver can order the events of one key. */
function* nextSequence(now: number): Operation<number> {
  const floor = now * 1_000;
  const row = yield* sqlOne("update s3_sequence set last = case when last >= ? then last + 1 else ? end where id = 1 returning last", floor, floor);
  assert(row !== undefined, "the sequence of S3 events has its row");
  return Number(row["last"]);
}

/** What the target gets: a bus an event of its own, the others S3's record. */
const contentFor = (rule: NotificationRule, bucket: BucketRow, event: ObjectEvent, sequence: number, context: RequestContext): Pick<Delivery, "payload" | "entry" | "subject"> => {
  const service = serviceOfTarget(rule.targetArn);
  if (service === "events") {
    const { detailType, detail } = busEvent(bucket, event, sequence, context);
    return { payload: detail, entry: { source: "aws.s3", detailType, resources: [bucketArn(bucket.name)], time: event.at } };
  }
  return { payload: eventPayload(bucket, event, rule.id, sequence, context), ...(service === "sns" ? { subject: SUBJECT } : {}) };
};

/** Writes one delivery for each rule that wants the event, in the commit of what happened. */
export function* notify(s3: S3, context: RequestContext, bucket: BucketRow, event: ObjectEvent): Operation<Notified> {
  const outcomes = bucket.notifications.map((rule) => ({ rule, missed: whyNotMatched(rule, event.name, event.key) }));
  if (!outcomes.some(({ missed }) => missed === undefined)) {
    return { bucket, event, matches: outcomes.map(({ rule, missed }) => ({ rule, missed: missed! })) };
  }
  const sequence = yield* nextSequence(event.at);
  const matches: Notified["matches"][number][] = [];
  for (const { rule, missed } of outcomes) {
    if (missed !== undefined) {
      matches.push({ rule, missed });
      continue;
    }
    const deliveryId = s3.random.uuid();
    yield* s3.outbox.enqueue({
      id: deliveryId,
      ...chainOf(context.trace),
      targetArn: rule.targetArn,
      ...contentFor(rule, bucket, event, sequence, context),
      as: { service: "s3.amazonaws.com", account: bucket.account, sourceArn: bucketArn(bucket.name), sourceAccount: bucket.account },
      region: bucket.region,
      keys: [context.requestId, `${bucket.name}/${event.key}`],
    });
    matches.push({ rule, deliveryId });
  }
  return { bucket, event, matches };
}

/** After the commit: wakes the plumber and tells the ledger. */
export const announce = (s3: S3, context: RequestContext, all: readonly Notified[]): void => {
  if (all.some(({ matches }) => matches.some(({ deliveryId }) => deliveryId !== undefined))) s3.outbox.poke();
  for (const notified of all) record(s3, context, notified);
};

const record = ({ ledger }: S3, context: RequestContext, { bucket, event, matches }: Notified): void => {
  const path = `${bucket.name}/${event.key}`;
  const common = { traceId: context.trace.id, account: bucket.account, region: bucket.region, keys: [context.requestId, path] };
  const name = event.name.slice("s3:".length);
  ledger.record({
    ...common,
    kind: "event",
    summary: `S3 makes the event ${name} of ${path}${matches.length === 0 ? "; the bucket has no notification configuration, so nothing is told" : ""}`,
    detail: { event: name, bucket: bucket.name, key: event.key, size: event.size ?? null, etag: event.etag ?? null },
  });
  for (const { rule, deliveryId, missed } of matches) {
    const target = `notification ${rule.id} to ${rule.targetArn}`;
    ledger.record({
      ...common,
      kind: "match",
      summary: missed === undefined
        ? `The ${target} matches`
        : `The ${target} does not match: its ${missed.filter} is ${JSON.stringify(missed.expected)}, ${missed.filter === "event" ? "this is" : "the key is"} ${JSON.stringify(missed.actual)}`,
      detail: { isMatched: missed === undefined, configurationId: rule.id, targetArn: rule.targetArn, ...(missed === undefined ? { deliveryId } : { failed: missed }) },
    });
  }
};
