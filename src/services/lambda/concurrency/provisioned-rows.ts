import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";

interface Place {
  account: string;
  region: string;
  name: string;
}

/** What is provisioned for a version or an alias. */
export interface ProvisionedRecord extends Place {
  qualifier: string;
  requested: number;
  lastModified: number;
}

export const toProvisioned = (row: Row): ProvisionedRecord => ({
  account: row["account"] as string,
  region: row["region"] as string,
  name: row["name"] as string,
  qualifier: row["qualifier"] as string,
  requested: row["requested"] as number,
  lastModified: row["last_modified"] as number,
});

export function* findProvisioned({ account, region, name }: Place, qualifier: string): Operation<ProvisionedRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_provisioned_concurrency where account = ? and region = ? and name = ? and qualifier = ?", account, region, name, qualifier);
  return row === undefined ? undefined : toProvisioned(row);
}

/** Of a function, by qualifier. */
export function* provisionedOf({ account, region, name }: Place): Operation<ProvisionedRecord[]> {
  return (yield* sql("select * from lambda_provisioned_concurrency where account = ? and region = ? and name = ? order by qualifier", account, region, name)).map(toProvisioned);
}

export const totalOf = (records: readonly ProvisionedRecord[]): number => records.reduce((total, { requested }) => total + requested, 0);

/** In the commit in which the function, or the version or alias, goes. */
export function* forgetProvisioned({ account, region, name }: Place, qualifier?: string): Operation<void> {
  yield* sql("delete from lambda_provisioned_concurrency where account = ? and region = ? and name = ? and (? is null or qualifier = ?)", account, region, name, qualifier ?? null, qualifier ?? null);
}
