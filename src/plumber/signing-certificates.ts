import { sql, sqlOne, type Operation, type Row } from "../store/store.ts";

/** What messages of SNS are signed with, and what their readers check them by. */
export interface SigningKey {
  /** In the certificate's name. */
  id: string;
  sealedKey: string;
  /** PEM. */
  certificate: string;
}

const toSigningKey = (row: Row): SigningKey => ({ id: row["id"] as string, sealedKey: row["sealed_key"] as string, certificate: row["certificate"] as string });

/** The last one that was made. Earlier ones stay, for the messages that they signed. */
export function* findSigningKey(): Operation<SigningKey | undefined> {
  const row = yield* sqlOne("select * from sns_signing_key order by made desc limit 1");
  return row && toSigningKey(row);
}

export function* insertSigningKey({ id, sealedKey, certificate }: SigningKey): Operation<void> {
  yield* sql("insert into sns_signing_key (id, sealed_key, certificate) values (?, ?, ?) on conflict (id) do nothing", id, sealedKey, certificate);
}

const PATH = /^\/SimpleNotificationService-([0-9a-f]{32})\.pem$/;

/** PEM; undefined when there is none of this name. */
export function* findCertificate(path: string): Operation<string | undefined> {
  return (yield* sqlOne("select certificate from sns_signing_key where id = ?", PATH.exec(path)?.[1] ?? ""))?.["certificate"] as string | undefined;
}
