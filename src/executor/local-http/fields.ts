import { Refusal } from "./refusal.ts";

/** Header or trailer fields, by their names in small letters. It has no prototype: a field may have any name. */
export type Fields = Record<string, string>;

export const createFields = (): Fields => Object.create(null) as Fields;

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Of two different ones, a proxy might have believed the other: what says where a message ends, and for whom it is. */
const ONCE: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "host"]);
/** They hold one value, so of several the first one counts; all others are lists, and are joined. As node:http has it. */
const FIRST: ReadonlySet<string> = new Set([
  "age", "authorization", "content-type", "etag", "expires", "from", "if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer", "retry-after", "server", "user-agent",
]);

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** Blanks and tabs only: `trim` knows more of them, which belong to the value. */
const withoutBlanks = (line: string, from: number): string => {
  let [start, end] = [from, line.length];
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
};

/** A line that continues the one before it begins with a blank, which no name does. */
export const addField = (fields: Fields, line: string): void => {
  const colon = line.indexOf(":");
  const given = line.slice(0, Math.max(0, colon));
  const value = withoutBlanks(line, colon + 1);
  if (!NAME.test(given) || !VALUE.test(value)) throw new Refusal(400, "a line of the head is no header field");
  const name = given.toLowerCase();
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (ONCE.has(name)) throw new Refusal(400, `${name} stands there more than once`);
  else if (!FIRST.has(name)) fields[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
};

/** Whether a list of words, as `Connection` has one, holds this one. */
export const hasWord = (list: string | undefined, word: string): boolean => list !== undefined && (list === word || list.split(",").some((one) => one.trim().toLowerCase() === word));
