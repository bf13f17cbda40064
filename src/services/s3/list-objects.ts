import { S3_PAGE_MAX } from "../../kit/limits/s3.ts";
import type { Operation, Row } from "../../store/store.ts";
import { ownerOf } from "./account-ids.ts";
import { requireBucket, type BucketRow } from "./bucket-rows.ts";
import { invalidArgument, notBuilt } from "./errors.ts";
import { list, type Listing, type ListingEntry } from "./listing.ts";
import type { S3, S3Handler } from "./needs.ts";
import { bucketOf } from "./object-names.ts";
import { keyBytes } from "./object-rows.ts";
import { urlEncodeKey } from "./url-encoding.ts";

interface Asked {
  Bucket?: string | undefined;
  ExpectedBucketOwner?: string | undefined;
  Prefix?: string | undefined;
  Delimiter?: string | undefined;
  MaxKeys?: number | undefined;
  EncodingType?: string | undefined;
}

const LARGEST_MAX = 2_147_483_647;

export const readMax = (given: number | undefined, name: string): number => {
  if (given !== undefined && (given < 0 || given > LARGEST_MAX)) throw invalidArgument(`Argument ${name} must be an integer between 0 and ${LARGEST_MAX}`, name, String(given));
  return Math.min(given ?? S3_PAGE_MAX, S3_PAGE_MAX);
};

export const readEncoding = (type: string | undefined): ((text: string) => string) => {
  if (type !== undefined && type !== "url") throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", type);
  return type === "url" ? urlEncodeKey : (text) => text;
};

export const page = (s3: S3, input: Asked, after: Buffer | undefined, max: number): Promise<{ bucket: BucketRow; listing: Listing }> =>
  s3.store.run(function* (): Operation<{ bucket: BucketRow; listing: Listing }> {
    const bucket = yield* requireBucket(bucketOf(input), input.ExpectedBucketOwner);
    const listing = yield* list({
      select: "select key, size, etag, last_modified, storage_class, checksum_algorithm, checksum_type from s3_object where bucket = ?",
      values: [bucket.name],
      prefix: input.Prefix ?? "",
      delimiter: input.Delimiter ?? "",
      ...(after === undefined ? {} : { after }),
      max,
    });
    return { bucket, listing };
  });

/** Times in lists are whole seconds. */
export const wholeSecond = (milliseconds: number): Date => new Date(Math.floor(milliseconds / 1000) * 1000);

export const describeRow = (row: Row, key: string, owner: { ID: string } | undefined) => ({
  Key: key,
  LastModified: wholeSecond(Number(row["last_modified"])),
  ETag: `"${row["etag"] as string}"`,
  ChecksumAlgorithm: [row["checksum_algorithm"] as "CRC32"],
  ChecksumType: row["checksum_type"] as "FULL_OBJECT",
  Size: Number(row["size"]),
  StorageClass: row["storage_class"] as "STANDARD",
  ...(owner === undefined ? {} : { Owner: owner }),
});

export const commonPrefixes = ({ entries }: Listing, encode: (text: string) => string) => entries.flatMap((entry) => ("prefix" in entry ? [{ Prefix: encode(entry.prefix.toString()) }] : []));

const contents = (listing: Listing, encode: (text: string) => string, owner: { ID: string } | undefined) => ({
  Contents: listing.entries.flatMap((entry) => ("row" in entry ? [describeRow(entry.row, encode(entry.key.toString()), owner)] : [])),
  CommonPrefixes: commonPrefixes(listing, encode),
});

export const positionOf = (entry: ListingEntry | undefined): Buffer | undefined => (entry === undefined ? undefined : "row" in entry ? entry.key : entry.prefix);

/** Opaque to clients: `1` for the form, and where the last page ended. */
const encodeToken = (position: Buffer): string => `1${position.toString("base64url")}`;
const decodeToken = (token: string): Buffer => {
  const position = Buffer.from(token.slice(1), "base64url");
  if (encodeToken(position) !== token) throw invalidArgument("The continuation token provided is incorrect", "continuation-token", undefined);
  return position;
};

export const refuseOptionalAttributes = (attributes: readonly string[] | undefined): void => {
  // RestoreStatus is of archived objects, which there are none of: nothing to add.
  const other = attributes?.find((name) => name !== "RestoreStatus");
  if (other !== undefined) throw notBuilt(`The optional object attribute ${other}`);
};

export const echo = (input: Asked, encode: (text: string) => string, max: number) => ({
  Prefix: encode(input.Prefix ?? ""),
  MaxKeys: max,
  ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
  ...(input.EncodingType === undefined ? {} : { EncodingType: "url" as const }),
});

export const createListObjectsV2 = (s3: S3): S3Handler<"ListObjectsV2"> => async (input) => {
  const { ContinuationToken: token, StartAfter: startAfter } = input;
  const max = readMax(input.MaxKeys, "max-keys");
  const encode = readEncoding(input.EncodingType);
  refuseOptionalAttributes(input.OptionalObjectAttributes);
  if (token === "") throw invalidArgument("The continuation token provided is incorrect", "continuation-token", undefined);
  const after = token !== undefined ? decodeToken(token) : startAfter === undefined ? undefined : keyBytes(startAfter);
  const { bucket, listing } = await page(s3, input, after, max);
  const last = positionOf(listing.entries.at(-1));
  return {
    Name: bucket.name,
    ...echo(input, encode, max),
    KeyCount: listing.entries.length,
    IsTruncated: listing.isTruncated,
    ...contents(listing, encode, input.FetchOwner === true ? ownerOf(bucket.account) : undefined),
    ...(token === undefined ? {} : { ContinuationToken: token }),
    ...(listing.isTruncated && last !== undefined ? { NextContinuationToken: encodeToken(last) } : {}),
    ...(startAfter === undefined || token !== undefined ? {} : { StartAfter: encode(startAfter) }),
  };
};

export const createListObjects = (s3: S3): S3Handler<"ListObjects"> => async (input) => {
  const max = readMax(input.MaxKeys, "max-keys");
  const encode = readEncoding(input.EncodingType);
  refuseOptionalAttributes(input.OptionalObjectAttributes);
  const { bucket, listing } = await page(s3, input, input.Marker ? keyBytes(input.Marker) : undefined, max);
  const last = positionOf(listing.entries.at(-1));
  return {
    Name: bucket.name,
    ...echo(input, encode, max),
    Marker: encode(input.Marker ?? ""),
    IsTruncated: listing.isTruncated,
    ...contents(listing, encode, ownerOf(bucket.account)),
    // "This element is returned only if you have the delimiter request parameter specified" (ListObjects)
    ...(listing.isTruncated && input.Delimiter && last !== undefined ? { NextMarker: encode(last.toString()) } : {}),
  };
};
