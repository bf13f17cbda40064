import { invalidToken } from "./errors.ts";

/** A place between events: everything at or before (time, id) lies behind it. Ids begin at 1, so id 0 is before all of that millisecond. */
export interface Position {
  at: number;
  id: number;
}

/** 56 digits, as AWS's event ids and tokens have: they sort by time, then by arrival. */
export const eventId = ({ at, id }: Position): string => `3${String(at).padStart(15, "0")}${String(id).padStart(40, "0")}`;

const parseEventId = (digits: string): Position => ({ at: Number(digits.slice(1, 16)), id: Number(digits.slice(16)) });

/** `f/<56 digits>/s` of GetLogEvents: from there towards newer events; `b/…` towards older ones. */
export const streamToken = (direction: "f" | "b", position: Position): string => `${direction}/${eventId(position)}/s`;

export const parseStreamToken = (token: string): { direction: "f" | "b"; position: Position } => {
  const found = /^([fb])\/(3\d{55})\/s$/.exec(token);
  if (!found) throw invalidToken();
  return { direction: found[1] as "f" | "b", position: parseEventId(found[2]!) };
};

/** A page's continuation, opaque to the client: bound to what it continues, so that a foreign token is refused. */
export const pageToken = (of: string, after: readonly (string | number)[]): string => Buffer.from(JSON.stringify([of, ...after])).toString("base64url");

export const parsePageToken = (of: string, token: string): (string | number)[] => {
  try {
    const [kind, ...after] = JSON.parse(Buffer.from(token, "base64url").toString()) as (string | number)[];
    if (kind === of && after.every((part) => typeof part === "string" || Number.isSafeInteger(part))) return after;
  } catch {
    // Not JSON: not one of ours.
  }
  throw invalidToken();
};
