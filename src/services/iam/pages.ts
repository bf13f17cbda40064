const DEFAULT_ITEMS = 100;

/** A marker is the name of the last item of the page before. */
export const isPast = (name: string, marker: string | undefined): boolean => marker === undefined || name > Buffer.from(marker, "base64url").toString("utf8");

export const page = <T>(all: readonly T[], nameOf: (item: T) => string, maxItems: number | undefined): { items: T[]; rest: { IsTruncated: boolean; Marker?: string } } => {
  const items = all.slice(0, maxItems ?? DEFAULT_ITEMS);
  if (items.length === all.length) return { items, rest: { IsTruncated: false } };
  return { items, rest: { IsTruncated: true, Marker: Buffer.from(nameOf(items.at(-1)!)).toString("base64url") } };
};

/** IAM hands documents out percent-encoded, RFC 3986. */
export const encodeStrictUri = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
