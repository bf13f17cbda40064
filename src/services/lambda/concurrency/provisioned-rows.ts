import type { FunctionPlace } from "../../../scheduler/function-limits.ts";
import { sql, type Operation, type Row } from "../../../store/store.ts";
import { findConfiguration } from "../configuration-rows.ts";

/** What is provisioned for a version or an alias. */
export interface ProvisionedRecord extends FunctionPlace {
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

export function* findProvisioned(place: FunctionPlace, qualifier: string): Operation<ProvisionedRecord | undefined> {
  const row = yield* findConfiguration("lambda_provisioned_concurrency", place, qualifier);
  return row === undefined ? undefined : toProvisioned(row);
}

/** Of a function, by qualifier. */
export function* provisionedOf({ account, region, name }: FunctionPlace): Operation<ProvisionedRecord[]> {
  return (yield* sql("select * from lambda_provisioned_concurrency where account = ? and region = ? and name = ? order by qualifier", account, region, name)).map(toProvisioned);
}

export const totalOf = (records: readonly ProvisionedRecord[]): number => records.reduce((total, { requested }) => total + requested, 0);
