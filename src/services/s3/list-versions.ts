import { ownerOf } from "./account-ids.ts";
import { invalidArgument } from "./errors.ts";
import { commonPrefixes, describeRow, echo, page, positionOf, readEncoding, readMax, refuseOptionalAttributes } from "./list-objects.ts";
import type { S3, S3Handler, S3Input } from "./needs.ts";
import { checkVersion, NULL_VERSION } from "./object-names.ts";
import { keyBytes } from "./object-rows.ts";

/** A page goes on behind a key and one of its versions; of which there is one here. */
const readMarker = ({ KeyMarker, VersionIdMarker }: S3Input<"ListObjectVersions">): Buffer | undefined => {
  if (VersionIdMarker === "") throw invalidArgument("A version-id marker cannot be empty.", "version-id-marker", "");
  if (VersionIdMarker !== undefined && !KeyMarker) throw invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", VersionIdMarker);
  checkVersion(VersionIdMarker);
  return KeyMarker ? keyBytes(KeyMarker) : undefined;
};

/** Without versioning every object has one version, called `null`, and nothing leaves a delete marker. Terraform empties buckets with it. */
export const createListObjectVersions = (s3: S3): S3Handler<"ListObjectVersions"> => async (input) => {
  const max = readMax(input.MaxKeys, "max-keys");
  const encode = readEncoding(input.EncodingType);
  refuseOptionalAttributes(input.OptionalObjectAttributes);
  const { bucket, listing } = await page(s3, input, readMarker(input), max);
  const owner = ownerOf(bucket.account);
  const last = listing.entries.at(-1);
  const position = listing.isTruncated ? positionOf(last) : undefined;
  return {
    Name: bucket.name,
    ...echo(input, encode, max),
    KeyMarker: encode(input.KeyMarker ?? ""),
    VersionIdMarker: input.VersionIdMarker ?? "",
    IsTruncated: listing.isTruncated,
    Versions: listing.entries.flatMap((entry) => ("row" in entry ? [{ ...describeRow(entry.row, encode(entry.key.toString()), owner), VersionId: NULL_VERSION, IsLatest: true }] : [])),
    CommonPrefixes: commonPrefixes(listing, encode),
    ...(position === undefined ? {} : { NextKeyMarker: encode(position.toString()) }),
    ...(position === undefined || "prefix" in last! ? {} : { NextVersionIdMarker: NULL_VERSION }),
  };
};
