import { API_PAGE_MAX } from "../../kit/limits/apis.ts";
import { badRequest } from "./errors.ts";

export interface Paging {
  MaxResults?: string | undefined;
  NextToken?: string | undefined;
}

export interface Page {
  /** What the page goes on behind. */
  after: string;
  most: number;
}

export const readPage = ({ MaxResults, NextToken }: Paging): Page => {
  const most = MaxResults === undefined ? API_PAGE_MAX : Number(MaxResults);
  if (!Number.isInteger(most) || most < 1) throw badRequest(`Invalid value ${MaxResults} specified for maxResults. It must be a whole number, 1 at least`);
  return { after: NextToken === undefined || NextToken === "" ? "" : readToken(NextToken), most: Math.min(most, API_PAGE_MAX) };
};

const PREFIX = "after:";

const readToken = (token: string): string => {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(PREFIX)) throw badRequest("Invalid nextToken specified: it is not one that this operation has given");
  return text.slice(PREFIX.length);
};

/** @param rows One more than the page may hold, where there are more. */
export const cutPage = <R, T>(rows: readonly R[], most: number, idOf: (row: R) => string, show: (row: R) => T): { Items: T[]; NextToken?: string } => ({
  Items: rows.slice(0, most).map(show),
  ...(rows.length > most ? { NextToken: Buffer.from(PREFIX + idOf(rows[most - 1]!)).toString("base64url") } : {}),
});
