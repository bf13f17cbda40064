import { SCHEDULES_PAGE_MAX } from "../../kit/limits/schedules.ts";
import { invalid } from "./errors.ts";

/** Where the next page begins: behind these names. */
const write = (kind: string, names: readonly string[]): string => Buffer.from(JSON.stringify([kind, ...names])).toString("base64url");

/** The names of the last one of the page before; undefined on the first. */
export const readToken = (kind: string, token: string | undefined, names: number): string[] | undefined => {
  if (token === undefined) return undefined;
  try {
    const [of, ...after] = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown[];
    if (of === kind && after.length === names && after.every((name) => typeof name === "string")) return after;
  } catch {
    // It is told below.
  }
  throw invalid("Invalid NextToken. It is not one that this operation has given.");
};

export const pageSize = (most: number | undefined): number => most ?? SCHEDULES_PAGE_MAX;

/** @param found one more than the page holds, when there are more */
export const cutPage = <T>(kind: string, found: readonly T[], size: number, namesOf: (last: T) => string[]): { shown: readonly T[]; NextToken?: string } => {
  const shown = found.slice(0, size);
  return found.length > size ? { shown, NextToken: write(kind, namesOf(shown.at(-1)!)) } : { shown };
};
