import type { Trace } from "../../kit/ledger.ts";

/** An event that a bus has taken. */
export interface BusEvent {
  id: string;
  source: string;
  detailType: string;
  /** As it says itself: milliseconds, of a whole second. */
  time: number;
  /** When the bus took it: platform time, milliseconds. */
  ingestedAt: number;
  /** The whole event, JSON, as its targets get it. */
  json: string;
  /** It is known that no object of it has a key twice, and that no key has a dot. */
  isPlain?: boolean;
  trace: Trace;
  /** It comes from another bus, and goes on to none. */
  isForwarded: boolean;
  /** The delivery that has brought it from there: the rules of a bus may bring it to another one each by itself. */
  broughtBy?: string;
  /** The replay that it comes from. */
  replayName?: string;
}

const SECOND_MS = 1_000;

export const wholeSecond = (milliseconds: number): number => Math.floor(milliseconds / SECOND_MS) * SECOND_MS;

/** `2026-11-20T13:00:00Z` */
export const timeText = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, -".000Z".length)}Z`;

/** The event with its members in AWS's order ("Events in Amazon EventBridge", user guide). `detail`: JSON, which goes in as it is. */
export const writeEvent = ({ id, detailType, source, account, time, region, resources, detail }: Pick<BusEvent, "id" | "detailType" | "source" | "time"> & { account: string; region: string; resources: readonly string[]; detail: string }): string =>
  `{"version":"0","id":"${id}","detail-type":${JSON.stringify(detailType)},"source":${JSON.stringify(source)},"account":"${account}","time":"${timeText(time)}","region":"${region}","resources":${JSON.stringify(resources)},"detail":${detail}}`;

/** What an event says of itself that is kept of it apart. `json`: as `writeEvent` makes it, or `withReplayName` of that: an event that a replay has brought to one bus comes from it on the next one, too. */
export const readEvent = (json: string): Pick<BusEvent, "id" | "detailType" | "source" | "time" | "replayName"> => {
  const { id, "detail-type": detailType, source, time, "replay-name": replayName } = JSON.parse(json) as { id: string; "detail-type": string; source: string; time: string; "replay-name"?: string };
  return { id, detailType, source, time: Date.parse(time), ...(replayName === undefined ? {} : { replayName }) };
};

/** An event out of an archive says which replay it comes from. */
export const withReplayName = (json: string, replayName: string): string => `${json.slice(0, -1)},"replay-name":${JSON.stringify(replayName)}}`;
