import { createAcl } from "./acl.ts";
import { createBucketDefaults } from "./bucket-defaults.ts";
import { createBucketPlaces, policyAtDoor } from "./bucket-places.ts";
import { createBucketPolicy } from "./bucket-policy.ts";
import { createBucketSettings } from "./bucket-settings.ts";
import { createDeleteBucket, createGetBucketLocation, createHeadBucket, createListBuckets } from "./buckets.ts";
import { createCheck } from "./check.ts";
import { createCompleteMultipartUpload } from "./complete-upload.ts";
import { createCopyObject } from "./copy-object.ts";
import { createCreateBucket } from "./create-bucket.ts";
import { createCreateMultipartUpload } from "./create-upload.ts";
import { createDeleteObject, createDeleteObjects } from "./delete-objects.ts";
import { createGarbage } from "./garbage.ts";
import { createGetObject } from "./get-object.ts";
import { createHeadObject } from "./head-object.ts";
import { createListObjects, createListObjectsV2 } from "./list-objects.ts";
import { createListObjectVersions } from "./list-versions.ts";
import type { Needs, S3, S3Service } from "./needs.ts";
import { createGetBucketNotificationConfiguration, createPutBucketNotificationConfiguration } from "./notification-configuration.ts";
import { createGetObjectAttributes } from "./object-attributes.ts";
import { readCopySource } from "./object-names.ts";
import { createPermissions } from "./permissions.ts";
import { createPutObject } from "./put-object.ts";
import { createTagging } from "./tagging.ts";
import { createUploadPart, createUploadPartCopy } from "./upload-part.ts";
import { createAbortMultipartUpload, createListMultipartUploads, createListParts } from "./uploads.ts";

/**
 * Amazon S3: buckets without versioning, their policies, objects, multipart uploads, and notifications to functions.
 *
 * A bucket is answered for in its own region, and others send the client there; ACLs are off, everything belongs to the bucket's owner, and objects are
 * reported as encrypted with S3's own keys (AES256), which on AWS nobody can turn off either. The disk is not encrypted by it.
 */
export const createS3Service = (needs: Needs): S3Service => {
  const garbage = createGarbage(needs);
  const places = createBucketPlaces(needs);
  const s3: S3 = { ...needs, garbage, places };
  garbage.recover().catch((error: unknown) => needs.log.warn("S3 could not look for data that a crash left: it tries again at the next start", { error: String(error) }));
  return {
    handlers: {
      CreateBucket: createCreateBucket(s3),
      HeadBucket: createHeadBucket(s3),
      ListBuckets: createListBuckets(s3),
      DeleteBucket: createDeleteBucket(s3),
      GetBucketLocation: createGetBucketLocation(s3),
      PutObject: createPutObject(s3),
      GetObject: createGetObject(s3),
      HeadObject: createHeadObject(s3),
      GetObjectAttributes: createGetObjectAttributes(s3),
      DeleteObject: createDeleteObject(s3),
      DeleteObjects: createDeleteObjects(s3),
      CopyObject: createCopyObject(s3),
      ListObjects: createListObjects(s3),
      ListObjectsV2: createListObjectsV2(s3),
      ListObjectVersions: createListObjectVersions(s3),
      CreateMultipartUpload: createCreateMultipartUpload(s3),
      UploadPart: createUploadPart(s3),
      UploadPartCopy: createUploadPartCopy(s3),
      CompleteMultipartUpload: createCompleteMultipartUpload(s3),
      AbortMultipartUpload: createAbortMultipartUpload(s3),
      ListParts: createListParts(s3),
      ListMultipartUploads: createListMultipartUploads(s3),
      PutBucketNotificationConfiguration: createPutBucketNotificationConfiguration(s3),
      GetBucketNotificationConfiguration: createGetBucketNotificationConfiguration(s3),
      ...createAcl(s3),
      ...createTagging(s3),
      ...createBucketPolicy(s3),
      ...createBucketDefaults(s3),
      ...createBucketSettings(s3),
    },
    permissions: createPermissions(s3),
    check: createCheck(places),
    resourcePolicy: (permission, { caller }) => policyAtDoor(places, permission, caller),
    ledgerKeys: (_operation, input) => ledgerKeys(input as Named),
  };
};

interface Named {
  Bucket?: string;
  Key?: string;
  CopySource?: string;
  Delete?: { Objects?: { Key?: string }[] };
}

/** The bucket, and each object of the request as `bucket/key`. */
const ledgerKeys = ({ Bucket, Key, CopySource, Delete }: Named): string[] => {
  if (Bucket === undefined) return [];
  const keys = [Key, ...(Delete?.Objects ?? []).map((object) => object.Key)].filter((key) => key !== undefined);
  return [Bucket, ...keys.map((key) => `${Bucket}/${key}`), ...(CopySource === undefined ? [] : [sourceKey(CopySource)])];
};

/** A source that cannot be read is refused elsewhere; the story is then found by what was sent. */
const sourceKey = (copySource: string): string => {
  try {
    const { bucket, key } = readCopySource(copySource);
    return `${bucket}/${key}`;
  } catch {
    return copySource;
  }
};
