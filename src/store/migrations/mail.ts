import type { Migration } from "../migrate.ts";

/** Mail that would have been sent, and is kept to be read. Times in milliseconds. */
export const mail: readonly Migration[] = [
  {
    id: "2026-12-mail",
    statements: [
      "create table mail (id integer primary key autoincrement, account text not null, region text not null, message_id text not null, sender text not null, recipient text not null, subject text not null, body text not null, at integer not null)",
      "create index mail_by_account on mail (account, id)",
      "create index mail_by_age on mail (at)",
    ],
  },
];
