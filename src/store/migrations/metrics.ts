import type { Migration } from "../migrate.ts";

/** Times in milliseconds since the epoch: of a point, the beginning of its minute, or of its second at high resolution. */
export const metrics: readonly Migration[] = [
  {
    id: "2026-12-metrics",
    statements: [
      `create table metric_series (
        id integer primary key autoincrement, account text not null, region text not null, namespace text not null, name text not null, dimensions text not null, unit text not null,
        last_at integer not null, unique (account, region, namespace, name, dimensions, unit))`,
      `create table metric_point (
        series integer not null, at integer not null, count real not null, sum real not null, minimum real not null, maximum real not null, spread text,
        primary key (series, at)) without rowid`,
      "create index metric_point_by_age on metric_point (at)",
    ],
  },
  {
    id: "2026-12-alarm-history",
    statements: [
      "create table alarm_history (id integer primary key autoincrement, account text not null, region text not null, name text not null, at integer not null, type text not null, summary text not null, data text not null)",
      "create index alarm_history_by_name on alarm_history (account, region, name, id)",
      "create index alarm_history_by_age on alarm_history (at)",
    ],
  },
];
