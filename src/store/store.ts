export type Value = null | number | bigint | string | Uint8Array;
export type Row = Record<string, Value>;

/** One SQL statement with `?` placeholders, in the SQL that SQLite and PostgreSQL share. */
export interface Statement {
  sql: string;
  values: readonly Value[];
}

/**
 * Yields SQL, receives rows, returns a result and touches nothing else. It may be run again from the start, so it is
 * idempotent by an id that the caller chose. To refuse, it throws: then nothing of it is kept.
 */
export type Operation<T> = Generator<Statement, T, readonly Row[]>;

/** `behind`: nobody waits for it, so it may be held back a little for others to go with it in one commit; the next `now` takes it along, ahead of itself. */
export type Urgency = "now" | "behind";

/** One atomic commit per run: `run` resolves once it is on the disk, and what it read is on the disk too. In the order they were asked for. */
export interface Store {
  run<T>(operation: () => Operation<T>, urgency?: Urgency): Promise<T>;
  /**
   * For an operation of `select` alone: it sees all that was asked for before it, and waits for no disk. What it read a power cut may still undo,
   * so it is for whoever tells nobody that it is kept.
   */
  read<T>(operation: () => Operation<T>): Promise<T>;
  /** Another number after each write to the table, before that is told to anybody: by it, one who keeps what was read knows that it is out of date. */
  generation(table: string): number;
  close(): Promise<void>;
}

/** `yield* sql("select … where id = ?", id)`: the rows. */
export function* sql(text: string, ...values: Value[]): Operation<readonly Row[]> {
  return yield { sql: text, values };
}

/** The first row, or undefined. */
export function* sqlOne(text: string, ...values: Value[]): Operation<Row | undefined> {
  const rows = yield* sql(text, ...values);
  return rows[0];
}
