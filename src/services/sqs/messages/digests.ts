import { createHash, hash } from "node:crypto";
import type { Attributes } from "./attributes.ts";

export const md5 = (text: string): string => hash("md5", text, "hex");

/** Of a body: what FIFO queues with content-based deduplication know it by. */
export const contentId = (body: string): string => hash("sha256", body, "hex");

const STRING_VALUE = Buffer.from([1]);
const BINARY_VALUE = Buffer.from([2]);

const withLength = (bytes: Buffer): Buffer[] => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
};

/**
 * By name: length and bytes of the name, of the type, one byte that tells strings from bytes, length and bytes of the value.
 * Source: "Calculating the MD5 message digest for message attributes", SQS developer guide.
 */
export const md5OfAttributes = (attributes: Attributes): string => {
  const md5 = createHash("md5");
  for (const name of Object.keys(attributes).sort()) {
    const { DataType, StringValue, BinaryValue } = attributes[name]!;
    const value = BinaryValue === undefined ? Buffer.from(StringValue!) : Buffer.from(BinaryValue);
    for (const piece of [...withLength(Buffer.from(name)), ...withLength(Buffer.from(DataType)), BinaryValue === undefined ? STRING_VALUE : BINARY_VALUE, ...withLength(value)]) md5.update(piece);
  }
  return md5.digest("hex");
};
