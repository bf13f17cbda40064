import type { Migration } from "../migrate.ts";

export const eventInvokeConfig: readonly Migration[] = [
  {
    id: "2026-11-function-limits",
    statements: [
      "alter table lambda_function add column reserved_concurrency integer",
      "alter table lambda_function add column recursive_loop text",
      "create index lambda_function_reserved on lambda_function (account, region, reserved_concurrency) where reserved_concurrency is not null",
    ],
  },
  {
    id: "2026-11-event-invoke-config",
    statements: [
      `create table lambda_event_invoke_config (
        account text not null, region text not null, name text not null, qualifier text not null, configuration text not null, last_modified integer not null,
        primary key (account, region, name, qualifier))`,
    ],
  },
];
