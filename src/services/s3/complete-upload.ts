import { createHash } from "node:crypto";
import { ApiError } from "../../kit/api-error.ts";
import { assert } from "../../kit/assert.ts";
import { S3_MULTIPART_BYTES_MAX, S3_PART_BYTES_MIN, S3_PART_NUMBER_MAX } from "../../kit/limits/s3.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket } from "./bucket-rows.ts";
import { commitObject } from "./commit.ts";
import { badDigest, checksumMembers, createDigest, readChecksum, type Checksum } from "./checksums.ts";
import { combineCrcs, isLinear } from "./crc-combine.ts";
import { invalidRequest, malformedXml, noSuchUpload } from "./errors.ts";
import type { S3, S3Handler, S3Input } from "./needs.ts";
import { objectOf } from "./object-names.ts";
import { findObject, type ObjectRow } from "./object-rows.ts";
import { findParts, findUpload, removeUpload, requireUpload, type PartRow, type UploadRow } from "./upload-rows.ts";

type CompleteInput = S3Input<"CompleteMultipartUpload">;

const invalidPart = (uploadId: string, number: number, etag: string): ApiError =>
  new ApiError("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.", {
    status: 400,
    members: { UploadId: uploadId, PartNumber: number, ETag: etag },
  });

const invalidPartOrder = (uploadId: string): ApiError =>
  new ApiError("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.", { status: 400, members: { UploadId: uploadId } });

const entityTooSmall = (part: PartRow): ApiError =>
  new ApiError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
    status: 400,
    members: { ProposedSize: part.size, MinSizeAllowed: S3_PART_BYTES_MIN, PartNumber: part.number, ETag: part.etag },
  });

/** The parts that the client lists: in order, each as it came, none but the last too small. */
const chooseParts = (input: CompleteInput, upload: UploadRow, uploaded: readonly PartRow[]): PartRow[] => {
  const listed = input.MultipartUpload?.Parts ?? [];
  if (listed.length === 0 || listed.length > S3_PART_NUMBER_MAX) throw malformedXml();
  const numbers = listed.map(({ PartNumber }) => PartNumber);
  if (numbers.some((number, index) => index > 0 && number! <= numbers[index - 1]!)) throw invalidPartOrder(upload.uploadId);
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  const chosen = listed.map((given) => {
    if (given.PartNumber === undefined || given.ETag === undefined) throw malformedXml();
    const etag = given.ETag.replace(/^"(.*)"$/, "$1");
    const part = byNumber.get(given.PartNumber);
    const checksum = readChecksum(given);
    const isOther = checksum !== undefined && checksum.algorithm === upload.checksumAlgorithm && checksum.value !== part?.checksum;
    if (part === undefined || part.etag !== etag || isOther) throw invalidPart(upload.uploadId, given.PartNumber, etag);
    return part;
  });
  const small = chosen.slice(0, -1).find(({ size }) => size < S3_PART_BYTES_MIN);
  if (small !== undefined) throw entityTooSmall(small);
  return chosen;
};

const wholeChecksum = ({ checksumAlgorithm: algorithm, checksumType: type }: UploadRow, parts: readonly PartRow[]): Checksum => {
  const checksums = parts.map(({ checksum, size }) => ({ checksum: Buffer.from(checksum, "base64"), size }));
  if (type === "FULL_OBJECT") {
    assert(isLinear(algorithm), `${algorithm} of a whole cannot be made from its parts`);
    return { algorithm, type, value: combineCrcs(algorithm, checksums).toString("base64") };
  }
  const digest = createDigest(algorithm);
  for (const { checksum } of checksums) digest.update(checksum);
  return { algorithm, type, value: `${digest.digest().toString("base64")}-${parts.length}` };
};

