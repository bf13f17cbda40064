import { sql, type Operation, type Row } from "../../store/store.ts";
import { keyBytes } from "./object-rows.ts";

export interface ListingQuery {
  /** SQL of a table whose rows have a `key`: its columns and what to read from, without the bounds. */
  select: string;
  values: readonly string[];
  prefix: string;
  /** Empty: none. */
  delimiter: string;
  /** Nothing up to this one is listed; a common prefix that is this is not either. */
  after?: Buffer;
  max: number;
}

export type ListingEntry = { prefix: Buffer } | { row: Row; key: Buffer };

export interface Listing {
  /** In the order of their bytes. */
  entries: ListingEntry[];
  isTruncated: boolean;
}

const SCAN_ROWS_MAX = 500;

/** The first key that does not start with `prefix`; undefined when every later key does. */
const endOf = (prefix: Buffer): Buffer | undefined => {
  for (let length = prefix.length; length > 0; length--) {
    if (prefix[length - 1] !== 255) {
      const end = Buffer.from(prefix.subarray(0, length));
      end[length - 1]! += 1;
      return end;
    }
  }
  return undefined;
};

/**
 * One page of keys in the order of their UTF-8 bytes, read by ranges of the index. A common prefix costs one step, however many
 * keys are behind it: the scan goes on after them. Few rows are read at first, more as long as they are wanted.
 */
export function* list({ select, values, prefix, delimiter, after, max }: ListingQuery): Operation<Listing> {
  const prefixBytes = keyBytes(prefix);
  const delimiterBytes = keyBytes(delimiter);
  const end = endOf(prefixBytes);
  const commonPrefixOf = (key: Buffer): Buffer | undefined => {
    const at = delimiterBytes.length === 0 ? -1 : key.indexOf(delimiterBytes, prefixBytes.length);
    return at < 0 ? undefined : key.subarray(0, at + delimiterBytes.length);
  };

  const entries: ListingEntry[] = [];
  let from: { key: Buffer; isIncluded: boolean } | undefined = startOf(prefixBytes, after, commonPrefixOf);
  let step = delimiterBytes.length === 0 ? max + 1 : 8;
  while (from !== undefined && max > 0) {
    const limit = Math.min(step, max + 1 - entries.length, SCAN_ROWS_MAX);
    const rows: readonly Row[] = yield* sql(
      `${select} and key ${from.isIncluded ? ">=" : ">"} ? ${end === undefined ? "" : "and key < ?"} order by key limit ?`,
      ...values, from.key, ...(end === undefined ? [] : [end]), limit,
    );
    let skipTo: Buffer | undefined;
    let isSkipping = false;
    for (const row of rows) {
      const key = Buffer.from(row["key"] as Uint8Array);
      const common = commonPrefixOf(key);
      if (entries.length === max) return { entries, isTruncated: true };
      entries.push(common === undefined ? { row, key } : { prefix: common });
      from = { key, isIncluded: false };
      if (common === undefined) continue;
      isSkipping = true;
      skipTo = endOf(common);
      break;
    }
    if (isSkipping) {
      from = skipTo === undefined ? undefined : { key: skipTo, isIncluded: true };
      step = 2;
    } else {
      if (rows.length < limit) return { entries, isTruncated: false };
      step *= 2;
    }
  }
  return { entries, isTruncated: false };
}

const startOf = (prefix: Buffer, after: Buffer | undefined, commonPrefixOf: (key: Buffer) => Buffer | undefined): { key: Buffer; isIncluded: boolean } | undefined => {
  if (after === undefined || Buffer.compare(after, prefix) < 0) return { key: prefix, isIncluded: true };
  // A page that ended with a common prefix goes on behind all of its keys.
  if (after.length >= prefix.length && after.subarray(0, prefix.length).equals(prefix) && commonPrefixOf(after)?.equals(after)) {
    const end = endOf(after);
    return end === undefined ? undefined : { key: end, isIncluded: true };
  }
  return { key: after, isIncluded: false };
};
