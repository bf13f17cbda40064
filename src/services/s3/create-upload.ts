import { requireBucket } from "./bucket-rows.ts";
import { DEFAULT_ALGORITHM, readAlgorithm, type ChecksumAlgorithm, type ChecksumType } from "./checksums.ts";
import { isLinear } from "./crc-combine.ts";
import { invalidRequest } from "./errors.ts";
import { describe, refuseUnbuilt } from "./headers.ts";
import type { S3, S3Handler } from "./needs.ts";
import { objectOf } from "./object-names.ts";
import { addUpload } from "./upload-rows.ts";

const UPLOAD_ID_BYTES = 48;

/** Full-object checksums can be made from those of the parts with CRCs only; CRC64NVME knows no other kind. */
const readChecksumType = (type: string | undefined, algorithm: ChecksumAlgorithm): ChecksumType => {
  if (type === undefined) return algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
  if (type !== "FULL_OBJECT" && type !== "COMPOSITE") throw invalidRequest("Value for x-amz-checksum-type header is invalid.");
  const isPossible = type === "FULL_OBJECT" ? isLinear(algorithm) : algorithm !== "CRC64NVME";
  if (!isPossible) throw invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
  return type;
};

export const createCreateMultipartUpload = (s3: S3): S3Handler<"CreateMultipartUpload"> => async (input) => {
  const name = objectOf(input);
  refuseUnbuilt(input);
  const asked = readAlgorithm(input.ChecksumAlgorithm);
  if (asked === undefined && input.ChecksumType !== undefined) throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
  const checksumAlgorithm = asked ?? DEFAULT_ALGORITHM;
  const checksumType = readChecksumType(input.ChecksumType, checksumAlgorithm);
  const uploadId = s3.random.bytes(UPLOAD_ID_BYTES).toString("base64url");
  const description = describe(input);
  await s3.store.run(function* () {
    yield* requireBucket(name.bucket, input.ExpectedBucketOwner);
    yield* addUpload({ ...description, ...name, uploadId, initiated: s3.clock.now(), checksumAlgorithm, checksumType, isChecksumAsked: asked !== undefined });
  });
  return {
    Bucket: name.bucket,
    Key: name.key,
    UploadId: uploadId,
    ServerSideEncryption: "AES256",
    ...(asked === undefined ? {} : { ChecksumAlgorithm: checksumAlgorithm as "CRC32", ChecksumType: checksumType }),
  };
};
