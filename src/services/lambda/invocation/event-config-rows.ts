import type { FunctionPlace } from "../../../scheduler/function-limits.ts";
import type { Operation, Row } from "../../../store/store.ts";
import { findConfiguration } from "../configuration-rows.ts";
import type { Destinations } from "./destinations.ts";

/** What is not configured is not in it. */
export interface EventConfig extends Destinations {
  maximumRetryAttempts?: number;
  maximumEventAgeInSeconds?: number;
}

export interface EventConfigRecord extends FunctionPlace {
  /** `$LATEST`, a version or an alias: each has its own. */
  qualifier: string;
  config: EventConfig;
  lastModified: number;
}

export const toEventConfig = (row: Row): EventConfigRecord => ({
  account: row["account"] as string,
  region: row["region"] as string,
  name: row["name"] as string,
  qualifier: row["qualifier"] as string,
  config: JSON.parse(row["configuration"] as string) as EventConfig,
  lastModified: row["last_modified"] as number,
});

export function* findEventConfig(place: FunctionPlace, qualifier?: string): Operation<EventConfigRecord | undefined> {
  const row = yield* findConfiguration("lambda_event_invoke_config", place, qualifier);
  return row === undefined ? undefined : toEventConfig(row);
}
