import { createHash } from "node:crypto";
import { ApiError } from "../../kit/api-error.ts";
import { createCrc32, createCrc32c, createCrc64Nvme, type Digest } from "./crc.ts";
import { invalidRequest, notBuilt } from "./errors.ts";

/** By AWS's name; the header is `x-amz-checksum-` and the name in lower case, the member `Checksum` and the name. */
const ALGORITHMS = {
  CRC32: { bytes: 4, create: createCrc32 },
  CRC32C: { bytes: 4, create: createCrc32c },
  CRC64NVME: { bytes: 8, create: createCrc64Nvme },
  SHA1: { bytes: 20, create: (): Digest => createHash("sha1") },
  SHA256: { bytes: 32, create: (): Digest => createHash("sha256") },
  SHA512: { bytes: 64, create: (): Digest => createHash("sha512") },
  MD5: { bytes: 16, create: (): Digest => createHash("md5") },
} as const;
const NOT_BUILT = ["XXHASH64", "XXHASH3", "XXHASH128"] as const;

export type ChecksumAlgorithm = keyof typeof ALGORITHMS;
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

/** Base64; of a composite one with `-<parts>` behind it. */
export interface Checksum {
  algorithm: ChecksumAlgorithm;
  type: ChecksumType;
  value: string;
}

/** What S3 computes when the client sends nothing. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = "CRC64NVME";

const NAMES = Object.keys(ALGORITHMS) as ChecksumAlgorithm[];

export const createDigest = (algorithm: ChecksumAlgorithm): Digest => ALGORITHMS[algorithm].create();

export type ChecksumMembers = { [A in ChecksumAlgorithm | (typeof NOT_BUILT)[number] as `Checksum${A}`]?: string | undefined };

const isWellFormed = (algorithm: ChecksumAlgorithm, value: string): boolean => {
  const bytes = Buffer.from(value, "base64");
  return bytes.length === ALGORITHMS[algorithm].bytes && bytes.toString("base64") === value;
};

/** The algorithm that was named, checked; undefined when none was. */
export const readAlgorithm = (name: string | undefined): ChecksumAlgorithm | undefined => {
  if (name === undefined) return undefined;
  if ((NOT_BUILT as readonly string[]).includes(name.toUpperCase())) throw notBuilt(`The checksum algorithm ${name}`);
  const algorithm = NAMES.find((one) => one === name.toUpperCase());
  if (algorithm === undefined) throw invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
  return algorithm;
};

/** The one checksum given in a request's headers or in a part of a list. `isComposite` lets a `-<parts>` stand behind it. */
export const readChecksum = (members: ChecksumMembers, { isComposite = false } = {}): { algorithm: ChecksumAlgorithm; value: string } | undefined => {
  const unbuilt = NOT_BUILT.find((algorithm) => members[`Checksum${algorithm}`] !== undefined);
  if (unbuilt !== undefined) throw notBuilt(`The checksum algorithm ${unbuilt}`);
  const given = NAMES.filter((algorithm) => members[`Checksum${algorithm}`] !== undefined);
  if (given.length > 1) throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  const [algorithm] = given;
  if (algorithm === undefined) return undefined;
  const value = members[`Checksum${algorithm}`]!;
  return checked(algorithm, value, isComposite);
};

const checked = (algorithm: ChecksumAlgorithm, value: string, isComposite: boolean) => {
  const bare = isComposite ? value.replace(/-[0-9]+$/, "") : value;
  if (!isWellFormed(algorithm, bare)) throw invalidRequest(`Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`);
  return { algorithm, value };
};

/** The checksum in the trailers of an aws-chunked body. */
export const readTrailer = (trailers: Readonly<Record<string, string>>): { algorithm: ChecksumAlgorithm; value: string } | undefined => {
  for (const [name, value] of Object.entries(trailers)) {
    const [, suffix] = /^x-amz-checksum-(?!type$)(.+)$/.exec(name.toLowerCase()) ?? [];
    if (suffix !== undefined) return checked(readAlgorithm(suffix)!, value.trim(), false);
  }
  return undefined;
};

/** AWS writes the algorithm in capitals, for a multipart upload in small letters. */
export const badDigest = (algorithm: string): ApiError =>
  new ApiError("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`, { status: 400 });

export const badContentMd5 = (given: Buffer, computedHex: string): ApiError =>
  new ApiError("BadDigest", "The Content-MD5 you specified did not match what we received.", {
    status: 400,
    members: { ExpectedDigest: given.toString("base64"), CalculatedDigest: Buffer.from(computedHex, "hex").toString("base64") },
  });

/** `{ ChecksumCRC32: "…" }` for the SDK's output. */
export const checksumMember = ({ algorithm, value }: { algorithm: ChecksumAlgorithm; value: string }): ChecksumMembers => ({ [`Checksum${algorithm}`]: value });

export const checksumMembers = (checksum: Checksum): ChecksumMembers & { ChecksumType: ChecksumType } => ({
  ...checksumMember(checksum),
  ChecksumType: checksum.type,
});

/** The digest in a Content-MD5 header. */
export const readContentMd5 = (header: string | undefined): Buffer | undefined => {
  if (header === undefined) return undefined;
  if (!isWellFormed("MD5", header)) {
    throw new ApiError("InvalidDigest", "The Content-MD5 you specified was invalid.", { status: 400, members: { "Content-MD5": header } });
  }
  return Buffer.from(header, "base64");
};
