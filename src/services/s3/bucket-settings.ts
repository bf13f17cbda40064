import { ApiError } from "../../kit/api-error.ts";
import { requireBucket, type BucketRow } from "./bucket-rows.ts";
import { notBuilt } from "./errors.ts";
import type { S3, S3Handler, S3Handlers } from "./needs.ts";
import { bucketOf } from "./object-names.ts";

interface Named {
  Bucket?: string | undefined;
  ExpectedBucketOwner?: string | undefined;
}

/**
 * What AWS answers for the settings of a bucket that nobody has configured: Terraform and the consoles read all of them.
 * Setting them is not built, so these are the true answers.
 */
export const createBucketSettings = (s3: S3) => {
  const of = (input: Named): Promise<BucketRow> =>
    s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
  const always = <O>(output: O) => async (input: Named): Promise<O> => {
    await of(input);
    return output;
  };
  const missing = (code: string, message: string) => async (input: Named): Promise<never> => {
    const { name } = await of(input);
    throw new ApiError(code, message, { status: 404, members: { BucketName: name } });
  };

  const putVersioning: S3Handler<"PutBucketVersioning"> = async (input) => {
    await of(input);
    const { Status, MFADelete } = input.VersioningConfiguration ?? {};
    if (Status === undefined && MFADelete === undefined) throw new ApiError("IllegalVersioningConfigurationException", "The Versioning element must be specified", { status: 400 });
    throw notBuilt(`Versioning (Status ${Status ?? "unset"})`);
  };

  return {
    GetBucketCors: missing("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    GetBucketLifecycleConfiguration: missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    GetBucketWebsite: missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    GetBucketReplication: missing("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    GetObjectLockConfiguration: missing("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
    GetBucketVersioning: always({}),
    GetBucketLogging: always({}),
    GetBucketAccelerateConfiguration: always({}),
    GetBucketRequestPayment: always({ Payer: "BucketOwner" } as const),
    PutBucketVersioning: putVersioning,
  } satisfies S3Handlers;
};
