import { MOVE_TASKS_LISTED_MAX } from "../../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";

export type MoveStatus = "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";

export interface MoveTask {
  handle: string;
  /** Id of the source queue, which a purge changes. */
  source: number;
  sourceArn: string;
  /** Undefined: each message goes back to where it came from. */
  destinationArn?: string;
  /** As fast as it goes, if undefined. */
  perSecond?: number;
  status: MoveStatus;
  moved: number;
  toMove: number;
  /** What came later is not moved. */
  lastSequence: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  failure?: string;
}

const optional = <K extends string, T>(key: K, value: T | null): Partial<Record<K, T>> => (value === null ? {} : ({ [key]: value } as Partial<Record<K, T>>));

const toTask = (row: Row): MoveTask => ({
  handle: row["handle"] as string,
  source: row["source"] as number,
  sourceArn: row["source_arn"] as string,
  ...optional("destinationArn", row["destination_arn"] as string | null),
  ...optional("perSecond", row["per_second"] as number | null),
  status: row["status"] as MoveStatus,
  moved: row["moved"] as number,
  toMove: row["to_move"] as number,
  lastSequence: row["last_sequence"] as number,
  startedAt: row["started_at"] as number,
  ...optional("failure", row["failure"] as string | null),
});

export const isActive = ({ status }: MoveTask): boolean => status === "RUNNING" || status === "CANCELLING";

export function* findTask(handle: string): Operation<MoveTask | undefined> {
  const row = yield* sqlOne("select * from sqs_move_task where handle = ?", handle);
  return row && toTask(row);
}

/** Newest first. */
export function* listTasks(source: number): Operation<MoveTask[]> {
  return (yield* sql("select * from sqs_move_task where source = ? order by started_at desc", source)).map(toTask);
}

export function* listActiveTasks(): Operation<MoveTask[]> {
  return (yield* sql("select * from sqs_move_task where status in ('RUNNING', 'CANCELLING')")).map(toTask);
}

/** Those that are not told of any more go. */
export function* insertTask(task: MoveTask): Operation<void> {
  for (const old of (yield* listTasks(task.source)).slice(MOVE_TASKS_LISTED_MAX - 1)) yield* sql("delete from sqs_move_task where handle = ?", old.handle);
  yield* sql(
    "insert into sqs_move_task (handle, source, source_arn, destination_arn, per_second, status, moved, to_move, last_sequence, started_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    task.handle, task.source, task.sourceArn, task.destinationArn ?? null, task.perSecond ?? null, task.status, task.moved, task.toMove, task.lastSequence, task.startedAt,
  );
}

export function* writeProgress({ handle, moved, status, failure }: MoveTask): Operation<void> {
  yield* sql("update sqs_move_task set moved = ?, status = ?, failure = ? where handle = ?", moved, status, failure ?? null, handle);
}
