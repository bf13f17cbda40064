import { assert } from "../kit/assert.ts";
import { serializationFailure } from "./failures.ts";
import { epochTimestamp, formatNumber, formatTimestamp, parseBase64, parseTimestamp, specialNumberText, toBytes } from "./scalars.ts";
import type { Member, Shape } from "./schema.ts";
import { createTreeReaders, misplaced, type TreeReader } from "./tree-reader.ts";

/** A value to what `JSON.stringify` takes. Absent members stay absent. */
type JsonWriter = (value: unknown) => unknown;

export interface JsonCodec {
  /** @param text an empty one is an empty structure */
  read(shape: Shape, text: string): Record<string, unknown>;
  write(shape: Shape, value: unknown): string;
}

/** @param usesJsonName restJson1 names members by `jsonName`; awsJson does not */
function createJsonCodec(usesJsonName: boolean): JsonCodec {
  const memberName = (member: Member) => (usesJsonName ? (member.traits.jsonName ?? member.name) : member.name);
  const readerOf = createTreeReaders({ memberName, readBlob, readTimestamp });
  const writerOf = createJsonWriters(memberName);
  return {
    read: (shape, text) => readerOf(shape)(text === "" ? {} : parseJson(text), 0) as Record<string, unknown>,
    write: (shape, value) => JSON.stringify((writerOf(shape) ?? same)(value)),
  };
}

/** Of Node 21 and later; TypeScript does not know it yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };

const same: JsonWriter = (value) => value;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw serializationFailure(`The request body is not valid JSON: ${(cause as Error).message}`, cause);
  }
}

const readBlob: TreeReader = (value) => {
  if (typeof value !== "string") throw serializationFailure(misplaced(value, "a Blob"));
  const bytes = parseBase64(value);
  if (bytes === undefined) throw serializationFailure("STRING_VALUE can not be converted to a Blob: it is not base64");
  return bytes;
};

const readTimestamp: TreeReader = (value) => {
  const date = typeof value === "number" ? epochTimestamp(value) : typeof value === "string" ? parseTimestamp(value) : undefined;
  if (date === undefined) throw serializationFailure(misplaced(value, "a Timestamp"));
  return date;
};

/** Undefined where the value is its own JSON, which is most shapes: then nothing is copied. */
function createJsonWriters(memberName: (member: Member) => string): (shape: Shape) => JsonWriter | undefined {
  const writers = new WeakMap<Shape, { write: JsonWriter | undefined }>();
  const writerOf = (shape: Shape): JsonWriter | undefined => {
    let known = writers.get(shape);
    if (known === undefined) writers.set(shape, (known = { write: isOwnJson(shape, memberName, new Set()) ? undefined : compile(shape) }));
    return known.write;
  };
  const lazily = (member: Member): JsonWriter => {
    let write: JsonWriter | undefined;
    return (value) => (write ??= writerOf(member.shape) ?? same)(value);
  };
  const compile = (shape: Shape): JsonWriter => {
    if (shape.kind === "blob") return (value) => toBytes(value).toString("base64");
    if (shape.kind === "timestamp") return createTimestampWriter(shape);
    if (shape.kind === "number") return (value) => (Number.isFinite(value) ? rawJson(formatNumber(value as number, shape.traits.numberType)) : specialNumberText(value as number));
    if (shape.kind === "structure" || shape.kind === "union") {
      return createStructureWriter(shape.members.map((member) => ({ name: member.name, wireName: memberName(member), write: lazily(member) })));
    }
    assert(shape.value !== undefined, `${shape.name} has no JSON form`);
    const writeValue = lazily(shape.value);
    const writeOrNull: JsonWriter = (value) => (value === null ? null : writeValue(value));
    if (shape.kind === "list") return (value) => Array.from(value as Iterable<unknown>, writeOrNull);
    return (value) => mapValues(value as Record<string, unknown>, writeOrNull);
  };
  return writerOf;
}

function createTimestampWriter({ traits }: Shape): JsonWriter {
  const format = traits.timestampFormat ?? "epoch-seconds";
  if (format === "epoch-seconds") return (value) => (value as Date).getTime() / 1000;
  return (value) => formatTimestamp(value as Date, format);
}

function createStructureWriter(members: readonly { name: string; wireName: string; write: JsonWriter }[]): JsonWriter {
  return (value) => {
    const source = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (const { name, wireName, write } of members) {
      const content = source[name];
      if (content !== undefined && content !== null) result[wireName] = write(content);
    }
    return result;
  };
}

function mapValues(source: Record<string, unknown>, write: JsonWriter): Record<string, unknown> {
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, content] of Object.entries(source)) if (content !== undefined) result[key] = write(content);
  return result;
}

function isOwnJson(shape: Shape, memberName: (member: Member) => string, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return true;
  seen.add(shape);
  const { kind, traits } = shape;
  if (kind === "blob" || kind === "timestamp") return false;
  if (kind === "number") return traits.numberType !== "float" && traits.numberType !== "double";
  if (shape.members.some((member) => memberName(member) !== member.name)) return false;
  const inner = [...shape.members, ...(shape.value === undefined ? [] : [shape.value])];
  return inner.every((member) => isOwnJson(member.shape, memberName, seen));
}

export const restJsonCodec = createJsonCodec(true);
export const awsJsonCodec = createJsonCodec(false);
