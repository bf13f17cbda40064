import { invalidInput } from "./state.ts";

const DEFAULT_ITEMS = 100;

interface Paging {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}

/** A marker is the name of the last item of the page before. */
const lastNameOf = (marker: string): string => {
  const name = Buffer.from(marker, "base64url").toString("utf8");
  if (name === "" || Buffer.from(name).toString("base64url") !== marker) throw invalidInput(`Invalid Marker: ${marker}`);
  return name;
};

/** One page of what is sorted by name, after the one that the marker closed. */
export const pageAfter = <T>(all: readonly T[], nameOf: (item: T) => string, { Marker, MaxItems }: Paging): { items: T[]; rest: { IsTruncated: boolean; Marker?: string } } => {
  const last = Marker === undefined ? undefined : lastNameOf(Marker);
  const left = last === undefined ? all : all.filter((item) => nameOf(item) > last);
  const items = left.slice(0, MaxItems ?? DEFAULT_ITEMS);
  if (items.length === left.length) return { items, rest: { IsTruncated: false } };
  return { items, rest: { IsTruncated: true, Marker: Buffer.from(nameOf(items.at(-1)!)).toString("base64url") } };
};

/** IAM hands documents out percent-encoded, RFC 3986. */
export const encodeStrictUri = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
