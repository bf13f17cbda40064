import type { PipeEnrichmentParameters, PipeLogConfiguration, PipeSourceParameters, PipeState, PipeTargetParameters } from "@aws-sdk/client-pipes";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";

/** What is configured, as it was given. */
export interface PipeSettings {
  description?: string;
  source: string;
  sourceParameters?: PipeSourceParameters;
  enrichment?: string;
  enrichmentParameters?: PipeEnrichmentParameters;
  target: string;
  targetParameters?: PipeTargetParameters;
  roleArn: string;
  logConfiguration?: PipeLogConfiguration;
}

/** Of the names of states: `CREATE_FAILED`. */
type Change = "CREATE" | "UPDATE" | "START" | "STOP" | "DELETE";

export interface StoredPipe extends PipeSettings {
  desiredState: "RUNNING" | "STOPPED" | "DELETED";
  change: Change;
  /** Platform time at which the change is over. */
  settlesAt: number;
  /** Why the change came to nothing. */
  failure?: string;
  /** Whether it ran before a change that came to nothing. */
  ranBefore?: boolean;
  tags: Record<string, string>;
  /** Platform time, milliseconds. */
  createdAt: number;
  modifiedAt: number;
}

export interface PipeName {
  account: string;
  region: string;
  name: string;
}

export interface Pipe extends PipeName {
  body: StoredPipe;
}

export const pipeArn = ({ account, region, name }: PipeName): string => `arn:aws:pipes:${region}:${account}:pipe/${name}`;

const DURING: Record<Change, PipeState> = { CREATE: "CREATING", UPDATE: "UPDATING", START: "STARTING", STOP: "STOPPING", DELETE: "DELETING" };

export const stateOf = ({ body: { change, settlesAt, failure, desiredState } }: Pipe, now: number): PipeState => {
  if (now < settlesAt) return DURING[change];
  if (failure !== undefined) return `${change}_FAILED`;
  return desiredState === "RUNNING" ? "RUNNING" : "STOPPED";
};

/** A change that failed leaves a pipe as it was: one that ran goes on, one that was to begin does not. */
export const isToRun = ({ body: { desiredState, change, failure, ranBefore = change === "UPDATE" } }: Pipe): boolean => desiredState === "RUNNING" && (failure === undefined || ranBefore);

const toPipe = (row: Row): Pipe => ({ account: row["account"] as string, region: row["region"] as string, name: row["name"] as string, body: JSON.parse(row["body"] as string) as StoredPipe });

const isThere = ({ body: { change, settlesAt } }: Pipe, now: number): boolean => change !== "DELETE" || now < settlesAt;

/** One that is deleted is found no more when its deletion is over. */
export function* findPipe({ account, region, name }: PipeName, now: number): Operation<Pipe | undefined> {
  const row = yield* sqlOne("select * from pipe where account = ? and region = ? and name = ?", account, region, name);
  const pipe = row && toPipe(row);
  return pipe && isThere(pipe, now) ? pipe : undefined;
}

/** Ordered by their names. */
export function* listPipes({ account, region }: Omit<PipeName, "name">, now: number): Operation<Pipe[]> {
  const rows = yield* sql("select * from pipe where account = ? and region = ? order by name", account, region);
  return rows.map(toPipe).filter((pipe) => isThere(pipe, now));
}

/** Of all accounts. */
export function* pipesToRun(): Operation<Pipe[]> {
  return (yield* sql("select * from pipe order by account, region, name")).map(toPipe).filter(isToRun);
}

export function* savePipe({ account, region, name, body }: Pipe): Operation<void> {
  yield* sql("insert into pipe (account, region, name, body) values (?, ?, ?, ?) on conflict (account, region, name) do update set body = excluded.body", account, region, name, JSON.stringify(body));
}

/** Those whose deletion is over. */
export function* forgetDeletedPipes(now: number): Operation<void> {
  yield* sql("delete from pipe where json_extract(body, '$.change') = 'DELETE' and json_extract(body, '$.settlesAt') <= ?", now);
}
