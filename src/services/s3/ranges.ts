import { ApiError } from "../../kit/api-error.ts";
import type { ByteRange } from "../../blob/blob.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import type { ObjectRow } from "./object-rows.ts";

const notSatisfiable = (header: string, size: number): ApiError =>
  new ApiError("InvalidRange", "The requested range is not satisfiable", { status: 416, members: { RangeRequested: header, ActualObjectSize: size } });

/** `bytes=a-b`, `a-`, `-n`. Undefined means the whole: S3 ignores what it cannot parse, several ranges included. */
const readRange = (header: string | undefined, size: number): ByteRange | undefined => {
  const [, first = "", last = ""] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? "") ?? [];
  if (header === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    if (length === 0) throw notSatisfiable(header, size);
    return { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw notSatisfiable(header, size);
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
};

/** The bytes of one part of a multipart object; any other object is its own part 1. */
const partRange = (object: ObjectRow, partNumber: number): ByteRange => {
  const parts = object.parts ?? [{ number: 1, size: object.size }];
  let start = 0;
  for (const [index, { size }] of parts.entries()) {
    if (index + 1 === partNumber) return { start, end: start + size - 1 };
    start += size;
  }
  throw new ApiError("InvalidPartNumber", "The requested partnumber is not satisfiable", { status: 416, members: { PartNumberRequested: partNumber, ActualPartCount: parts.length } });
};

/** What a GetObject or HeadObject asks for; undefined is the whole object. */
export const requestedRange = (input: { Range?: string | undefined; PartNumber?: number | undefined }, object: ObjectRow): ByteRange | undefined => {
  if (input.PartNumber === undefined) return readRange(input.Range, object.size);
  if (input.Range !== undefined) throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  return partRange(object, input.PartNumber);
};

/** `bytes=a-b` of UploadPartCopy: both ends are needed, and inside the source. */
export const readCopyRange = (header: string, size: number): ByteRange => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  if (first === undefined || Number(last) < Number(first)) {
    throw invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", header);
  }
  if (Number(last) >= size) throw invalidArgument(`Range specified is not valid for source object of size: ${size}`, "x-amz-copy-source-range", header);
  return { start: Number(first), end: Number(last) };
};
