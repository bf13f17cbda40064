/** Milliseconds less than this are a moment of 1973: so small a number is one of seconds. */
const MILLISECONDS_MIN = 1e11;
/** The last moment that a date can tell. */
const MOMENT_MAX = 8.64e15;

/** Milliseconds since the epoch, of a number of them, or of seconds, or of a date of RFC 3339. Undefined for everything else. */
export const momentOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const moment = /^\d+(\.\d+)?$/.test(text) ? (Number(text) < MILLISECONDS_MIN ? Number(text) * 1_000 : Number(text)) : Date.parse(text);
  return moment <= MOMENT_MAX ? Math.floor(moment) : undefined;
};
