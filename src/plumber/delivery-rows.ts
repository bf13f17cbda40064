import { createTally } from "../kit/tally.ts";
import { sql, sqlOne, type Operation, type Row } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";

/** A delivery as it is kept. */
export interface Due extends Delivery {
  /** Tries that there were. */
  attempts: number;
  acceptedAt: number;
  /** It has just been committed by this process, and nobody has tried it yet. */
  isFresh?: true;
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
  /** How many more a target takes. */
  roomOf(targetArn: string): number;
  /** How many more may go to HTTP endpoints. */
  outwardRoom: number;
}

/** More than ever are held. */
const LOOKED_AT_MAX = 1_000;

const OF_OLDEST = `select * from delivery where id in (
    select id from (select id, target_arn, is_outward from delivery where due_at <= ? order by due_at, accepted_at limit ${LOOKED_AT_MAX})
    where id not in (select value from json_each(?)) and target_arn not in (select value from json_each(?)) and is_outward <= ? limit ?
  ) order by due_at, accepted_at`;

/** Of each other target in one look: there may be many. */
const LOOKED_AT_PER_TARGET_MAX = 5;

/** A step through the index for each target, and a look at the oldest of each that has not its share. */
const OF_OTHER_TARGETS = `with recursive target (is_outward, arn) as (
    select 0, (select min(target_arn) from delivery where is_outward = 0)
    union all select 1, (select min(target_arn) from delivery where is_outward = 1)
    union all select is_outward, (select min(target_arn) from delivery where is_outward = target.is_outward and target_arn > target.arn) from target where arn is not null
  )
  select * from delivery where id in (
    select due.id from target cross join delivery due
      on due.rowid in (select rowid from delivery where is_outward = target.is_outward and target_arn = target.arn and due_at <= ? order by due_at limit ${LOOKED_AT_PER_TARGET_MAX})
    where target.arn is not null and target.is_outward <= ? and target.arn not in (select value from json_each(?)) and due.id not in (select value from json_each(?))
    order by due.due_at limit ?
  ) order by due_at, accepted_at`;

/** Of these, no more than there is room for at each target, and at HTTP endpoints in all. */
const withinRoom = (found: readonly Due[], { roomOf, outwardRoom }: Pick<UnderWay, "roomOf" | "outwardRoom">): Due[] => {
  const taken = createTally<string>();
  let outward = 0;
  return found.filter((one) => {
    if (taken.of(one.targetArn) >= roomOf(one.targetArn) || (isOutward(one) && outward >= outwardRoom)) return false;
    taken.add(one.targetArn);
    if (isOutward(one)) outward++;
    return true;
  });
};

/** What is due, oldest first, leaving out what is under way and targets that have their share of it, however much waits for those. */
export function* readDue(now: number, limit: number, { heldIds, busyTargets, ...room }: UnderWay): Operation<{ due: Due[]; mayBeMore: boolean }> {
  const [held, busy, outwardMax] = [JSON.stringify([...heldIds]), JSON.stringify(busyTargets), room.outwardRoom > 0 ? 1 : 0];
  const isLeftOut = busyTargets.length > 0 || outwardMax === 0;
  let rows = yield* sql(OF_OLDEST, now, held, busy, outwardMax, limit);
  if (rows.length === 0 && isLeftOut) rows = yield* sql(OF_OTHER_TARGETS, now, outwardMax, busy, held, limit);
  const due = withinRoom(rows.map(toDue), room);
  return { due, mayBeMore: isLeftOut || rows.length === limit || due.length < rows.length };
}

export function* nextDueAt(now: number): Operation<number | undefined> {
  const row = yield* sqlOne("select min(due_at) as at from delivery where due_at > ? and due_at < ?", now, WAITING);
  return (row?.["at"] ?? undefined) as number | undefined;
}

export function* countDeliveries(): Operation<number> {
  return (yield* sqlOne("select count(*) as n from delivery"))!["n"] as number;
}

/** Those of the ids that wait for their first try. */
export function* untriedOf(ids: readonly string[]): Operation<string[]> {
  if (ids.length === 0) return [];
  return (yield* sql("select id from delivery where attempts = 0 and id in (select value from json_each(?))", JSON.stringify(ids))).map((row) => row["id"] as string);
}
