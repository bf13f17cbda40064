import type { Migration } from "../migrate.ts";

/** EventBridge Pipes. */
export const pipes: readonly Migration[] = [
  {
    id: "2026-12-pipes",
    statements: ["create table pipe (account text not null, region text not null, name text not null, body text not null, primary key (account, region, name))"],
  },
];
