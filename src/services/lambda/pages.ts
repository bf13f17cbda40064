/** What a page goes on behind. An empty marker is none, as forms send it. */
export const readMarker = (marker: string | undefined): string | undefined => (marker === undefined || marker === "" ? undefined : Buffer.from(marker, "base64url").toString("utf8"));

const markerOf = (text: string): string => Buffer.from(text).toString("base64url");

/** The page, of rows of which one more was asked for than it may hold, and the marker of the next one where there is one. @param keyOf What the rows are ordered by. */
export const cutPage = <T>(rows: readonly T[], most: number, keyOf: (last: T) => string): { page: T[]; next: { NextMarker?: string } } => {
  const page = rows.slice(0, most);
  return { page, next: rows.length > most ? { NextMarker: markerOf(keyOf(page.at(-1)!)) } : {} };
};
