import { createHash } from "node:crypto";
import { BlobStoreFullError, type StoredBlob } from "../../blob/blob.ts";
import { ApiError } from "../../kit/api-error.ts";
import { S3_OBJECT_BYTES_MAX } from "../../kit/limits/s3.ts";
import type { RequestContext } from "../service.ts";
import { badContentMd5, badDigest, createDigest, readAlgorithm, readChecksum, readContentMd5, readTrailer, type ChecksumAlgorithm } from "./checksums.ts";
import type { Digest } from "./crc.ts";
import { invalidRequest } from "./errors.ts";
import { BLOB_OWNER } from "./garbage.ts";
import type { S3 } from "./needs.ts";

export type Bytes = AsyncIterable<Uint8Array>;

export interface ReceivedBody {
  blob: StoredBlob;
  /** Hex. */
  md5: string;
  /** Base64, by algorithm: the asked ones, and what the client sent. */
  checksums: Map<ChecksumAlgorithm, string>;
}

/** Writes bytes to the blob store, with MD5 and checksums made on the way; they are on the disk when it resolves. */
export const storeBytes = async ({ blobs }: Pick<S3, "blobs">, body: Bytes | undefined, algorithms: Iterable<ChecksumAlgorithm>): Promise<ReceivedBody> => {
  const md5 = createHash("md5");
  const digests = new Map<ChecksumAlgorithm, Digest>();
  for (const algorithm of algorithms) digests.set(algorithm, createDigest(algorithm));
  let size = 0;
  const digesting = async function* (bytes: Bytes) {
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > S3_OBJECT_BYTES_MAX) throw entityTooLarge(size);
      md5.update(chunk);
      for (const digest of digests.values()) digest.update(chunk);
      yield chunk;
    }
  };
  try {
    const blob = await blobs.write(body === undefined ? new Uint8Array() : digesting(body), { owner: BLOB_OWNER });
    const checksums = new Map([...digests].map(([algorithm, digest]) => [algorithm, digest.digest().toString("base64")] as const));
    return { blob, md5: md5.digest("hex"), checksums };
  } catch (error) {
    if (error instanceof BlobStoreFullError) throw new ApiError("ServiceUnavailable", error.message, { status: 503, cause: error });
    throw error;
  }
};

type Announced = Parameters<typeof readChecksum>[0] & { Body?: Bytes | undefined; ChecksumAlgorithm?: string | undefined; ContentMD5?: string | undefined; ContentLength?: number | undefined };

/**
 * The body of PutObject or UploadPart, compared with every digest that the client gave: Content-MD5, a checksum header, or a
 * checksum in the trailers. What does not match is gone again before this rejects. `wanted` is computed in any case.
 */
export const receiveBody = async (
  s3: Pick<S3, "blobs">,
  input: Announced,
  { trailers, wire }: Pick<RequestContext, "trailers" | "wire">,
  wanted: ChecksumAlgorithm | undefined,
): Promise<ReceivedBody & { sent: ChecksumAlgorithm | undefined }> => {
  const contentMd5 = readContentMd5(input.ContentMD5);
  const header = readChecksum(input);
  const announced = readAlgorithm(input.ChecksumAlgorithm);
  if (header !== undefined && announced !== undefined && header.algorithm !== announced) throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  const length = Number(wire?.headers["x-amz-decoded-content-length"] ?? input.ContentLength ?? 0);
  if (length > S3_OBJECT_BYTES_MAX) throw entityTooLarge(length);

  const algorithms = new Set([header?.algorithm ?? announced, wanted].filter((algorithm) => algorithm !== undefined));
  const received = await storeBytes(s3, input.Body, algorithms);
  try {
    if (contentMd5 !== undefined && contentMd5.toString("hex") !== received.md5) throw badContentMd5(contentMd5, received.md5);
    const sent = header ?? readTrailer(trailers);
    if (sent === undefined) {
      if (announced !== undefined) throw invalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.");
      return { ...received, sent: undefined };
    }
    if (announced !== undefined && sent.algorithm !== announced) throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
    const computed = received.checksums.get(sent.algorithm) ?? (await digestOf(s3, received.blob.id, sent.algorithm));
    if (computed !== sent.value) throw badDigest(sent.algorithm);
    received.checksums.set(sent.algorithm, computed);
    return { ...received, sent: sent.algorithm };
  } catch (error) {
    await s3.blobs.remove(received.blob.id);
    throw error;
  }
};

/** For a trailer that no header had announced: the bytes are read once more. */
const digestOf = async ({ blobs }: Pick<S3, "blobs">, id: string, algorithm: ChecksumAlgorithm): Promise<string> => {
  const digest = createDigest(algorithm);
  for await (const chunk of blobs.read(id)) digest.update(chunk);
  return digest.digest().toString("base64");
};

const entityTooLarge = (size: number): ApiError =>
  new ApiError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", { status: 400, members: { ProposedSize: size, MaxSizeAllowed: S3_OBJECT_BYTES_MAX } });
