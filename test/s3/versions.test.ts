import { GetBucketAclCommand, GetObjectAclCommand, PutBucketAclCommand, PutObjectAclCommand, S3ServiceException } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { requestContext as context } from "../support/context.ts";
import { usePlatform } from "../support/platform.ts";
import { CreateBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { bucketWith, refusal } from "./support.ts";

const asked = { Bucket: "bucket" };

describe("the versions of a bucket without versioning", () => {
  it("are one for each object, called null, and the latest", async () => {
    const { s3 } = await bucketWith({ b: "two", "a/1": "1", "a/2": "2" });
    const listed = await s3.ListObjectVersions(asked, context());
    expect(listed.Versions!.map(({ Key, VersionId, IsLatest, Size }) => [Key, VersionId, IsLatest, Size])).toEqual([["a/1", "null", true, 1], ["a/2", "null", true, 1], ["b", "null", true, 3]]);
    expect(listed).toMatchObject({ IsTruncated: false, Name: "bucket", KeyMarker: "", VersionIdMarker: "", MaxKeys: 1000 });
    const grouped = await s3.ListObjectVersions({ ...asked, Delimiter: "/" }, context());
    expect([grouped.CommonPrefixes, grouped.Versions!.map(({ Key }) => Key)]).toEqual([[{ Prefix: "a/" }], ["b"]]);
  });

  it("come in pages, which go on behind a key and its version", async () => {
    const { s3 } = await bucketWith({ a: "", b: "", c: "" });
    const first = await s3.ListObjectVersions({ ...asked, MaxKeys: 2 }, context());
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: "b", NextVersionIdMarker: "null" });
    const rest = await s3.ListObjectVersions({ ...asked, KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker }, context());
    expect(rest.Versions!.map(({ Key }) => Key)).toEqual(["c"]);
    expect(rest.IsTruncated).toBe(false);
  });

  it.each([
    [{ VersionIdMarker: "null" }, "A version-id marker cannot be specified without a key marker."],
    [{ KeyMarker: "a", VersionIdMarker: "" }, "A version-id marker cannot be empty."],
    [{ KeyMarker: "a", VersionIdMarker: "v1" }, "Invalid version id specified"],
    [{ MaxKeys: -1 }, "Argument max-keys must be an integer between 0 and 2147483647"],
  ])("refuse %j", async (input, message) => {
    const { s3 } = await bucketWith();
    expect(await refusal(s3.ListObjectVersions({ ...asked, ...input }, context()))).toMatchObject({ code: "InvalidArgument", status: 400, message });
  });
});

describe("a version that is named", () => {
  const platform = usePlatform();
  it("is read and deleted as such, over the wire", async () => {
    const { s3 } = platform.clients;
    await s3.send(new CreateBucketCommand(asked));
    for (const Key of ["a b", "c", "d"]) await s3.send(new PutObjectCommand({ ...asked, Key, Body: Key }));
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ ...asked, EncodingType: "url" }));
    expect(Versions!.map(({ Key }) => Key)).toEqual(["a+b", "c", "d"]);
    expect(await (await s3.send(new GetObjectCommand({ ...asked, Key: "c", VersionId: "null" }))).Body!.transformToString()).toBe("c");
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ ...asked, Delete: { Objects: [{ Key: "a b", VersionId: "null" }, { Key: "c" }] } }));
    expect(Deleted).toEqual([{ Key: "a b", VersionId: "null" }, { Key: "c" }]);
    expect((await s3.send(new DeleteObjectCommand({ ...asked, Key: "d", VersionId: "null" }))).VersionId).toBe("null");
    expect((await s3.send(new ListObjectVersionsCommand(asked))).Versions).toBeUndefined();
  });

  it("needs the permissions of versions", async () => {
    const { service } = await bucketWith({ a: "" });
    const actions = async (operation: "GetObject" | "DeleteObject" | "GetObjectTagging" | "ListObjectVersions", VersionId?: string) =>
      (await service.permissions[operation]!({ ...asked, Key: "a", VersionId } as never, context())).map(({ action }) => action);
    expect([await actions("GetObject"), await actions("GetObject", "null")]).toEqual([["s3:GetObject"], ["s3:GetObjectVersion"]]);
    expect([await actions("DeleteObject"), await actions("DeleteObject", "null")]).toEqual([["s3:DeleteObject"], ["s3:DeleteObjectVersion"]]);
    expect(await actions("GetObjectTagging", "null")).toEqual(["s3:GetObjectVersionTagging"]);
    expect(await actions("ListObjectVersions")).toEqual(["s3:ListBucketVersions"]);
  });

  it("deletes by the permission that it needs, key by key", async () => {
    const { s3 } = await bucketWith({ a: "" });
    const asks: string[] = [];
    const refusalOf = async ({ action }: { action: string }) => {
      asks.push(action);
      return undefined;
    };
    await s3.DeleteObjects({ ...asked, Delete: { Objects: [{ Key: "a", VersionId: "null" }, { Key: "a" }] } }, context({ refusalOf }));
    expect(asks).toEqual(["s3:DeleteObjectVersion", "s3:DeleteObject"]);
  });
});

describe("ACLs, which are off,", () => {
  const platform = usePlatform();
  it("say that all is the owner's, and cannot be set", async () => {
    const { s3 } = platform.clients;
    await s3.send(new CreateBucketCommand(asked));
    await s3.send(new PutObjectCommand({ ...asked, Key: "a", Body: "" }));
    const bucketAcl = await s3.send(new GetBucketAclCommand(asked));
    const objectAcl = await s3.send(new GetObjectAclCommand({ ...asked, Key: "a" }));
    expect([objectAcl.Owner, objectAcl.Grants]).toEqual([bucketAcl.Owner, bucketAcl.Grants]);
    expect(objectAcl.Grants).toMatchObject([{ Grantee: { Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }]);
    for (const put of [new PutBucketAclCommand({ ...asked, ACL: "private" }), new PutObjectAclCommand({ ...asked, Key: "a", ACL: "public-read" })]) {
      await expect(s3.send(put as PutBucketAclCommand)).rejects.toMatchObject({ name: "AccessControlListNotSupported", message: "The bucket does not allow ACLs" });
    }
    await expect(s3.send(new GetObjectAclCommand({ ...asked, Key: "missing" }))).rejects.toBeInstanceOf(S3ServiceException);
  });
});
