import { sql, sqlOne, type Operation, type Row } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";

/** A delivery as it is kept. */
export interface Due extends Delivery {
  /** Tries that there were. */
  attempts: number;
  acceptedAt: number;
}

/** Of a delivery that waits until the one before it in its lane is gone: no time that ever comes. */
const WAITING = Number.MAX_SAFE_INTEGER;

const toDue = (row: Row): Due => ({ ...(JSON.parse(row["body"] as string) as Delivery), attempts: row["attempts"] as number, acceptedAt: row["accepted_at"] as number });

/** To an HTTP endpoint, which is nobody's here and may be slow. */
export const isOutward = ({ http, targetArn }: Pick<Delivery, "http" | "targetArn">): boolean => http !== undefined || targetArn.includes(":api-destination/");

/** Once, however often it is enqueued. It is due at once, if nothing in its lane is before it. */
export function* insertDelivery(delivery: Delivery, now: number): Operation<void> {
  const { id, targetArn, region, order } = delivery;
  const isBehind = order !== undefined && (yield* sqlOne("select 1 from delivery where lane = ? limit 1", order.lane)) !== undefined;
  yield* sql(
    "insert into delivery (id, target_arn, region, body, attempts, accepted_at, due_at, lane, position, is_outward) values (?, ?, ?, ?, 0, ?, ?, ?, ?, ?) on conflict (id) do nothing",
    id, targetArn, region, JSON.stringify(delivery), now, isBehind ? WAITING : now, order?.lane ?? null, order?.position ?? null, isOutward(delivery) ? 1 : 0,
  );
}

/** It is over, and what waited for it is due. */
export function* removeDelivery({ id, order }: Delivery, now: number): Operation<void> {
  yield* sql("delete from delivery where id = ?", id);
  if (order !== undefined) yield* sql("update delivery set due_at = ? where id = (select id from delivery where lane = ? order by position limit 1) and due_at = ?", now, order.lane, WAITING);
}

export function* tryAgain({ id }: Delivery, dueAt: number): Operation<void> {
  yield* sql("update delivery set attempts = attempts + 1, due_at = ?, body = json_remove(body, '$.turnAt') where id = ?", dueAt, id);
}

/** Its turn has not come yet, and is kept with it. */
export function* postponeDelivery({ id }: Delivery, turnAt: number): Operation<void> {
  yield* sql("update delivery set due_at = ?, body = json_set(body, '$.turnAt', ?) where id = ?", turnAt, turnAt, id);
}

/** What is under way already, and has its share of it. */
export interface UnderWay {
  heldIds: ReadonlySet<string>;
  busyTargets: readonly string[];
  /** How many more may go to HTTP endpoints. */
  outwardRoom: number;
}

/** What is due, oldest first, leaving out what is under way and targets that have their share of it. */
export function* readDue(now: number, limit: number, { heldIds, busyTargets, outwardRoom }: UnderWay): Operation<Due[]> {
  const rows = yield* sql(
    "select * from delivery where due_at <= ? and id not in (select value from json_each(?)) and target_arn not in (select value from json_each(?)) and is_outward <= ? order by due_at, accepted_at limit ?",
    now, JSON.stringify([...heldIds]), JSON.stringify(busyTargets), outwardRoom > 0 ? 1 : 0, limit,
  );
  let outward = 0;
  return rows.map(toDue).filter((one) => !isOutward(one) || ++outward <= outwardRoom);
}

export function* nextDueAt(now: number): Operation<number | undefined> {
  const row = yield* sqlOne("select min(due_at) as at from delivery where due_at > ? and due_at < ?", now, WAITING);
  return (row?.["at"] ?? undefined) as number | undefined;
}

export function* countDeliveries(): Operation<number> {
  return (yield* sqlOne("select count(*) as n from delivery"))!["n"] as number;
}
