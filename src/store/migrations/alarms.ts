import type { Migration } from "../migrate.ts";

/** Alarms of CloudWatch, with their state: a document, as all of them are looked at every minute. What became of them is history. */
export const alarms: readonly Migration[] = [
  {
    id: "2026-12-alarms",
    statements: ["create table metric_alarm (account text not null, region text not null, name text not null, body text not null, primary key (account, region, name))"],
  },
];
