import type { NumberType, TimestampFormat } from "./schema.ts";

/** Readers of text: undefined says that the text is not one. */

const INTEGER_MAX = 2 ** 31 - 1;
const INTEGER_MIN = -(2 ** 31);
const LONG_LIMIT = 2 ** 63;

export function fitsNumberType(value: number, type: NumberType | undefined): boolean {
  if (type === "integer") return Number.isInteger(value) && value <= INTEGER_MAX && value >= INTEGER_MIN;
  if (type === "long") return Number.isInteger(value) && value < LONG_LIMIT && value >= -LONG_LIMIT;
  return true;
}

const specialNumbers = new Map([["NaN", Number.NaN], ["Infinity", Number.POSITIVE_INFINITY], ["-Infinity", Number.NEGATIVE_INFINITY]]);

/** `NaN` and `Infinity` are floating point numbers that JSON writes as strings. */
export const parseSpecialNumber = (text: string, type: NumberType | undefined) =>
  type === "integer" || type === "long" ? undefined : specialNumbers.get(text);

export function parseNumber(text: string, type: NumberType | undefined): number | undefined {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return parseSpecialNumber(text, type);
  const value = Number(text);
  return fitsNumberType(value, type) ? value : undefined;
}

export function parseBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : undefined;
}

/** Characters outside of the alphabet or a wrong padding make it no base64. */
export function parseBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?$/;
const HTTP_DATE = /^[A-Za-z]{3}, \d{2}[ -][A-Za-z]{3}[ -]\d{4} \d{2}:\d{2}:\d{2}(?:\.\d+)? GMT$/;

/** ISO 8601, an HTTP date or seconds since the epoch, whatever the model says: clients send all three. */
export function parseTimestamp(text: string): Date | undefined {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return epochTimestamp(Number(text));
  if (HTTP_DATE.test(text)) return validDate(new Date(text));
  if (!ISO.test(text)) return undefined;
  const hasZone = /(?:[Zz]|[+-]\d{2}:?\d{2})$/.test(text) || !/[Tt ]/.test(text);
  return validDate(new Date(hasZone ? text : `${text}Z`));
}

/** @param seconds since the epoch, with a fraction */
export const epochTimestamp = (seconds: number) => validDate(new Date(Math.round(seconds * 1000)));

const validDate = (date: Date) => (Number.isNaN(date.getTime()) ? undefined : date);

/** As AWS writes it: no milliseconds where there are none. */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === "http-date") return date.toUTCString();
  if (format === "epoch-seconds") return String(date.getTime() / 1000);
  return date.toISOString().replace(".000Z", "Z");
}

/** AWS writes a number that may have a fraction with its point: `15.0`, which some languages read as another type than `15`. */
export function formatNumber(value: number, type?: NumberType): string {
  if (!Number.isFinite(value)) return specialNumberText(value);
  const text = String(value);
  return (type === "float" || type === "double") && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

export const specialNumberText = (value: number) => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");

export const toBytes = (value: unknown): Buffer => {
  if (typeof value === "string") return Buffer.from(value);
  const bytes = value as Uint8Array;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};
