import { INPUT_DEPTH_MAX } from "../kit/limits/gateway.ts";
import { serializationFailure } from "./failures.ts";
import { fitsNumberType, parseSpecialNumber } from "./scalars.ts";
import type { Member, Shape } from "./schema.ts";

/** Reads a value out of parsed JSON or CBOR; throws SerializationException when it is of another type than the model says. */
export type TreeReader = (value: unknown, depth: number) => unknown;

/** What differs between JSON and CBOR. */
export interface TreeWire {
  memberName(member: Member): string;
  readBlob: TreeReader;
  readTimestamp: TreeReader;
}

/** One reader per shape, compiled when it is first used. */
export function createTreeReaders(wire: TreeWire): (shape: Shape) => TreeReader {
  const readers = new WeakMap<Shape, TreeReader>();
  const readerOf = (shape: Shape): TreeReader => {
    let reader = readers.get(shape);
    if (reader === undefined) readers.set(shape, (reader = compile(shape)));
    return reader;
  };
  /** The member's reader is found when it is first needed: shapes contain themselves. */
  const lazily = (member: Member | undefined): TreeReader => {
    let reader: TreeReader | undefined;
    return (value, depth) => (reader ??= member === undefined ? readDocument : readerOf(member.shape))(value, depth);
  };
  const compile = (shape: Shape): TreeReader => {
    switch (shape.kind) {
      case "string": return readString;
      case "number": return createNumberReader(shape);
      case "boolean": return readBoolean;
      case "blob": return wire.readBlob;
      case "timestamp": return wire.readTimestamp;
      case "list": return createListReader(lazily(shape.value));
      case "map": return createMapReader(lazily(shape.value));
      case "structure":
      case "union": return createStructureReader(shape, wire, lazily);
      case "unit": return () => ({});
      case "bigint":
      case "bigdecimal":
      case "document": return readDocument;
    }
  };
  return readerOf;
}

function createStructureReader(shape: Shape, wire: TreeWire, lazily: (member: Member) => TreeReader): TreeReader {
  const members = new Map(shape.members.map((member) => [wire.memberName(member), { name: member.name, read: lazily(member) }]));
  return (value, depth) => {
    const source = asObject(value, depth);
    const result: Record<string, unknown> = {};
    for (const key in source) {
      const member = members.get(key);
      const content = source[key];
      if (member !== undefined && content !== null && content !== undefined) result[member.name] = member.read(content, depth + 1);
    }
    return result;
  };
}

/** Keys are the caller's: the result has no prototype that they could name. */
function createMapReader(readValue: TreeReader): TreeReader {
  return (value, depth) => {
    const source = asObject(value, depth);
    const result = Object.create(null) as Record<string, unknown>;
    for (const key in source) {
      const content = source[key];
      result[key] = content === null || content === undefined ? null : readValue(content, depth + 1);
    }
    return result;
  };
}

function createListReader(readItem: TreeReader): TreeReader {
  return (value, depth) => {
    if (!Array.isArray(value)) throw serializationFailure(misplaced(value, "a List"));
    checkDepth(depth);
    return value.map((item: unknown) => (item === null || item === undefined ? null : readItem(item, depth + 1)));
  };
}

function createNumberReader({ traits: { numberType } }: Shape): TreeReader {
  const name = numberType === "integer" ? "an Integer" : numberType === "long" ? "a Long" : numberType === "float" ? "a Float" : "a Double";
  return (value) => {
    const number = typeof value === "string" ? parseSpecialNumber(value, numberType) : typeof value === "bigint" ? Number(value) : value;
    if (typeof number !== "number" || !fitsNumberType(number, numberType)) throw serializationFailure(misplaced(value, name));
    return number;
  };
}

const readString: TreeReader = (value) => {
  if (typeof value !== "string") throw serializationFailure(misplaced(value, "a String"));
  return value;
};

const readBoolean: TreeReader = (value) => {
  if (typeof value !== "boolean") throw serializationFailure(misplaced(value, "a Boolean"));
  return value;
};

const readDocument: TreeReader = (value, depth) => {
  if (typeof value !== "object" || value === null) return value;
  checkDepth(depth);
  for (const content of Object.values(value)) readDocument(content, depth + 1);
  return value;
};

function asObject(value: unknown, depth: number): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array || value instanceof Date) {
    throw serializationFailure(misplaced(value, "a structure or map"));
  }
  checkDepth(depth);
  return value as Record<string, unknown>;
}

function checkDepth(depth: number): void {
  if (depth > INPUT_DEPTH_MAX) throw serializationFailure(`The request is nested deeper than ${INPUT_DEPTH_MAX} levels`);
}

/** AWS's texts for a value of the wrong type. */
export function misplaced(value: unknown, wanted: string): string {
  if (Array.isArray(value)) return "Start of list found where not expected";
  if (value instanceof Uint8Array) return `BLOB_VALUE can not be converted to ${wanted}`;
  if (value instanceof Date) return `TIMESTAMP_VALUE can not be converted to ${wanted}`;
  if (typeof value === "object" && value !== null) return "Start of structure or map found where not expected.";
  const kind = typeof value === "number" && !Number.isInteger(value) ? "DECIMAL" : typeof value === "boolean" ? String(value).toUpperCase() : typeof value === "string" ? "STRING" : "NUMBER";
  return `${kind}_VALUE can not be converted to ${wanted}`;
}
