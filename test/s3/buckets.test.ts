import { describe, expect, it } from "vitest";
import { root } from "../../src/kit/caller.ts";
import { requestContext as context } from "../support/context.ts";
import { bucketWith, openS3, OTHER_ACCOUNT, refusal, stream } from "./support.ts";

const other = () => context({ caller: root(OTHER_ACCOUNT) });

describe("buckets", () => {
  it.each(["ab", "x".repeat(64), "Upper", "under_score", "a..b", "-a-", "a-", "192.168.5.4", "xn--a", "sthree-a", "a-s3alias", "a--ol-s3", "../a", "a/b"])("may not be called %s", async (Bucket) => {
    expect(await refusal(openS3().s3.CreateBucket({ Bucket }, context()))).toMatchObject({ code: "InvalidBucketName", status: 400, message: "The specified bucket is not valid.", members: { BucketName: Bucket } });
  });

  it("belong to one account, whichever asks again", async () => {
    const { s3 } = openS3();
    await s3.CreateBucket({ Bucket: "first" }, context());
    await s3.CreateBucket({ Bucket: "first" }, context());
    expect(await refusal(s3.CreateBucket({ Bucket: "first" }, other()))).toMatchObject({ code: "BucketAlreadyExists", status: 409 });
    const west = () => context({ region: "eu-west-1" });
    const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" as const };
    await s3.CreateBucket({ Bucket: "west", CreateBucketConfiguration }, west());
    expect(await refusal(s3.CreateBucket({ Bucket: "west", CreateBucketConfiguration }, west()))).toMatchObject({ code: "BucketAlreadyOwnedByYou", status: 409 });
    expect((await s3.HeadBucket({ Bucket: "west" }, context())).BucketRegion).toBe("eu-west-1");
    expect(await s3.GetBucketLocation({ Bucket: "west" }, context())).toEqual({ LocationConstraint: "eu-west-1" });
    expect(await s3.GetBucketLocation({ Bucket: "first" }, context())).toEqual({});
  });

  it.each([
    ["us-east-1", undefined, "us-east-1"],
    ["us-east-1", "eu-central-1", "eu-central-1"],
    ["us-east-1", "EU", "eu-west-1"],
    ["us-east-1", "us-east-1", "InvalidLocationConstraint"],
    ["us-east-1", "moon", "InvalidLocationConstraint"],
    ["eu-west-1", undefined, "IllegalLocationConstraintException"],
    ["eu-west-1", "eu-west-1", "eu-west-1"],
    ["eu-west-1", "us-west-2", "IllegalLocationConstraintException"],
  ])("asked in %s for %s: %s", async (region, constraint, expected) => {
    const { s3 } = openS3();
    const created = Promise.resolve(s3.CreateBucket({ Bucket: "bucket", ...(constraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: constraint as "EU" } }) }, context({ region })));
    const outcome = await created.then(async () => (await s3.HeadBucket({ Bucket: "bucket" }, context())).BucketRegion, (error: { code: string }) => error.code);
    expect(outcome).toBe(expected);
  });

  it("are listed by owner, prefix and page", async () => {
    const { s3 } = openS3();
    for (const Bucket of ["c-1", "a-1", "b-1", "b-2", "b-3"]) await s3.CreateBucket({ Bucket }, context());
    await s3.CreateBucket({ Bucket: "theirs" }, other());
    const names = (answer: { Buckets?: { Name?: string | undefined }[] | undefined }) => answer.Buckets!.map(({ Name }) => Name);
    expect(names(await s3.ListBuckets({}, context()))).toEqual(["a-1", "b-1", "b-2", "b-3", "c-1"]);
    const first = await s3.ListBuckets({ Prefix: "b-", MaxBuckets: 2 }, context());
    expect(names(first)).toEqual(["b-1", "b-2"]);
    expect(first.Buckets![0]!.BucketRegion).toBe("us-east-1");
    const second = await s3.ListBuckets({ Prefix: "b-", MaxBuckets: 2, ContinuationToken: first.ContinuationToken }, context());
    expect(names(second)).toEqual(["b-3"]);
    expect(second).not.toHaveProperty("ContinuationToken");
    expect(await refusal(s3.ListBuckets({ MaxBuckets: 0 }, context()))).toMatchObject({ code: "InvalidArgument" });
  });

  it("go only when they are empty", async () => {
    const { s3 } = await bucketWith({ key: "x" });
    expect(await refusal(s3.DeleteBucket({ Bucket: "bucket" }, context()))).toMatchObject({ code: "BucketNotEmpty", status: 409, message: "The bucket you tried to delete is not empty" });
    await s3.DeleteObject({ Bucket: "bucket", Key: "key" }, context());
    const { UploadId } = await s3.CreateMultipartUpload({ Bucket: "bucket", Key: "begun" }, context());
    await s3.UploadPart({ Bucket: "bucket", Key: "begun", UploadId, PartNumber: 1, Body: stream("x") }, context());
    await s3.DeleteBucket({ Bucket: "bucket" }, context());
    expect(await refusal(s3.HeadBucket({ Bucket: "bucket" }, context()))).toMatchObject({ code: "NotFound", status: 404 });
    expect(await refusal(s3.DeleteBucket({ Bucket: "bucket" }, context()))).toMatchObject({ code: "NoSuchBucket", status: 404 });
  });

  it("answer for what nobody configured as AWS does", async () => {
    const { s3 } = await bucketWith();
    const asked = { Bucket: "bucket" };
    for (const [operation, code] of [
      ["GetBucketPolicy", "NoSuchBucketPolicy"], ["GetBucketPolicyStatus", "NoSuchBucketPolicy"], ["GetBucketCors", "NoSuchCORSConfiguration"], ["GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration"],
      ["GetBucketWebsite", "NoSuchWebsiteConfiguration"], ["GetBucketReplication", "ReplicationConfigurationNotFoundError"],
      ["GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"], ["GetBucketTagging", "NoSuchTagSet"],
    ] as const) {
      expect(await refusal(s3[operation](asked, context())), operation).toMatchObject({ code, status: 404 });
      expect(await refusal(s3[operation]({ Bucket: "nobody" }, context())), operation).toMatchObject({ code: "NoSuchBucket" });
    }
    for (const operation of ["GetBucketVersioning", "GetBucketLogging", "GetBucketAccelerateConfiguration"] as const) expect(await s3[operation](asked, context())).toEqual({});
    expect(await s3.GetBucketRequestPayment(asked, context())).toEqual({ Payer: "BucketOwner" });
    expect((await s3.GetBucketOwnershipControls(asked, context())).OwnershipControls!.Rules).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
    expect((await s3.GetPublicAccessBlock(asked, context())).PublicAccessBlockConfiguration).toMatchObject({ BlockPublicPolicy: true });
    expect((await s3.GetBucketEncryption(asked, context())).ServerSideEncryptionConfiguration!.Rules![0]!.ApplyServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: "AES256" });
    const { Owner, Grants } = await s3.GetBucketAcl(asked, context());
    expect(Grants).toEqual([{ Grantee: { Type: "CanonicalUser", ID: Owner!.ID }, Permission: "FULL_CONTROL" }]);
    expect(await refusal(s3.PutBucketVersioning({ ...asked, VersioningConfiguration: { Status: "Enabled" } }, context()))).toMatchObject({ code: "NotImplemented", status: 501, message: expect.stringContaining("Versioning") });
    expect(await refusal(s3.CreateBucket({ Bucket: "locked", ObjectLockEnabledForBucket: true }, context()))).toMatchObject({ code: "NotImplemented", message: expect.stringContaining("Object Lock") });
  });

  it("and objects carry tags", async () => {
    const { s3 } = await bucketWith({ key: "x" });
    const TagSet = [{ Key: "a", Value: "1" }, { Key: "ü", Value: "" }];
    await s3.PutBucketTagging({ Bucket: "bucket", Tagging: { TagSet } }, context());
    expect(await s3.GetBucketTagging({ Bucket: "bucket" }, context())).toEqual({ TagSet });
    await s3.DeleteBucketTagging({ Bucket: "bucket" }, context());
    expect(await refusal(s3.GetBucketTagging({ Bucket: "bucket" }, context()))).toMatchObject({ code: "NoSuchTagSet" });
    const object = { Bucket: "bucket", Key: "key" };
    await s3.PutObjectTagging({ ...object, Tagging: { TagSet } }, context());
    expect(await s3.GetObjectTagging(object, context())).toEqual({ TagSet });
    expect((await s3.HeadObject(object, context())).TagCount).toBe(2);
    await s3.DeleteObjectTagging(object, context());
    expect(await s3.GetObjectTagging(object, context())).toEqual({ TagSet: [] });
    for (const bad of [[{ Key: "aws:x", Value: "" }], [{ Key: "", Value: "" }], [{ Key: "a", Value: "" }, { Key: "a", Value: "" }], [{ Key: "a", Value: "x".repeat(257) }], [{ Key: "a!", Value: "" }]]) {
      expect(await refusal(s3.PutObjectTagging({ ...object, Tagging: { TagSet: bad } }, context()))).toMatchObject({ code: "InvalidTag", status: 400 });
    }
  });
});
