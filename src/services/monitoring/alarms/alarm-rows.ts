import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { namesWithin } from "../../../store/names-within.ts";
import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";

export interface Place {
  account: string;
  region: string;
}

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";
export type MissingData = "missing" | "ignore" | "breaching" | "notBreaching";
export type Comparison = "GreaterThanThreshold" | "GreaterThanOrEqualToThreshold" | "LessThanThreshold" | "LessThanOrEqualToThreshold";

/** What an alarm looks at. */
export interface WatchedMetric {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  /** `Average`, `p99`. */
  statistic: string;
  /** Seconds. */
  period: number;
  /** Only values of it, where it is said. */
  unit?: string;
  /** As it was named in `Metrics`, and how; undefined for an alarm that names its metric itself. */
  query?: { id: string; label?: string };
}

/** An alarm of metric math, or of one of several metrics. */
export interface WatchedMath {
  /** As they were put; one of them returns data. */
  queries: (MetricDataQuery & { ReturnData: boolean })[];
  /** Seconds, of what is watched. */
  period: number;
}

export const isMath = (metric: WatchedMetric | WatchedMath): metric is WatchedMath => "queries" in metric;

/** As PutMetricAlarm has it, whole: what is put anew replaces all of it. */
export interface AlarmConfiguration {
  description?: string;
  actionsEnabled: boolean;
  /** ARNs. */
  okActions: string[];
  alarmActions: string[];
  insufficientDataActions: string[];
  metric: WatchedMetric | WatchedMath;
  evaluationPeriods: number;
  datapointsToAlarm?: number;
  threshold: number;
  comparison: Comparison;
  treatMissingData?: MissingData;
  evaluateLowSampleCountPercentile?: "evaluate" | "ignore";
}

export interface StateOfAlarm {
  value: AlarmState;
  reason: string;
  /** JSON. */
  reasonData?: string;
  /** Milliseconds since the epoch: when it was looked at and found another, and when it became what it is. */
  updatedAt: number;
  transitionedAt: number;
}

export interface Alarm extends Place {
  name: string;
  /** Of its metric in events: a UUID. */
  metricId: string;
  /** Milliseconds since the epoch. */
  configuredAt: number;
  configuration: AlarmConfiguration;
  state: StateOfAlarm;
  tags: Record<string, string>;
}

export const alarmArn = ({ account, region }: Place, name: string): string => `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

const toAlarm = (row: Row): Alarm => ({ account: row["account"] as string, region: row["region"] as string, name: row["name"] as string, ...(JSON.parse(row["body"] as string) as Omit<Alarm, "account" | "region" | "name">) });

export function* findAlarm({ account, region }: Place, name: string): Operation<Alarm | undefined> {
  const row = yield* sqlOne("select * from metric_alarm where account = ? and region = ? and name = ?", account, region, name);
  return row && toAlarm(row);
}

/** By name, in ASCII order, behind one. */
export function* listAlarms({ account, region }: Place, { prefix = "", after, limit }: { prefix?: string; after: string; limit: number }): Operation<Alarm[]> {
  const rows = yield* sql("select * from metric_alarm where account = ? and region = ? and name >= ? and name < ? order by name limit ?", account, region, ...namesWithin(prefix, after), limit);
  return rows.map(toAlarm);
}

/** Of all accounts. */
export function* listEveryAlarm(): Operation<Alarm[]> {
  return (yield* sql("select * from metric_alarm order by account, region, name")).map(toAlarm);
}

export function* writeAlarm({ account, region, name, ...body }: Alarm): Operation<void> {
  yield* sql("insert into metric_alarm (account, region, name, body) values (?, ?, ?, ?) on conflict (account, region, name) do update set body = excluded.body", account, region, name, JSON.stringify(body));
}

/** Returns whether it was there. */
export function* deleteAlarm({ account, region }: Place, name: string): Operation<boolean> {
  return (yield* sql("delete from metric_alarm where account = ? and region = ? and name = ? returning name", account, region, name)).length > 0;
}
