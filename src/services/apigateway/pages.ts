import { REST_API_PAGE, REST_API_PAGE_MAX } from "../../kit/limits/apis.ts";
import { badRequest } from "./errors.ts";

export interface Paging {
  limit?: number | undefined;
  position?: string | undefined;
}

export interface Page {
  /** What the page goes on behind. */
  after: string;
  most: number;
}

const PREFIX = "after:";

const readPosition = (position: string): string => {
  const text = Buffer.from(position, "base64url").toString();
  if (!text.startsWith(PREFIX)) throw badRequest("Invalid position specified: it is not one that this operation has given");
  return text.slice(PREFIX.length);
};

export const readPage = ({ limit = REST_API_PAGE, position }: Paging): Page => {
  if (limit < 1 || limit > REST_API_PAGE_MAX) throw badRequest(`Limit should be between 1 and ${REST_API_PAGE_MAX}`);
  return { after: position === undefined || position === "" ? "" : readPosition(position), most: limit };
};

/** @param rows In the order of their ids; one more than the page may hold, where there are more. */
export const cutPage = <R, T>(rows: readonly R[], most: number, idOf: (row: R) => string, show: (row: R) => T): { items: T[]; position?: string } => ({
  items: rows.slice(0, most).map(show),
  ...(rows.length > most ? { position: Buffer.from(PREFIX + idOf(rows[most - 1]!)).toString("base64url") } : {}),
});

/** The page of what was all read, because it had to be looked at. */
export const pageOf = <R, T>(rows: readonly R[], paging: Paging, idOf: (row: R) => string, show: (row: R) => T): { items: T[]; position?: string } => {
  const { after, most } = readPage(paging);
  return cutPage(rows.filter((row) => idOf(row) > after), most, idOf, show);
};
