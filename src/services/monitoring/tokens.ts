import { ApiError } from "../../kit/api-error.ts";
import { invalidValue } from "./errors.ts";

/** Of a list that goes on behind a number: which, and what it counts. */
export const writeToken = (of: string, number: number): string => Buffer.from(`${of} ${number}`).toString("base64url");

/** Zero for the first page. */
export const readToken = (of: string, token: string | undefined): number => {
  if (token === undefined) return 0;
  const [kind, number, ...more] = Buffer.from(token, "base64url").toString().split(" ");
  if (kind !== of || more.length > 0 || !/^\d+$/.test(number ?? "")) throw invalidValue("The value for parameter NextToken is invalid.");
  return Number(number);
};

/** Of a list that goes on behind a name. */
export const writeNameToken = (of: string, name: string): string => Buffer.from(JSON.stringify([of, name])).toString("base64url");

/** Empty for the first page. */
export const readNameToken = (of: string, token: string | undefined): string => {
  if (token === undefined) return "";
  try {
    const [kind, name] = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown[];
    if (kind === of && typeof name === "string") return name;
  } catch {
    // Not JSON: not one of ours.
  }
  throw new ApiError("InvalidNextToken", "The value for parameter NextToken is invalid.");
};

type Place = [query: number, series: number, point: number];

/** Of data that goes on with a point of a series of a query. */
export const writePlaceToken = (place: Place): string => writeNameToken("points", place.join("/"));

/** All zero for the first page. */
export const readPlaceToken = (token: string | undefined): Place => {
  if (token === undefined) return [0, 0, 0];
  const parts = /^(\d{1,9})\/(\d{1,9})\/(\d{1,9})$/.exec(readNameToken("points", token));
  if (parts === null) throw new ApiError("InvalidNextToken", "The value for parameter NextToken is invalid.");
  return [Number(parts[1]), Number(parts[2]), Number(parts[3])];
};
