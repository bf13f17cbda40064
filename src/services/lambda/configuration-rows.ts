import type { FunctionPlace } from "../../scheduler/function-limits.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";

/** The qualifier of what is configured for a function without one. */
export const LATEST = "$LATEST";

/** What is configured for a function, a version or an alias: a row of its own for each qualifier. */
const TABLES = ["lambda_event_invoke_config", "lambda_provisioned_concurrency", "lambda_function_url"] as const;
export type ConfigurationTable = (typeof TABLES)[number];

const AT = "account = ? and region = ? and name = ?";

export function* findConfiguration(table: ConfigurationTable, { account, region, name }: FunctionPlace, qualifier: string = LATEST): Operation<Row | undefined> {
  return yield* sqlOne(`select * from ${table} where ${AT} and qualifier = ?`, account, region, name, qualifier);
}

/** Those of a function behind a qualifier, in the order of qualifiers. */
export function* listConfigurations(table: ConfigurationTable, { account, region, name }: FunctionPlace, after: string, most: number): Operation<readonly Row[]> {
  return yield* sql(`select * from ${table} where ${AT} and qualifier > ? order by qualifier limit ?`, account, region, name, after, most);
}

/** Resolves to whether there was one. */
export function* deleteConfiguration(table: ConfigurationTable, { account, region, name }: FunctionPlace, qualifier: string = LATEST): Operation<boolean> {
  return (yield* sql(`delete from ${table} where ${AT} and qualifier = ? returning name`, account, region, name, qualifier)).length > 0;
}

/** In the commit in which the function goes, or the version or alias that is named: all that is configured for it. */
export function* forgetConfigurations(place: FunctionPlace, qualifier?: string): Operation<void> {
  for (const table of TABLES) {
    if (qualifier === undefined) yield* sql(`delete from ${table} where ${AT}`, place.account, place.region, place.name);
    else yield* deleteConfiguration(table, place, qualifier);
  }
}
