import { functionArn } from "../../kit/arn.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";

/** What is configured, defaults filled in. */
export interface MappingSettings {
  /** Records. */
  batchSize: number;
  windowSeconds: number;
  /** Event patterns, as they were given; a record passes that one of them matches, and all of them where there are none. */
  filters: readonly string[];
  maximumConcurrency?: number;
  provisionedPollers?: { minimum: number; maximum: number };
  /** ReportBatchItemFailures: the function's response names what failed. */
  isResponseRead: boolean;
  /** EventCount: what is counted is for the metrics of CloudWatch. */
  isCounted: boolean;
}

export type Transition = "Creating" | "Enabling" | "Disabling" | "Updating" | "Deleting";

/** From a source of events to a function. */
export interface EventSourceMapping {
  uuid: string;
  account: string;
  region: string;
  sourceArn: string;
  functionName: string;
  /** Of the version or alias that is invoked; none for the function itself. */
  qualifier?: string;
  isEnabled: boolean;
  transition: Transition;
  /** Platform time at which the transition is over. */
  settlesAt: number;
  lastModified: number;
  settings: MappingSettings;
  tags: Readonly<Record<string, string>>;
}

/** As AWS calls it. */
export const stateOf = ({ transition, settlesAt, isEnabled }: EventSourceMapping, now: number): Transition | "Enabled" | "Disabled" => (now < settlesAt ? transition : isEnabled ? "Enabled" : "Disabled");

/** What it invokes, as it was configured. */
export const invokedArn = (mapping: Pick<EventSourceMapping, "account" | "region" | "functionName" | "qualifier">): string => functionArn(mapping, mapping.functionName, mapping.qualifier);

const toMapping = (row: Row): EventSourceMapping => ({
  uuid: row["uuid"] as string,
  account: row["account"] as string,
  region: row["region"] as string,
  sourceArn: row["source_arn"] as string,
  functionName: row["function_name"] as string,
  ...(row["qualifier"] === null ? {} : { qualifier: row["qualifier"] as string }),
  isEnabled: row["is_enabled"] === 1,
  transition: row["transition"] as Transition,
  settlesAt: row["settles_at"] as number,
  lastModified: row["last_modified"] as number,
  settings: JSON.parse(row["settings"] as string) as MappingSettings,
  tags: JSON.parse(row["tags"] as string) as Record<string, string>,
});

/** One that is deleted is found no more when its deletion is over. */
const IS_THERE = "(transition <> 'Deleting' or settles_at > ?)";

export function* findMapping(uuid: string, now: number): Operation<EventSourceMapping | undefined> {
  const row = yield* sqlOne(`select * from event_source_mapping where uuid = ? and ${IS_THERE}`, uuid, now);
  return row && toMapping(row);
}

/** Of all accounts: those that are to run. */
export function* enabledMappings(): Operation<EventSourceMapping[]> {
  return (yield* sql("select * from event_source_mapping where is_enabled = 1 and transition <> 'Deleting' order by uuid")).map(toMapping);
}

interface Asked {
  account: string;
  region: string;
  sourceArn?: string | undefined;
  /** With its qualifier, or without one. */
  of?: { functionName: string; qualifier?: string | undefined } | undefined;
  after: string;
  most: number;
}

/** Ordered by their ids. */
export function* listMappings({ account, region, sourceArn = "", of, after, most }: Asked, now: number): Operation<EventSourceMapping[]> {
  const name = of?.functionName ?? "";
  const rows = yield* sql(
    `select * from event_source_mapping where account = ? and region = ? and uuid > ? and ${IS_THERE}
       and (? = '' or source_arn = ?) and (? = '' or (function_name = ? and coalesce(qualifier, '') = ?)) order by uuid limit ?`,
    account, region, after, now, sourceArn, sourceArn, name, name, of?.qualifier ?? "", most,
  );
  return rows.map(toMapping);
}

export function* saveMapping(mapping: EventSourceMapping): Operation<void> {
  yield* sql(
    `insert into event_source_mapping (uuid, account, region, source_arn, function_name, qualifier, is_enabled, transition, settles_at, last_modified, settings, tags)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (uuid) do update set function_name = excluded.function_name, qualifier = excluded.qualifier, is_enabled = excluded.is_enabled,
     transition = excluded.transition, settles_at = excluded.settles_at, last_modified = excluded.last_modified, settings = excluded.settings, tags = excluded.tags`,
    mapping.uuid, mapping.account, mapping.region, mapping.sourceArn, mapping.functionName, mapping.qualifier ?? null, mapping.isEnabled ? 1 : 0, mapping.transition, mapping.settlesAt, mapping.lastModified,
    JSON.stringify(mapping.settings), JSON.stringify(mapping.tags),
  );
}

/** Those whose deletion is over. */
export function* forgetDeletedMappings(now: number): Operation<void> {
  yield* sql("delete from event_source_mapping where transition = 'Deleting' and settles_at <= ?", now);
}
