import type { ReplayState } from "@aws-sdk/client-eventbridge";
import { findItem, saveItem, toItem, type EventItem, type Place } from "../../plumber/events/rows.ts";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import type { ArchivePlace } from "./archive-rows.ts";

/** What a replay is made of, and how far it is. Times in milliseconds. */
export interface StoredReplay {
  description?: string;
  /** Of the archive. */
  sourceArn: string;
  archiveId: string;
  destinationArn: string;
  /** ARNs of the only rules that get the events. */
  filterArns?: readonly string[];
  /** The events' own times, both included. */
  from: number;
  until: number;
  state: ReplayState;
  stateReason?: string;
  /** Platform time. */
  startedAt: number;
  endedAt?: number;
  /** The last event that was replayed. */
  last?: ArchivePlace;
}

export type Replay = EventItem<StoredReplay>;

export const replayArn = ({ account, region }: Place, name: string): string => `arn:aws:events:${region}:${account}:replay/${name}`;

export const isOver = ({ state }: StoredReplay): boolean => state === "COMPLETED" || state === "CANCELLED" || state === "FAILED";

export function* findReplay(place: Place, name: string): Operation<StoredReplay | undefined> {
  return (yield* findItem<StoredReplay>(place, "replay", name))?.body;
}

export function* saveReplay({ account, region, name }: Omit<Replay, "body">, body: StoredReplay): Operation<void> {
  yield* saveItem({ account, region, name, body }, "replay");
}

const AT_WORK = "kind = 'replay' and json_extract(body, '$.state') in ('STARTING', 'RUNNING', 'CANCELLING')";

/** Of all accounts and regions, those that are not over. */
export function* listReplaysAtWork(): Operation<Replay[]> {
  return (yield* sql(`select * from event_item where ${AT_WORK}`)).map((row) => toItem<StoredReplay>(row));
}

export function* countReplaysAtWork({ account, region }: Place): Operation<number> {
  return (yield* sqlOne(`select count(*) as n from event_item where ${AT_WORK} and account = ? and region = ?`, account, region))!["n"] as number;
}

/** Removes some of those that were over by then. @returns How many. */
export function* forgetReplays(endedUntil: number, most: number): Operation<number> {
  const old = "select account, region, kind, name from event_item where kind = 'replay' and json_extract(body, '$.endedAt') <= ? limit ?";
  return (yield* sql(`delete from event_item where (account, region, kind, name) in (${old}) returning name`, endedUntil, most)).length;
}
