import type { ReplayState } from "@aws-sdk/client-eventbridge";
import { findItem, saveItem, type EventItem, type Place } from "../../plumber/events/rows.ts";
import type { Operation } from "../../store/store.ts";
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
