import { commitObject, orRemoveBlob } from "./commit.ts";
import { requireBucket } from "./bucket-rows.ts";
import { checkWrite } from "./conditions.ts";
import { checksumMembers, DEFAULT_ALGORITHM, readAlgorithm, readChecksum, type Checksum } from "./checksums.ts";
import { describe, refuseUnbuilt } from "./headers.ts";
import type { S3, S3Handler } from "./needs.ts";
import { objectOf } from "./object-names.ts";
import { findObject } from "./object-rows.ts";
import { receiveBody } from "./receive.ts";

/** From this size on a refusal is looked for before the body comes, so that it does not cost the upload; the commit looks in any case. */
const EARLY_LOOK_BYTES = 1024 * 1024;

export const createPutObject = (s3: S3): S3Handler<"PutObject"> => async (input, context) => {
  const { bucket, key } = objectOf(input);
  refuseUnbuilt(input);
  const description = describe(input);
  if ((input.ContentLength ?? Infinity) > EARLY_LOOK_BYTES) {
    await s3.store.run(function* () {
      yield* requireBucket(bucket, input.ExpectedBucketOwner);
      checkWrite(input, key, yield* findObject(bucket, key));
    });
  }
  const announced = readChecksum(input)?.algorithm ?? readAlgorithm(input.ChecksumAlgorithm);
  const body = await receiveBody(s3, input, context, announced ?? DEFAULT_ALGORITHM);
  const algorithm = body.sent ?? DEFAULT_ALGORITHM;
  const checksum: Checksum = { algorithm, type: "FULL_OBJECT", value: body.checksums.get(algorithm)! };
  const { blob } = body;
  const object = await orRemoveBlob(s3, blob.id, () =>
    commitObject(s3, context, { ...description, bucket, key, size: blob.size, etag: body.md5, checksum, blobs: [[blob.id, blob.size]] }, "s3:ObjectCreated:Put", input),
  );
  return { ETag: `"${object.etag}"`, ...checksumMembers(checksum), ServerSideEncryption: "AES256" };
};
