import { sql, type Operation, type Value } from "./store.ts";

/** Rows of one statement: few lengths, so that few statements are prepared; beyond the first a longer one gains nothing. */
const LENGTHS = [64, 16, 4, 1];

/** `insert into t (a, b) values` … `on conflict do nothing`, with as few statements as it takes. */
export interface RowInsert {
  (rows: readonly (readonly Value[])[]): Operation<void>;
}

export const createRowInsert = ({ into, columns, onConflict }: { into: string; columns: readonly string[]; onConflict: string }): RowInsert => {
  const row = `(${columns.map(() => "?").join(", ")})`;
  const texts = LENGTHS.map((length) => ({ length, text: `insert into ${into} (${columns.join(", ")}) values ${Array(length).fill(row).join(", ")} ${onConflict}` }));
  return function* (rows) {
    let from = 0;
    for (const { length, text } of texts) for (; rows.length - from >= length; from += length) yield* sql(text, ...rows.slice(from, from + length).flat());
  };
};
