import { decodeCbor } from "./cbor-decode.ts";
import { encodeCbor } from "./cbor-encode.ts";
import { serializationFailure } from "./failures.ts";
import { epochTimestamp, toBytes } from "./scalars.ts";
import type { Shape } from "./schema.ts";
import { createTreeReaders, misplaced } from "./tree-reader.ts";

const readerOf = createTreeReaders({
  memberName: (member) => member.name,
  readBlob(value) {
    if (!(value instanceof Uint8Array)) throw serializationFailure(misplaced(value, "a Blob"));
    return toBytes(value);
  },
  readTimestamp(value) {
    const date = value instanceof Date ? value : typeof value === "number" ? epochTimestamp(value) : undefined;
    if (date === undefined) throw serializationFailure(misplaced(value, "a Timestamp"));
    return date;
  },
});

/** @param body an empty one is an empty structure */
export function readCbor(shape: Shape, body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = decodeCbor(body);
  } catch (cause) {
    throw serializationFailure(`The request body is not valid CBOR: ${(cause as Error).message}`, cause);
  }
  return readerOf(shape)(value, 0) as Record<string, unknown>;
}

/** CBOR says the types itself, so no schema is needed. */
export const writeCbor = (value: unknown): Buffer => encodeCbor(value);