const checkWhole = (input: CompleteInput, upload: UploadRow, checksum: Checksum, size: number): void => {
  if (input.ChecksumType !== undefined && input.ChecksumType !== upload.checksumType) {
    throw invalidRequest(`The upload was created using the ${upload.checksumType} checksum mode. The complete request must use the same checksum mode.`);
  }
  const given = readChecksum(input, { isComposite: true });
  if (given !== undefined && given.algorithm !== checksum.algorithm) {
    throw invalidRequest(`Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum Type: ${given.algorithm.toLowerCase()}`);
  }
  if (given !== undefined && given.value !== checksum.value && given.value !== checksum.value.replace(/-[0-9]+$/, "")) throw badDigest(given.algorithm.toLowerCase());
  if (input.MpuObjectSize !== undefined && Number(input.MpuObjectSize) !== size) {
    throw invalidRequest(`The provided 'x-amz-mp-object-size' header value ${Number(input.MpuObjectSize)} does not match what was computed: ${size}`);
  }
  if (size > S3_MULTIPART_BYTES_MAX) throw new ApiError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", { status: 400, members: { ProposedSize: size, MaxSizeAllowed: S3_MULTIPART_BYTES_MAX } });
};

const assemble = (input: CompleteInput, upload: UploadRow, parts: readonly PartRow[]): Omit<ObjectRow, "lastModified"> => {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const checksum = wholeChecksum(upload, parts);
  checkWhole(input, upload, checksum, size);
  const md5 = createHash("md5");
  for (const { etag } of parts) md5.update(Buffer.from(etag, "hex"));
  const { bucket, key, headers, metadata, tags, storageClass, uploadId } = upload;
  return {
    bucket, key, headers, metadata, tags, storageClass, uploadId, size, checksum,
    etag: `${md5.digest("hex")}-${parts.length}`,
    blobs: parts.map(({ blobId, size: bytes }) => [blobId, bytes] as const),
    parts: parts.map(({ number, size: bytes, checksum: value }) => ({ number, size: bytes, checksum: value })),
  };
};

/** The upload, or what it became when it was completed already: a client whose answer was lost asks again. */
const look = (s3: S3, input: CompleteInput, uploadId: string) =>
  s3.store.run(function* () {
    const name = objectOf(input);
    yield* requireBucket(name.bucket, input.ExpectedBucketOwner);
    const upload = yield* findUpload(name, uploadId);
    if (upload !== undefined) return { upload, parts: yield* findParts(uploadId) };
    const object = yield* findObject(name.bucket, name.key);
    if (object?.uploadId !== uploadId) throw noSuchUpload(uploadId);
    return { object };
  });

/** The parts stay where they are and become the object, in one commit with the end of the upload; parts not listed are garbage. */
const complete = async (s3: S3, context: RequestContext, input: CompleteInput, upload: UploadRow, uploaded: readonly PartRow[]): Promise<ObjectRow> => {
  const chosen = chooseParts(input, upload, uploaded);
  const fresh = assemble(input, upload, chosen);
  const used = new Set(chosen.map(({ blobId }) => blobId));
  return commitObject(s3, context, fresh, "s3:ObjectCreated:CompleteMultipartUpload", input, function* () {
    yield* requireUpload(upload, upload.uploadId);
    const parts = yield* removeUpload(upload.uploadId);
    const now = new Set(parts.map(({ blobId }) => blobId));
    const gone = chosen.find(({ blobId }) => !now.has(blobId));
    // A part was sent again while this was computed.
    if (gone !== undefined) throw invalidPart(upload.uploadId, gone.number, gone.etag);
    return parts.map(({ blobId }) => blobId).filter((id) => !used.has(id));
  });
};

export const createCompleteMultipartUpload = (s3: S3): S3Handler<"CompleteMultipartUpload"> => async (input, context) => {
  refuseUnbuiltKeys(input);
  assert(input.UploadId !== undefined, "the protocol checks that UploadId is there");
  const found = await look(s3, input, input.UploadId);
  const object = "object" in found ? found.object : await complete(s3, context, input, found.upload, found.parts);
  return {
    Location: `${context.endpoint}/${object.bucket}/${object.key.split("/").map(encodeURIComponent).join("/")}`,
    Bucket: object.bucket,
    Key: object.key,
    ETag: `"${object.etag}"`,
    ...checksumMembers(object.checksum),
    ServerSideEncryption: "AES256",
  };
};

const refuseUnbuiltKeys = (input: CompleteInput): void => {
  if ((input.SSECustomerAlgorithm ?? input.SSECustomerKey ?? input.SSECustomerKeyMD5) !== undefined) throw invalidRequest("The upload was created without customer-provided keys.");
};
