import type { Migration } from "../migrate.ts";

/**
 * The APIs of API Gateway, of all three kinds: their ids are one namespace, as they are host names. What an API is made of, and what an account has beside
 * its APIs, are documents: nobody asks for one by what is in it. `revision` is another number after each change of the API or a part of it.
 */
export const apis: readonly Migration[] = [
  {
    id: "2026-12-apis",
    statements: [
      `create table api (
        api_id text primary key, account text not null, region text not null, kind text not null, revision integer not null, created_at integer not null, body text not null)`,
      "create index api_by_account on api (account, region, kind, api_id)",
      "create table api_part (api_id text not null, kind text not null, id text not null, body text not null, primary key (api_id, kind, id))",
      "create table api_item (account text not null, region text not null, kind text not null, id text not null, body text not null, primary key (account, region, kind, id))",
      "create index api_item_by_id on api_item (kind, id)",
    ],
  },
  {
    // What API keys have used of the quotas of usage plans, by UTC day. `granted` is what UpdateUsage has given beyond the quota in the period of that day.
    id: "2026-12-api-usage",
    statements: [
      `create table api_usage (
        account text not null, region text not null, plan_id text not null, key_id text not null, day text not null, used integer not null, granted integer not null,
        primary key (account, region, plan_id, key_id, day))`,
    ],
  },
];
