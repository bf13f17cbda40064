import { createHash } from "node:crypto";
import { SCHEDULE_TOKEN_MS } from "../../kit/limits/schedules.ts";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import { conflict } from "./errors.ts";
import type { Place } from "./names.ts";

export interface Request {
  operation: string;
  input: { ClientToken?: string | undefined };
  now: number;
}

/** More than one: what many requests left is gone again after fewer. */
const FORGOTTEN_AT_ONCE = 20;

const digestOf = ({ operation, input }: Request): string => createHash("sha256").update(JSON.stringify([operation, Object.entries(input).toSorted(([a], [b]) => (a < b ? -1 : 1))])).digest("base64");

/** Does what was asked for, unless it was done already with this ClientToken. @returns whether it was done now */
export function* onceForToken({ account, region }: Place, request: Request, work: () => Operation<void>): Operation<boolean> {
  const { input: { ClientToken: token }, now } = request;
  if (token === undefined) {
    yield* work();
    return true;
  }
  const digest = digestOf(request);
  const known = yield* sqlOne("select digest from schedule_token where account = ? and region = ? and token = ? and at > ?", account, region, token, now - SCHEDULE_TOKEN_MS);
  if (known?.["digest"] === digest) return false;
  if (known !== undefined) throw conflict(`The ClientToken ${token} was used for another request.`);
  yield* work();
  yield* sql(
    "delete from schedule_token where (account, region, token) in (select account, region, token from schedule_token where at <= ? order by at limit ?)",
    now - SCHEDULE_TOKEN_MS, FORGOTTEN_AT_ONCE,
  );
  yield* sql(
    "insert into schedule_token (account, region, token, digest, at) values (?, ?, ?, ?, ?) on conflict (account, region, token) do update set digest = excluded.digest, at = excluded.at",
    account, region, token, digest, now,
  );
  return true;
}
