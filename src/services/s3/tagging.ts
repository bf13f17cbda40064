import { ApiError } from "../../kit/api-error.ts";
import { sql } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket } from "./bucket-rows.ts";
import { noSuchKey } from "./errors.ts";
import type { S3, S3Handlers, S3Input } from "./needs.ts";
import { announce, notify } from "./notify.ts";
import { bucketOf, checkVersion, objectOf } from "./object-names.ts";
import { findObject, keyBytes } from "./object-rows.ts";
import { requireObject } from "./read-object.ts";
import { readTagSet, type TagPair } from "./tags.ts";

export const createTagging = (s3: S3) => {
  const setBucketTags = (input: S3Input<"DeleteBucketTagging">, tags: readonly TagPair[]): Promise<void> =>
    s3.store.run(function* () {
      const { name } = yield* requireBucket(bucketOf(input), input.ExpectedBucketOwner);
      yield* sql("update s3_bucket set tags = ? where name = ?", JSON.stringify(tags), name);
    });

  const setObjectTags = async (input: S3Input<"DeleteObjectTagging">, context: RequestContext, tags: readonly TagPair[], name: "s3:ObjectTagging:Put" | "s3:ObjectTagging:Delete"): Promise<void> => {
    const { bucket, key } = objectOf(input);
    checkVersion(input.VersionId);
    const notified = await s3.store.run(function* () {
      const row = yield* requireBucket(bucket, input.ExpectedBucketOwner);
      const object = yield* findObject(bucket, key);
      if (object === undefined) throw noSuchKey(key);
      yield* sql("update s3_object set tags = ? where bucket = ? and key = ?", JSON.stringify(tags), bucket, keyBytes(key));
      return yield* notify(s3, context, row, { name, key, at: s3.clock.now(), etag: object.etag });
    });
    announce(s3, context, [notified]);
  };

  return {
    async GetBucketTagging(input) {
      const { tags, name } = await s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
      if (tags.length === 0) throw new ApiError("NoSuchTagSet", "The TagSet does not exist", { status: 404, members: { BucketName: name } });
      return { TagSet: tags };
    },
    async PutBucketTagging(input) {
      await setBucketTags(input, readTagSet(input.Tagging?.TagSet, "bucket"));
      return {};
    },
    async DeleteBucketTagging(input) {
      await setBucketTags(input, []);
      return {};
    },
    async GetObjectTagging(input) {
      checkVersion(input.VersionId);
      const { tags } = await requireObject(s3, objectOf(input), input.ExpectedBucketOwner);
      return { TagSet: tags };
    },
    async PutObjectTagging(input, context) {
      await setObjectTags(input, context, readTagSet(input.Tagging?.TagSet, "object"), "s3:ObjectTagging:Put");
      return {};
    },
    async DeleteObjectTagging(input, context) {
      await setObjectTags(input, context, [], "s3:ObjectTagging:Delete");
      return {};
    },
  } satisfies S3Handlers;
};
