import { SNS_PAGE_MAX } from "../../../kit/limits/sns.ts";
import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import type { Protocol } from "./endpoints.ts";

/** `removed`: taken away by its link. Until it ends its token brings it back. */
export type SubscriptionState = "pending" | "confirmed" | "removed";

export interface Subscription {
  arn: string;
  topicId: number;
  topicArn: string;
  region: string;
  /** The account that subscribed. */
  owner: string;
  /** The ARN of who subscribed: of a session its role's. */
  principal: string;
  protocol: Protocol;
  endpoint: string;
  /** Those that were given, as they were given. */
  attributes: Readonly<Record<string, string>>;
  state: SubscriptionState;
  token: string;
  /** Milliseconds; of what is not confirmed. */
  expiresAt: number | null;
  /** Whoever confirmed it had signed. */
  isAuthenticated: boolean;
  /** Its link alone does not end it. */
  needsAuthentication: boolean;
  /** What who subscribed called this server: the beginning of its links. */
  base: string;
  createdAt: number;
}

const toSubscription = (row: Row): Subscription => ({
  arn: row["arn"] as string,
  topicId: row["topic"] as number,
  topicArn: row["topic_arn"] as string,
  region: row["region"] as string,
  owner: row["owner"] as string,
  principal: row["principal"] as string,
  protocol: row["protocol"] as Protocol,
  endpoint: row["endpoint"] as string,
  attributes: JSON.parse(row["attributes"] as string) as Record<string, string>,
  state: row["state"] as SubscriptionState,
  token: row["token"] as string,
  expiresAt: row["expires_at"] as number | null,
  isAuthenticated: row["is_authenticated"] === 1,
  needsAuthentication: row["needs_authentication"] === 1,
  base: row["base"] as string,
  createdAt: row["created_at"] as number,
});

const isThere = (subscription: Subscription, now: number): boolean => subscription.expiresAt === null || subscription.expiresAt > now;

/** In any of its states, unless it has ended. */
export function* findSubscription(arn: string, now: number): Operation<Subscription | undefined> {
  const row = yield* sqlOne("select * from sns_subscription where arn = ?", arn);
  const found = row && toSubscription(row);
  return found !== undefined && isThere(found, now) ? found : undefined;
}

export function* findByToken(token: string, now: number): Operation<Subscription | undefined> {
  const row = yield* sqlOne("select * from sns_subscription where token = ?", token);
  const found = row && toSubscription(row);
  return found !== undefined && isThere(found, now) ? found : undefined;
}

/** The one that an endpoint has with a topic. */
export function* findByEndpoint(topicId: number, protocol: string, endpoint: string, now: number): Operation<Subscription | undefined> {
  const rows = yield* sql("select * from sns_subscription where topic = ? and protocol = ? and endpoint = ? and state <> 'removed'", topicId, protocol, endpoint);
  return rows.map(toSubscription).find((one) => isThere(one, now));
}

/** With all members, whether it was there or not. */
export function* writeSubscription(one: Subscription): Operation<void> {
  yield* sql(
    `insert into sns_subscription (arn, topic, topic_arn, region, owner, principal, protocol, endpoint, attributes, state, token, expires_at, is_authenticated, needs_authentication, base, created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (arn) do update set attributes = excluded.attributes, state = excluded.state, token = excluded.token, expires_at = excluded.expires_at,
       is_authenticated = excluded.is_authenticated, needs_authentication = excluded.needs_authentication, base = excluded.base`,
    one.arn, one.topicId, one.topicArn, one.region, one.owner, one.principal, one.protocol, one.endpoint, JSON.stringify(one.attributes), one.state, one.token, one.expiresAt,
    one.isAuthenticated ? 1 : 0, one.needsAuthentication ? 1 : 0, one.base, one.createdAt,
  );
}

export function* deleteSubscription(arn: string): Operation<void> {
  yield* sql("delete from sns_subscription where arn = ?", arn);
}

/** What nobody confirmed in time, and what was taken away and is not wanted back. */
export function* sweepSubscriptions(now: number): Operation<void> {
  yield* sql("delete from sns_subscription where expires_at is not null and expires_at <= ?", now);
}

/** By ARN: those that get messages. */
export function* listConfirmed(topicId: number): Operation<Subscription[]> {
  return (yield* sql("select * from sns_subscription where topic = ? and state = 'confirmed' order by arn", topicId)).map(toSubscription);
}

const LISTED = "state <> 'removed' and (expires_at is null or expires_at > ?) and arn > ? order by arn limit ?";

/** By ARN, those after `after`: one more than a page holds, where there are more. */
export function* listOfTopic(topicId: number, after: string, now: number): Operation<Subscription[]> {
  return (yield* sql(`select * from sns_subscription where topic = ? and ${LISTED}`, topicId, now, after, SNS_PAGE_MAX + 1)).map(toSubscription);
}

export function* listOfOwner({ account, region }: { account: string; region: string }, after: string, now: number): Operation<Subscription[]> {
  return (yield* sql(`select * from sns_subscription where owner = ? and region = ? and ${LISTED}`, account, region, now, after, SNS_PAGE_MAX + 1)).map(toSubscription);
}

export function* countStates(topicId: number, now: number): Operation<{ confirmed: number; pending: number }> {
  const rows = yield* sql("select state, count(*) as n from sns_subscription where topic = ? and (expires_at is null or expires_at > ?) group by state", topicId, now);
  const of = (state: SubscriptionState): number => (rows.find((row) => row["state"] === state)?.["n"] ?? 0) as number;
  return { confirmed: of("confirmed"), pending: of("pending") };
}
