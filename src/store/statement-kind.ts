import { assert } from "../kit/assert.ts";

const WRITTEN_TABLE = /^\s*(?:(?:insert|replace)(?:\s+or\s+\w+)?\s+into|update(?:\s+or\s+\w+)?|delete\s+from)\s+(\w+)/i;

/** The table that a statement changes. */
export const writtenTable = (sql: string): string | undefined => WRITTEN_TABLE.exec(sql)?.[1];

/** A read may stand outside of every transaction, and is told of before it is on the disk. */
export const assertReads = (sql: string): void => assert(/^\s*select\b/i.test(sql), `a read may only select, and this does not: ${sql}`);
