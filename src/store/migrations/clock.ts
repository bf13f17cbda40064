import type { Migration } from "../migrate.ts";

/** How far platform time is ahead of the wall's, in milliseconds: one row, or none where it was never moved. */
export const clock: readonly Migration[] = [
  {
    id: "2026-12-clock",
    statements: ["create table platform_clock (one integer primary key check (one = 1), ahead_ms integer not null)"],
  },
];
