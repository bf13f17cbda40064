import { EVENTS_PAGE_MAX } from "../../kit/limits/events.ts";
import { validation } from "./errors.ts";

interface Asked {
  Limit?: number | undefined;
  NextToken?: string | undefined;
}

export interface Page {
  /** What the page goes on behind. */
  after: string;
  most: number;
}

/** Bound to the operation that it continues. */
const prefixOf = (operation: string): string => `${operation}:`;

const readToken = (operation: string, token: string): string => {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(prefixOf(operation))) throw validation(`Invalid NextToken ${token}: it is not one that ${operation} has given.`);
  return text.slice(prefixOf(operation).length);
};

/** @param operation `ListRules` */
export const readPage = (operation: string, { Limit = EVENTS_PAGE_MAX, NextToken }: Asked): Page => ({ after: NextToken === undefined ? "" : readToken(operation, NextToken), most: Math.min(Limit, EVENTS_PAGE_MAX) });

/** @param rows One more than the page may hold, where there are more. */
export const cutPage = <R>(operation: string, rows: readonly R[], { most }: Page, keyOf: (row: R) => string): { rows: readonly R[]; NextToken?: string } => ({
  rows: rows.slice(0, most),
  ...(rows.length > most ? { NextToken: Buffer.from(prefixOf(operation) + keyOf(rows[most - 1]!)).toString("base64url") } : {}),
});

/** AWS answers at most one question of a list. */
export const refuseSeveralFilters = (operation: string, ...filters: unknown[]): void => {
  if (filters.filter((one) => one !== undefined).length > 1) throw validation(`At most one filter is allowed for ${operation}. Use either : State, EventSourceArn, or NamePrefix.`);
};
