import { scalarWriter } from "./xml-writer.ts";
import { scalarReader } from "./xml-reader.ts";
import type { Member, Shape } from "./schema.ts";

/** A header's text to the member's value; throws XmlSyntaxError's kin when it is not one. */
export function headerReader({ shape, traits }: Member): (text: string) => unknown {
  if (shape.kind === "list") {
    const item = itemShape(shape);
    const read = scalarReader(item);
    return item.kind === "timestamp" ? (text) => splitDates(text).map(read) : (text) => splitList(text).map(read);
  }
  return scalarReader({ ...shape, traits: { ...shape.traits, ...traits } });
}

/** A member's value to a header's text. */
export function headerWriter({ shape, traits }: Member): (value: unknown) => string {
  if (shape.kind === "list") {
    const item = itemShape(shape);
    const write = scalarWriter(item, "http-date");
    const quote = item.kind === "string" ? (text: string) => (/[",]/.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : text) : (text: string) => text;
    return (value) => Array.from(value as Iterable<unknown>, (part) => quote(write(part))).join(", ");
  }
  const write = scalarWriter({ kind: shape.kind, traits }, "http-date");
  return (value) => encodeHeader(write(value));
}

const itemShape = (list: Shape): Shape => list.value?.shape ?? list;

/** What is no Latin-1 goes as RFC 2047 says, which is what S3 does with metadata. No line can be broken with it. */
export const encodeHeader = (text: string) => (/^[\t\x20-\x7e\x80-\xff]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`);

function splitList(text: string): string[] {
  if (text.trim() === "") return [];
  return [...text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*?))\s*(?:,|$)/gy)]
    .slice(0, text.trimEnd().endsWith(",") ? undefined : -1)
    .map(([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "");
}

/** An HTTP date has a comma itself. */
const splitDates = (text: string) => text.match(/[^,]+,[^,]+|[^,]+/g)?.map((date) => date.trim()) ?? [];
