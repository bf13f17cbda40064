import { assert } from "../../kit/assert.ts";
import { S3_PART_NUMBER_MAX } from "../../kit/limits/s3.ts";
import { requireBucket } from "./bucket-rows.ts";
import { orRemoveBlob } from "./commit.ts";
import { checkCopySource } from "./conditions.ts";
import { checksumMember, readAlgorithm, readChecksum } from "./checksums.ts";
import { copyBytes } from "./copy-object.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { refuseUnbuilt } from "./headers.ts";
import type { S3, S3Handler } from "./needs.ts";
import { objectOf, readCopySource, type ObjectName } from "./object-names.ts";
import { readCopyRange } from "./ranges.ts";
import { requireReadable } from "./read-object.ts";
import { receiveBody, type ReceivedBody } from "./receive.ts";
import { requireUpload, writePart, type PartRow, type UploadRow } from "./upload-rows.ts";

const readPartNumber = (number: number | undefined): number => {
  if (number === undefined || !Number.isInteger(number) || number < 1 || number > S3_PART_NUMBER_MAX) {
    throw invalidArgument(`Part number must be an integer between 1 and ${S3_PART_NUMBER_MAX}, inclusive`, "partNumber", String(number));
  }
  return number;
};

const begin = (s3: S3, name: ObjectName, input: { UploadId?: string | undefined; ExpectedBucketOwner?: string | undefined }): Promise<UploadRow> => {
  assert(input.UploadId !== undefined, "the protocol checks that UploadId is there");
  const uploadId = input.UploadId;
  return s3.store.run(function* () {
    yield* requireBucket(name.bucket, input.ExpectedBucketOwner);
    return yield* requireUpload(name, uploadId);
  });
};

/** One commit: the part's row, and the blob it replaces as garbage. The upload may have ended meanwhile. */
const commitPart = async (s3: S3, upload: UploadRow, number: number, { blob, md5, checksums }: ReceivedBody): Promise<PartRow> => {
  const part: PartRow = { number, blobId: blob.id, size: blob.size, etag: md5, lastModified: s3.clock.now(), checksum: checksums.get(upload.checksumAlgorithm)! };
  const replaced = await orRemoveBlob(s3, blob.id, () =>
    s3.store.run(function* () {
      yield* requireUpload(upload, upload.uploadId);
      const old = yield* writePart(upload.uploadId, part);
      const garbage = old === undefined ? [] : [old];
      yield* s3.garbage.add(garbage);
      return garbage;
    }),
  );
  s3.blobs.keep(blob.id);
  s3.garbage.collect(replaced);
  return part;
};

export const createUploadPart = (s3: S3): S3Handler<"UploadPart"> => async (input, context) => {
  const number = readPartNumber(input.PartNumber);
  refuseUnbuilt(input);
  const upload = await begin(s3, objectOf(input), input);
  const announced = readChecksum(input)?.algorithm ?? readAlgorithm(input.ChecksumAlgorithm);
  if (announced !== undefined && upload.isChecksumAsked && announced !== upload.checksumAlgorithm) {
    throw invalidRequest(`Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, actual checksum Type: ${announced.toLowerCase()}`);
  }
  const body = await receiveBody(s3, input, context, upload.checksumAlgorithm);
  const part = await commitPart(s3, upload, number, body);
  const told = body.sent ?? upload.checksumAlgorithm;
  return { ETag: `"${part.etag}"`, ...checksumMember({ algorithm: told, value: body.checksums.get(told)! }), ServerSideEncryption: "AES256" };
};

export const createUploadPartCopy = (s3: S3): S3Handler<"UploadPartCopy"> => async (input, context) => {
  const number = readPartNumber(input.PartNumber);
  refuseUnbuilt(input);
  const from = readCopySource(input.CopySource);
  const upload = await begin(s3, objectOf(input), input);
  const find = async () => {
    const source = await requireReadable(s3, from, input.ExpectedSourceBucketOwner, context);
    checkCopySource(input, source, s3.clock.now());
    return source;
  };
  const { body } = await copyBytes(
    s3,
    find,
    ({ size }) => (input.CopySourceRange === undefined ? { start: 0, end: size - 1 } : readCopyRange(input.CopySourceRange, size)),
    () => upload.checksumAlgorithm,
  );
  const part = await commitPart(s3, upload, number, body);
  return {
    CopyPartResult: { ETag: `"${part.etag}"`, LastModified: new Date(part.lastModified), ...checksumMember({ algorithm: upload.checksumAlgorithm, value: part.checksum }) },
    ServerSideEncryption: "AES256",
  };
};
