import { ASYNC_PAYLOAD_BYTES_MAX } from "../kit/limits/lambda.ts";
import { sql, sqlOne, type Operation, type Row } from "../store/store.ts";
import type { Attempted } from "./after-run.ts";
import type { QueuedInvocation } from "./scheduler.ts";

/** An event that nobody else runs while the lease is on it. */
export interface Leased extends QueuedInvocation, Attempted {
  leaseToken: string;
}

export const functionKey = ({ account, region, functionName }: QueuedInvocation): string => `${account}/${region}/${functionName}`;

const toEvent = (row: Row, leaseToken: string): Leased => ({
  requestId: row["request_id"] as string,
  traceId: row["trace_id"] as string,
  account: row["account"] as string,
  region: row["region"] as string,
  functionName: row["function_name"] as string,
  invokedFunctionArn: row["invoked_arn"] as string,
  payload: Buffer.from(row["payload"] as Uint8Array),
  acceptedAt: row["accepted_at"] as number,
  attempts: row["attempts"] as number,
  backoffs: row["backoffs"] as number,
  leaseToken,
  ...(row["lineage"] === null ? {} : { lineage: row["lineage"] as string }),
  ...(row["qualifier"] === null ? {} : { qualifier: row["qualifier"] as string }),
  ...(row["tenant_id"] === null ? {} : { tenantId: row["tenant_id"] as string }),
});

/** The same request id again is the same event: then it is not new. @param leaseToken Of who runs it without having to look for it. */
export function* insertEvent(event: QueuedInvocation, now: number, leaseToken?: string): Operation<boolean> {
  const { requestId, traceId, lineage = null, account, region, functionName, qualifier = null, tenantId = null, invokedFunctionArn, payload } = event;
  const inserted = yield* sql(
    `insert into async_event (request_id, trace_id, lineage, account, region, function_name, function_key, qualifier, tenant_id, invoked_arn, payload, accepted_at, due_at, attempts, backoffs, lease_token)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?) on conflict (request_id) do nothing returning request_id`,
    requestId, traceId, lineage, account, region, functionName, functionKey(event), qualifier, tenantId, invokedFunctionArn, payload, now, now, leaseToken ?? null,
  );
  return inserted.length > 0;
}

/** The functions that have events due: one step through the index for each of them, however many events they have. */
function* waitingFunctions(now: number): Operation<string[]> {
  const rows = yield* sql(
    `with recursive waiting(key) as (
       select min(function_key) from async_event where lease_token is null
       union all select (select min(function_key) from async_event where lease_token is null and function_key > waiting.key) from waiting where waiting.key is not null
     ) select key from waiting where key is not null and exists (select 1 from async_event where lease_token is null and function_key = waiting.key and due_at <= ?)`,
    now,
  );
  return rows.map((row) => row["key"] as string);
}

/** Leases a function's due events, oldest first: as many as have the bytes, or one. */
function* claim(key: string, now: number, most: number, bytesMost: number, leaseToken: string): Operation<Leased[]> {
  const rows = yield* sql(
    `update async_event set lease_token = ? where request_id in (
       select request_id from (
         select request_id, row_number() over before as place, sum(length(payload)) over before as bytes from (
           select request_id, payload, due_at from async_event where lease_token is null and function_key = ? and due_at <= ? order by due_at limit ?
         ) window before as (order by due_at, request_id rows unbounded preceding)
       ) where place = 1 or bytes <= ?
     ) returning *`,
    leaseToken, key, now, most, bytesMost,
  );
  return rows.map((row) => toEvent(row, leaseToken)).toSorted((a, b) => a.acceptedAt - b.acceptedAt);
}

interface Room {
  count: number;
  bytes: number;
  /** How many more a function may have. */
  of(key: string): number;
  /** It has nothing in memory, and comes to have one, whatever the others have. */
  isAbsent(key: string): boolean;
}

interface Claimed {
  events: Leased[];
  /** Functions that may have more events due than they have room for. */
  full: string[];
  /** Nothing else that is due is left. */
  isAll: boolean;
}

const bytesOf = (events: readonly Leased[]): number => events.reduce((sum, { payload }) => sum + payload.length, 0);

/** Leases due events for the room there is: an equal share for each function. */
export function* claimFairly(now: number, room: Room, leaseToken: string): Operation<Claimed> {
  const keys = yield* waitingFunctions(now);
  const open = keys.filter((key) => room.of(key) > 0);
  const claimed: Claimed = { events: [], full: keys.filter((key) => room.of(key) <= 0), isAll: true };
  const share = Math.max(1, Math.floor(room.count / Math.max(1, open.length)));
  const shareOfBytes = Math.floor(room.bytes / Math.max(1, open.length));
  for (const key of open) {
    const left = Math.max(room.count - claimed.events.length, room.isAbsent(key) ? 1 : 0);
    const most = Math.min(share, left, room.of(key));
    const events = most > 0 ? yield* claim(key, now, most, shareOfBytes, leaseToken) : [];
    claimed.events.push(...events);
    const isShortOfBytes = events.length > 0 && bytesOf(events) + ASYNC_PAYLOAD_BYTES_MAX > shareOfBytes;
    if (events.length === room.of(key)) claimed.full.push(key);
    else if (most <= 0 || events.length === most || isShortOfBytes) claimed.isAll = false;
  }
  return claimed;
}

/** Only who holds the lease can: false says that another one has the event now. */
export function* removeEvent({ requestId, leaseToken }: Leased): Operation<boolean> {
  return (yield* sql("delete from async_event where request_id = ? and lease_token = ? returning request_id", requestId, leaseToken)).length > 0;
}

/** Gives the lease back; false as above. */
export function* runAgain({ requestId, leaseToken }: Leased, dueAt: number, isAttempt: boolean): Operation<boolean> {
  const updated = yield* sql(
    "update async_event set lease_token = null, due_at = ?, attempts = attempts + ?, backoffs = backoffs + ? where request_id = ? and lease_token = ? returning request_id",
    dueAt, isAttempt ? 1 : 0, isAttempt ? 0 : 1, requestId, leaseToken,
  );
  return updated.length > 0;
}

/** Those of an earlier process are nobody's. */
export function* endLeases(): Operation<void> {
  yield* sql("update async_event set lease_token = null where lease_token is not null");
}

export function* countEvents(): Operation<number> {
  return (yield* sqlOne("select count(*) as n from async_event"))!["n"] as number;
}

export function* nextEventAt(now: number): Operation<number | undefined> {
  return ((yield* sqlOne("select min(due_at) as at from async_event where lease_token is null and due_at > ?", now))?.["at"] ?? undefined) as number | undefined;
}
