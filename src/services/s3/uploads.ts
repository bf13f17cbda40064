import { assert } from "../../kit/assert.ts";
import { sql, type Operation, type Row } from "../../store/store.ts";
import { ownerOf } from "./account-ids.ts";
import { requireBucket } from "./bucket-rows.ts";
import { checksumMember } from "./checksums.ts";
import { invalidArgument, notBuilt } from "./errors.ts";
import { list } from "./listing.ts";
import { positionOf, readEncoding, readMax, wholeSecond } from "./list-objects.ts";
import type { S3, S3Handler, S3Input } from "./needs.ts";
import { bucketOf, objectOf } from "./object-names.ts";
import { keyBytes } from "./object-rows.ts";
import { findParts, removeUpload, requireUpload } from "./upload-rows.ts";

export const createAbortMultipartUpload = (s3: S3): S3Handler<"AbortMultipartUpload"> => async (input) => {
  const name = objectOf(input);
  const { UploadId: uploadId } = input;
  assert(uploadId !== undefined, "the protocol checks that UploadId is there");
  if (input.IfMatchInitiatedTime !== undefined) throw notBuilt("Aborting by time (x-amz-if-match-initiated-time; directory buckets only)");
  const garbage = await s3.store.run(function* () {
    yield* requireBucket(name.bucket, input.ExpectedBucketOwner);
    yield* requireUpload(name, uploadId);
    const blobIds = (yield* removeUpload(uploadId)).map(({ blobId }) => blobId);
    yield* s3.garbage.add(blobIds);
    return blobIds;
  });
  s3.garbage.collect(garbage);
  return {};
};

export const createListParts = (s3: S3): S3Handler<"ListParts"> => async (input) => {
  const name = objectOf(input);
  const { UploadId: uploadId } = input;
  assert(uploadId !== undefined, "the protocol checks that UploadId is there");
  const max = readMax(input.MaxParts, "max-parts");
  const marker = Number(input.PartNumberMarker ?? 0);
  if (!Number.isInteger(marker) || marker < 0) throw invalidArgument("Argument part-number-marker must be an integer between 0 and 2147483647", "part-number-marker", input.PartNumberMarker);
  const { account, upload, found } = await s3.store.run(function* () {
    const bucket = yield* requireBucket(name.bucket, input.ExpectedBucketOwner);
    return { account: bucket.account, upload: yield* requireUpload(name, uploadId), found: yield* findParts(uploadId, marker, max + 1) };
  });
  const parts = found.slice(0, max);
  return {
    Bucket: name.bucket,
    Key: name.key,
    UploadId: uploadId,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(parts.at(-1)?.number ?? 0),
    MaxParts: max,
    IsTruncated: max > 0 && found.length > max,
    Parts: parts.map((part) => ({
      PartNumber: part.number,
      LastModified: wholeSecond(part.lastModified),
      ETag: `"${part.etag}"`,
      Size: part.size,
      ...checksumMember({ algorithm: upload.checksumAlgorithm, value: part.checksum }),
    })),
    Initiator: ownerOf(account),
    Owner: ownerOf(account),
    StorageClass: upload.storageClass as "STANDARD",
    ...(upload.isChecksumAsked ? { ChecksumAlgorithm: upload.checksumAlgorithm as "CRC32", ChecksumType: upload.checksumType } : {}),
  };
};

type UploadEntry = { row: Row; key: Buffer } | { prefix: Buffer };

/** Uploads by key, and those of one key by their ids; `uploadMarker` goes on within the key of the marker. */
function* listUploads(input: S3Input<"ListMultipartUploads">, bucket: string, marker: string, uploadMarker: string, count: number): Operation<UploadEntry[]> {
  const uploadsOf = (key: Buffer, after: string, limit: number): Operation<readonly Row[]> =>
    sql("select * from s3_upload where bucket = ? and key = ? and upload_id > ? order by upload_id limit ?", bucket, key, after, limit);
  const entries: UploadEntry[] = [];
  if (uploadMarker !== "") for (const row of yield* uploadsOf(keyBytes(marker), uploadMarker, count)) entries.push({ row, key: keyBytes(marker) });
  const listing = yield* list({
    select: "select key from (select distinct key from s3_upload where bucket = ?) keys where 1 = 1",
    values: [bucket],
    prefix: input.Prefix ?? "",
    delimiter: input.Delimiter ?? "",
    ...(marker === "" ? {} : { after: keyBytes(marker) }),
    max: count,
  });
  for (const entry of listing.entries) {
    if (entries.length >= count) break;
    if ("prefix" in entry) entries.push(entry);
    else for (const row of yield* uploadsOf(entry.key, "", count - entries.length)) entries.push({ row, key: entry.key });
  }
  return entries.slice(0, count);
}

const describeUpload = (row: Row, key: string, account: string) => ({
  UploadId: row["upload_id"] as string,
  Key: key,
  Initiated: wholeSecond(Number(row["initiated"])),
  StorageClass: row["storage_class"] as "STANDARD",
  Owner: ownerOf(account),
  Initiator: ownerOf(account),
  ...(Number(row["is_checksum_asked"]) === 1 ? { ChecksumAlgorithm: row["checksum_algorithm"] as "CRC32", ChecksumType: row["checksum_type"] as "COMPOSITE" } : {}),
});

export const createListMultipartUploads = (s3: S3): S3Handler<"ListMultipartUploads"> => async (input) => {
  const max = readMax(input.MaxUploads, "max-uploads");
  const encode = readEncoding(input.EncodingType);
  const marker = input.KeyMarker ?? "";
  // Without a key marker, an upload-id marker says nothing.
  const uploadMarker = marker === "" ? "" : (input.UploadIdMarker ?? "");
  const { bucket, entries } = await s3.store.run(function* () {
    const found = yield* requireBucket(bucketOf(input), input.ExpectedBucketOwner);
    return { bucket: found, entries: yield* listUploads(input, found.name, marker, uploadMarker, max + 1) };
  });
  const page = entries.slice(0, max);
  const last = page.at(-1);
  const isTruncated = last !== undefined && entries.length > max;
  return {
    Bucket: bucket.name,
    KeyMarker: encode(marker),
    UploadIdMarker: uploadMarker,
    Prefix: encode(input.Prefix ?? ""),
    ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
    ...(input.EncodingType === undefined ? {} : { EncodingType: "url" as const }),
    MaxUploads: max,
    IsTruncated: isTruncated,
    ...(isTruncated ? { NextKeyMarker: encode(positionOf(last)!.toString()), NextUploadIdMarker: "row" in last ? (last.row["upload_id"] as string) : "" } : {}),
    Uploads: page.flatMap((entry) => ("row" in entry ? [describeUpload(entry.row, encode(entry.key.toString()), bucket.account)] : [])),
    CommonPrefixes: page.flatMap((entry) => ("prefix" in entry ? [{ Prefix: encode(entry.prefix.toString()) }] : [])),
  };
};
