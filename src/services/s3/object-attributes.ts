import { S3_PAGE_MAX } from "../../kit/limits/s3.ts";
import { checksumMember, checksumMembers } from "./checksums.ts";
import { invalidArgument } from "./errors.ts";
import type { S3, S3Handler } from "./needs.ts";
import { checkVersion, objectOf } from "./object-names.ts";
import type { ObjectRow } from "./object-rows.ts";
import { requireReadable } from "./read-object.ts";

const KNOWN: readonly string[] = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

const describeParts = ({ parts, checksum }: ObjectRow, marker: number, max: number) => {
  if (parts === undefined) return undefined;
  const following = parts.filter(({ number }) => number > marker);
  const page = following.slice(0, max);
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
    MaxParts: max,
    IsTruncated: following.length > page.length,
    Parts: page.map(({ number, size, checksum: value }) => ({ PartNumber: number, Size: size, ...checksumMember({ algorithm: checksum.algorithm, value }) })),
  };
};

export const createGetObjectAttributes = (s3: S3): S3Handler<"GetObjectAttributes"> => async (input, context) => {
  checkVersion(input.VersionId);
  const asked = new Set<string>(input.ObjectAttributes?.flatMap((names) => names.split(",").map((name) => name.trim())));
  const unknown = [...asked].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined || asked.size === 0) throw invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", unknown);
  const marker = Number(input.PartNumberMarker ?? 0);
  if (!Number.isInteger(marker) || marker < 0) throw invalidArgument("Part number marker must be a non-negative integer", "x-amz-part-number-marker", input.PartNumberMarker);
  const object = await requireReadable(s3, objectOf(input), input.ExpectedBucketOwner, context);
  const parts = asked.has("ObjectParts") ? describeParts(object, marker, Math.min(input.MaxParts ?? S3_PAGE_MAX, S3_PAGE_MAX)) : undefined;
  return {
    LastModified: new Date(object.lastModified),
    ...(asked.has("ETag") ? { ETag: object.etag } : {}),
    ...(asked.has("Checksum") ? { Checksum: checksumMembers(object.checksum) } : {}),
    ...(parts === undefined ? {} : { ObjectParts: parts }),
    ...(asked.has("StorageClass") ? { StorageClass: object.storageClass as "STANDARD" } : {}),
    ...(asked.has("ObjectSize") ? { ObjectSize: object.size } : {}),
  };
};
