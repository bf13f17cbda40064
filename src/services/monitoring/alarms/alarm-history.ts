import type { AlarmHistoryItem } from "@aws-sdk/client-cloudwatch";
import { ALARM_HISTORY_DAYS_MAX } from "../../../kit/limits/metrics.ts";
import { sql, type Operation, type Row, type Value } from "../../../store/store.ts";
import type { Alarm, Place, StateOfAlarm } from "./alarm-rows.ts";
import type { Change } from "./messages.ts";

type ItemType = "ConfigurationUpdate" | "StateUpdate" | "Action";

export interface HistoryItem extends Place {
  name: string;
  /** Milliseconds since the epoch. */
  at: number;
  type: ItemType;
  summary: string;
  data: Record<string, unknown>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const stateData = ({ value, reason, reasonData }: StateOfAlarm): Record<string, unknown> => ({ stateValue: value, stateReason: reason, ...(reasonData === undefined ? {} : { stateReasonData: JSON.parse(reasonData) as unknown }) });

export const configurationItem = ({ account, region, name, configuredAt, configuration }: Alarm, what: "Create" | "Update" | "Delete", at = configuredAt): HistoryItem => ({
  account, region, name, at, type: "ConfigurationUpdate", summary: `Alarm "${name}" ${what.toLowerCase().replace(/e?$/, "ed")}`, data: { version: "1.0", type: what, ...(what === "Delete" ? { deletedAlarm: configuration } : { [`${what.toLowerCase().replace(/e?$/, "ed")}Alarm`]: configuration }) },
});

/** What becomes of its actions is written down when it is known (`action-history.ts`). */
export const changeItem = ({ alarm: { account, region, name, state }, before }: Change): HistoryItem => ({
  account, region, name, at: state.updatedAt, type: "StateUpdate", summary: `Alarm updated from ${before.value} to ${state.value}`, data: { version: "1.0", oldState: stateData(before), newState: stateData(state) },
});

/** With each write some of what is too old goes. */
export function* appendHistory(items: readonly HistoryItem[], now: number): Operation<void> {
  for (const { account, region, name, at, type, summary, data } of items) {
    yield* sql("insert into alarm_history (account, region, name, at, type, summary, data) values (?, ?, ?, ?, ?, ?, ?)", account, region, name, at, type, summary, JSON.stringify(data));
  }
  yield* sql("delete from alarm_history where id in (select id from alarm_history where at < ? order by id limit 1000)", now - ALARM_HISTORY_DAYS_MAX * DAY_MS);
}

interface Wanted extends Place {
  name: string | undefined;
  type: string | undefined;
  /** Milliseconds, both included. */
  from: number;
  to: number;
  isAscending: boolean;
}

const toItem = (row: Row): AlarmHistoryItem & { id: number } => ({
  id: Number(row["id"]), AlarmName: row["name"] as string, AlarmType: "MetricAlarm", Timestamp: new Date(Number(row["at"])), HistoryItemType: row["type"] as ItemType, HistorySummary: row["summary"] as string, HistoryData: row["data"] as string,
});

/** Behind an id. */
export function* readHistory({ account, region, name, type, from, to, isAscending }: Wanted, after: number, limit: number): Operation<(AlarmHistoryItem & { id: number })[]> {
  const where = ["account = ?", "region = ?", "at >= ?", "at <= ?"];
  const values: Value[] = [account, region, from, to];
  for (const [column, value] of Object.entries({ name, type })) {
    if (value === undefined) continue;
    where.push(`${column} = ?`);
    values.push(value);
  }
  if (after > 0) {
    where.push(isAscending ? "id > ?" : "id < ?");
    values.push(after);
  }
  return (yield* sql(`select * from alarm_history where ${where.join(" and ")} order by id ${isAscending ? "asc" : "desc"} limit ?`, ...values, limit)).map(toItem);
}
