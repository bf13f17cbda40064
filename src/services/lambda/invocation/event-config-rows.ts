import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import type { Destinations } from "./destinations.ts";

/** The qualifier of what was invoked without one. */
export const LATEST = "$LATEST";

/** What is not configured is not in it. */
export interface EventConfig extends Destinations {
  maximumRetryAttempts?: number;
  maximumEventAgeInSeconds?: number;
}

export interface EventConfigRecord {
  account: string;
  region: string;
  name: string;
  /** `$LATEST`, a version or an alias: each has its own. */
  qualifier: string;
  config: EventConfig;
  lastModified: number;
}

interface Place {
  account: string;
  region: string;
  name: string;
}

export const toEventConfig = (row: Row): EventConfigRecord => ({
  account: row["account"] as string,
  region: row["region"] as string,
  name: row["name"] as string,
  qualifier: row["qualifier"] as string,
  config: JSON.parse(row["configuration"] as string) as EventConfig,
  lastModified: row["last_modified"] as number,
});

export function* findEventConfig({ account, region, name }: Place, qualifier = LATEST): Operation<EventConfigRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_event_invoke_config where account = ? and region = ? and name = ? and qualifier = ?", account, region, name, qualifier);
  return row === undefined ? undefined : toEventConfig(row);
}

/** In the commit that deletes the function; or one of its qualifiers, when that is named. */
export function* forgetEventConfigs({ account, region, name }: Place, qualifier?: string): Operation<void> {
  const at = "delete from lambda_event_invoke_config where account = ? and region = ? and name = ?";
  if (qualifier === undefined) yield* sql(at, account, region, name);
  else yield* sql(`${at} and qualifier = ?`, account, region, name, qualifier);
}
