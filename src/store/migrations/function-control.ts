import type { Migration } from "../migrate.ts";

/** What is configured beside a function's code and settings. */
export const functionControl: readonly Migration[] = [
  {
    // A URL belongs to the unqualified function (`$LATEST`) or to an alias; who comes by it is looked up by its id.
    id: "2026-11-function-url",
    statements: [
      `create table lambda_function_url (
        account text not null, region text not null, name text not null, qualifier text not null, url_id text not null,
        auth_type text not null, cors text, invoke_mode text not null, created_at integer not null, last_modified integer not null,
        primary key (account, region, name, qualifier))`,
      "create unique index lambda_function_url_by_id on lambda_function_url (url_id)",
    ],
  },
  {
    id: "2026-11-code-signing",
    statements: [
      `create table lambda_code_signing_config (
        account text not null, region text not null, id text not null, description text, publishers text not null, policy text not null,
        tags text not null, last_modified integer not null,
        primary key (account, region, id))`,
      "alter table lambda_function add column code_signing_config_id text",
      "create index lambda_function_code_signing on lambda_function (account, region, code_signing_config_id) where code_signing_config_id is not null",
    ],
  },
];
