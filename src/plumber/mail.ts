import { MAIL_AGE_MS_MAX, MAIL_MAX } from "../kit/limits/sns.ts";
import { sql, sqlOne, type Operation, type Row } from "../store/store.ts";

/** Mail is not sent: it is kept, for whoever would have got it, or set it up, to read. */
export interface NewMail {
  account: string;
  region: string;
  /** By what `why` knows it. */
  messageId: string;
  from: string;
  to: string;
  subject: string;
  body: string;
  /** Milliseconds. */
  at: number;
}

export interface Mail extends NewMail {
  id: number;
}

const toMail = (row: Row): Mail => ({
  id: row["id"] as number, account: row["account"] as string, region: row["region"] as string, messageId: row["message_id"] as string,
  from: row["sender"] as string, to: row["recipient"] as string, subject: row["subject"] as string, body: row["body"] as string, at: row["at"] as number,
});

/** Inside the commit of what it tells of. Of an account's mail the newest are kept, and none that is too old. */
export function* keepMail({ account, region, messageId, from, to, subject, body, at }: NewMail): Operation<void> {
  yield* sql("insert into mail (account, region, message_id, sender, recipient, subject, body, at) values (?, ?, ?, ?, ?, ?, ?, ?)", account, region, messageId, from, to, subject, body, at);
  yield* sql("delete from mail where at <= ?", at - MAIL_AGE_MS_MAX);
  yield* sql("delete from mail where account = ? and id <= (select id from mail where account = ? order by id desc limit 1 offset ?)", account, account, MAIL_MAX);
}

/** Newest first, without their bodies. */
export function* listMail(account: string): Operation<Omit<Mail, "body">[]> {
  const rows = yield* sql("select id, account, region, message_id, sender, recipient, subject, '' as body, at from mail where account = ? order by id desc limit ?", account, MAIL_MAX);
  return rows.map((row) => {
    const { body: _body, ...mail } = toMail(row);
    return mail;
  });
}

export function* findMail(account: string, id: number): Operation<Mail | undefined> {
  const row = yield* sqlOne("select * from mail where account = ? and id = ?", account, id);
  return row && toMail(row);
}
