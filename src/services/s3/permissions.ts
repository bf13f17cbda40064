import { bucketArn } from "../../kit/arn.ts";
import type { Permission, RequestContext } from "../service.ts";
import type { S3, S3Service } from "./needs.ts";
import { readCopySource } from "./object-names.ts";
import { createExistingTagKeys, headerTagKeys, requestTagKeys } from "./tag-keys.ts";

interface Named {
  Bucket?: string | undefined;
  Key?: string | undefined;
  VersionId?: string | undefined;
}

type Context = NonNullable<Permission["context"]>;

const keys = (values: Record<string, string | number | boolean | undefined>): Context =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));

/** What each operation must be allowed to do: the actions of the service authorization reference. */
export const createPermissions = ({ places, store }: Pick<S3, "places" | "store">): S3Service["permissions"] => {
  const existingTags = createExistingTagKeys({ places, store });
  const withOwner = async (permission: Permission, bucket: string): Promise<Permission> => {
    const place = await places.find(bucket);
    return place === undefined ? permission : { ...permission, account: place.account };
  };
  const onBucket = async (action: string, { Bucket = "" }: Named, context?: Context): Promise<Permission> =>
    withOwner({ action: `s3:${action}`, resource: bucketArn(Bucket), ...(context === undefined ? {} : { context }) }, Bucket);
  const onObject = async (action: string, { Bucket = "", Key = "" }: Named, context?: Context): Promise<Permission> =>
    withOwner({ action: `s3:${action}`, resource: `${bucketArn(Bucket)}/${Key}`, ...(context === undefined || Object.keys(context).length === 0 ? {} : { context }) }, Bucket);

  const bucket = (action: string) => async (input: Named): Promise<Permission[]> => [await onBucket(action, input)];
  const object = (action: string) => async (input: Named): Promise<Permission[]> => [await onObject(action, input)];
  /** A version that is named needs a permission of its own, even where it is the only one. */
  const onVersion = (action: string, ofVersion: string, input: Named, context: Context = {}): Promise<Permission> =>
    input.VersionId === undefined ? onObject(action, input, context) : onObject(ofVersion, input, { "s3:versionid": input.VersionId, ...context });
  const version = (action: string, ofVersion: string) => async (input: Named): Promise<Permission[]> => [await onVersion(action, ofVersion, input)];
  /** The same where a policy may ask for the tags that the object has. */
  const tagged = (action: string, ofVersion: string) => async (input: Named, context: RequestContext): Promise<Permission[]> => [await onVersion(action, ofVersion, input, await existingTags(input, context))];
  /** An action on a bucket that the caller's own account is to have, or on all of them. */
  const own = (action: string, resource: string, { account }: RequestContext): Permission[] => [{ action: `s3:${action}`, resource, account }];
  const listing = (action: string) => async (input: Named & { Prefix?: string | undefined; Delimiter?: string | undefined; MaxKeys?: number | undefined }): Promise<Permission[]> => [
    await onBucket(action, input, keys({ "s3:prefix": input.Prefix ?? "", "s3:delimiter": input.Delimiter, "s3:max-keys": input.MaxKeys })),
  ];
  const writing = (input: Named & { Tagging?: string | undefined; StorageClass?: string | undefined; ACL?: string | undefined; IfMatch?: string | undefined; IfNoneMatch?: string | undefined; CopySource?: string | undefined; MetadataDirective?: string | undefined; ServerSideEncryption?: string | undefined }) =>
    onObject("PutObject", input, { ...headerTagKeys(input.Tagging), ...keys({
      "s3:x-amz-storage-class": input.StorageClass, "s3:x-amz-acl": input.ACL, "s3:x-amz-copy-source": input.CopySource, "s3:x-amz-metadata-directive": input.MetadataDirective,
      "s3:if-match": input.IfMatch, "s3:if-none-match": input.IfNoneMatch, "s3:x-amz-server-side-encryption": input.ServerSideEncryption,
    }) });
  /** Tags given with an object need a permission of their own. */
  const tagging = async (input: Named & { Tagging?: string | undefined }): Promise<Permission[]> => (input.Tagging ? [await onObject("PutObjectTagging", input, headerTagKeys(input.Tagging))] : []);
  const source = async (copySource: string | undefined, context: RequestContext): Promise<Permission> => {
    const { bucket: Bucket, key: Key, versionId: VersionId } = readCopySource(copySource);
    return onVersion("GetObject", "GetObjectVersion", { Bucket, Key, VersionId }, await existingTags({ Bucket, Key }, context));
  };

  return {
    CreateBucket: (input, context) => own("CreateBucket", bucketArn(input.Bucket ?? ""), context),
    ListBuckets: (_input, context) => own("ListAllMyBuckets", "*", context),
    HeadBucket: bucket("ListBucket"),
    DeleteBucket: bucket("DeleteBucket"),
    GetBucketLocation: bucket("GetBucketLocation"),

    PutObject: async (input) => [await writing(input), ...(await tagging(input))],
    GetObject: tagged("GetObject", "GetObjectVersion"),
    HeadObject: tagged("GetObject", "GetObjectVersion"),
    GetObjectAttributes: async (input, context) => [await onVersion("GetObject", "GetObjectVersion", input, await existingTags(input, context)), await onVersion("GetObjectAttributes", "GetObjectVersionAttributes", input)],
    DeleteObject: version("DeleteObject", "DeleteObjectVersion"),
    // Each key is asked for by itself (delete-objects.ts): one that may not go keeps nobody.
    DeleteObjects: () => [],
    CopyObject: async (input, context) => [await source(input.CopySource, context), await writing(input), ...(await tagging(input))],
    ListObjects: listing("ListBucket"),
    ListObjectsV2: listing("ListBucket"),
    ListObjectVersions: listing("ListBucketVersions"),

    CreateMultipartUpload: async (input) => [await writing(input), ...(await tagging(input))],
    UploadPart: object("PutObject"),
    UploadPartCopy: async (input, context) => [await source(input.CopySource, context), await onObject("PutObject", input)],
    CompleteMultipartUpload: async (input) => [await writing(input)],
    AbortMultipartUpload: object("AbortMultipartUpload"),
    ListParts: object("ListMultipartUploadParts"),
    ListMultipartUploads: async (input) => [await onBucket("ListBucketMultipartUploads", input, keys({ "s3:prefix": input.Prefix }))],

    GetObjectTagging: tagged("GetObjectTagging", "GetObjectVersionTagging"),
    PutObjectTagging: async (input, context) => [
      await onVersion("PutObjectTagging", "PutObjectVersionTagging", input, { ...(await existingTags(input, context)), ...requestTagKeys(input.Tagging?.TagSet ?? []) }),
    ],
    DeleteObjectTagging: tagged("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    GetObjectAcl: tagged("GetObjectAcl", "GetObjectVersionAcl"),
    PutObjectAcl: tagged("PutObjectAcl", "PutObjectVersionAcl"),
    GetBucketTagging: bucket("GetBucketTagging"),
    PutBucketTagging: bucket("PutBucketTagging"),
    DeleteBucketTagging: bucket("PutBucketTagging"),

    GetBucketNotificationConfiguration: bucket("GetBucketNotification"),
    PutBucketNotificationConfiguration: bucket("PutBucketNotification"),

    GetBucketPolicy: bucket("GetBucketPolicy"),
    PutBucketPolicy: bucket("PutBucketPolicy"),
    DeleteBucketPolicy: bucket("DeleteBucketPolicy"),
    GetBucketPolicyStatus: bucket("GetBucketPolicyStatus"),
    GetBucketCors: bucket("GetBucketCORS"),
    GetBucketLifecycleConfiguration: bucket("GetLifecycleConfiguration"),
    GetBucketWebsite: bucket("GetBucketWebsite"),
    GetBucketReplication: bucket("GetReplicationConfiguration"),
    GetObjectLockConfiguration: bucket("GetBucketObjectLockConfiguration"),
    GetBucketVersioning: bucket("GetBucketVersioning"),
    PutBucketVersioning: bucket("PutBucketVersioning"),
    GetBucketLogging: bucket("GetBucketLogging"),
    GetBucketAccelerateConfiguration: bucket("GetAccelerateConfiguration"),
    GetBucketRequestPayment: bucket("GetBucketRequestPayment"),
    GetBucketOwnershipControls: bucket("GetBucketOwnershipControls"),
    PutBucketOwnershipControls: bucket("PutBucketOwnershipControls"),
    DeleteBucketOwnershipControls: bucket("PutBucketOwnershipControls"),
    GetPublicAccessBlock: bucket("GetBucketPublicAccessBlock"),
    PutPublicAccessBlock: bucket("PutBucketPublicAccessBlock"),
    DeletePublicAccessBlock: bucket("PutBucketPublicAccessBlock"),
    GetBucketEncryption: bucket("GetEncryptionConfiguration"),
    PutBucketEncryption: bucket("PutEncryptionConfiguration"),
    DeleteBucketEncryption: bucket("PutEncryptionConfiguration"),
    GetBucketAcl: bucket("GetBucketAcl"),
    PutBucketAcl: bucket("PutBucketAcl"),
  };
};
