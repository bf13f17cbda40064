import { createHash } from "node:crypto";
import { existsSync, linkSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sql, sqlOne } from "../../src/store/store.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { requestContext as context } from "../support/context.ts";
import { bucketWith, bytesOf, openS3, refusal, stream, textOf } from "./support.ts";

const blobFiles = (directory: string): string[] =>
  readdirSync(join(directory, "blobs"), { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, "blobs", name))
    .filter((path) => existsSync(path) && statSync(path).isFile());

describe("objects", () => {
  it("come back as they were put", async () => {
    const { s3 } = await bucketWith();
    const body = Buffer.alloc(3_000_001, "abcdefg");
    const put = await s3.PutObject({ Bucket: "bucket", Key: "in/photo.jpg", Body: stream(body, 70_000), ContentType: "image/jpeg", CacheControl: "no-store", ContentDisposition: "inline", ContentEncoding: "aws-chunked,gzip", ContentLanguage: "de", Metadata: { Colour: "blue" }, Tagging: "a=1&b=x%20y" }, context());
    expect(put).toMatchObject({ ETag: `"${createHash("md5").update(body).digest("hex")}"`, ChecksumType: "FULL_OBJECT", ServerSideEncryption: "AES256" });
    const got = await s3.GetObject({ Bucket: "bucket", Key: "in/photo.jpg" }, context());
    expect(body.equals(await bytesOf(got.Body))).toBe(true);
    expect(got).toMatchObject({
      ETag: put.ETag, ContentLength: body.length, ContentType: "image/jpeg", CacheControl: "no-store", ContentDisposition: "inline", ContentEncoding: "gzip", ContentLanguage: "de",
      AcceptRanges: "bytes", Metadata: { colour: "blue" }, TagCount: 2,
    });
    const { Body: _, ...withoutBody } = got;
    expect(await s3.HeadObject({ Bucket: "bucket", Key: "in/photo.jpg" }, context())).toEqual(withoutBody);
  });

  it("may be empty, and have AWS's default type", async () => {
    const { s3 } = await bucketWith();
    await s3.PutObject({ Bucket: "bucket", Key: "empty" }, context());
    const got = await s3.GetObject({ Bucket: "bucket", Key: "empty" }, context());
    expect(got).toMatchObject({ ContentLength: 0, ContentType: "binary/octet-stream", ETag: '"d41d8cd98f00b204e9800998ecf8427e"' });
    expect(await textOf(got.Body)).toBe("");
  });

  it("are replaced whole, and the replaced bytes leave the disk", async () => {
    const { s3, directory } = await bucketWith({ key: "first" });
    await s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream("second") }, context());
    expect(await textOf((await s3.GetObject({ Bucket: "bucket", Key: "key" }, context())).Body)).toBe("second");
    await eventually("the old blob is gone", () => blobFiles(directory).length === 1);
    await s3.DeleteObject({ Bucket: "bucket", Key: "key" }, context());
    await eventually("the last blob is gone", () => blobFiles(directory).length === 0);
    expect(await refusal(s3.GetObject({ Bucket: "bucket", Key: "key" }, context()))).toMatchObject({ code: "NoSuchKey", status: 404, message: "The specified key does not exist.", members: { Key: "key" } });
    expect(await refusal(s3.HeadObject({ Bucket: "bucket", Key: "key" }, context()))).toMatchObject({ code: "NotFound", status: 404 });
    await s3.DeleteObject({ Bucket: "bucket", Key: "key" }, context());
  });

  it("are read while they are replaced, old or new, never torn", async () => {
    const { s3 } = await bucketWith({ key: "0".repeat(500_000) });
    const reads: Promise<void>[] = [];
    for (let round = 1; round <= 10; round++) {
      reads.push((async () => {
        const text = await textOf((await s3.GetObject({ Bucket: "bucket", Key: "key" }, context())).Body);
        expect(text).toBe(text[0]!.repeat(500_000));
      })());
      await s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream(String(round % 10).repeat(500_000)) }, context());
    }
    await Promise.all(reads);
  });

  it("never become paths: any key comes back byte for byte", async () => {
    const { s3, directory } = await bucketWith();
    const hostile = ["..", "../../etc/passwd", "/", "//", "a/../b", "a//b", "./.", "con", "a\0b", "%2e%2e", "a", "a/b", "a/b/", "é", "e\u0301", "😀", "\u0001", "*?<>|:\"\\", " ", "+", "__proto__", "x".repeat(1024), "ü".repeat(512)];
    for (const [index, key] of hostile.entries()) await s3.PutObject({ Bucket: "bucket", Key: key, Body: stream(`body ${index}`) }, context());
    for (const [index, key] of hostile.entries()) expect(await textOf((await s3.GetObject({ Bucket: "bucket", Key: key }, context())).Body)).toBe(`body ${index}`);
    const listed = await s3.ListObjectsV2({ Bucket: "bucket" }, context());
    expect(listed.Contents!.map(({ Key }) => Key)).toEqual(hostile.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(blobFiles(directory).every((path) => /\/s3_[0-9a-f-]+$/.test(path))).toBe(true);
    expect(await refusal(s3.PutObject({ Bucket: "bucket", Key: "x".repeat(1025), Body: stream("") }, context()))).toMatchObject({ code: "KeyTooLongError", status: 400 });
  });

  it("keep any key and body (property)", async () => {
    const { s3 } = await bucketWith();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), fc.uint8Array({ maxLength: 200 }), async (key, body) => {
        await s3.PutObject({ Bucket: "bucket", Key: key, Body: stream(body, 7) }, context());
        expect(Buffer.from(body).equals(await bytesOf((await s3.GetObject({ Bucket: "bucket", Key: key }, context())).Body))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("leave nothing behind when the body fails", async () => {
    const { s3, directory } = await bucketWith();
    const failing = async function* () {
      yield Buffer.alloc(100_000);
      throw new Error("gone");
    };
    const { Readable } = await import("node:stream");
    await expect(s3.PutObject({ Bucket: "bucket", Key: "key", Body: Readable.from(failing(), { objectMode: false }) }, context())).rejects.toThrow("gone");
    expect(blobFiles(directory)).toEqual([]);
  });

  it("say so when their bytes are damaged, before the answer begins", async () => {
    const { s3, store, blobs } = await bucketWith({ key: "x".repeat(1_000) });
    const [row] = await store.run(() => sql("select blobs from s3_object"));
    const [[id]] = JSON.parse(row!["blobs"] as string) as [[string]];
    truncateSync(blobs.path(id), 10);
    await expect(s3.GetObject({ Bucket: "bucket", Key: "key" }, context())).rejects.toThrow(/is damaged/);
  });

  it("are refused without a bucket, or for another owner's", async () => {
    const { s3 } = await bucketWith({ key: "x" });
    expect(await refusal(s3.PutObject({ Bucket: "nobody", Key: "key", Body: stream("x") }, context()))).toMatchObject({ code: "NoSuchBucket", status: 404, message: "The specified bucket does not exist", members: { BucketName: "nobody" } });
    expect(await refusal(s3.GetObject({ Bucket: "nobody", Key: "key" }, context()))).toMatchObject({ code: "NoSuchBucket" });
    expect(await refusal(s3.GetObject({ Bucket: "bucket", Key: "key", ExpectedBucketOwner: "999999999999" }, context()))).toMatchObject({ code: "AccessDenied", status: 403 });
  });

  it.each([
    [{ ACL: "public-read" as const }, "AccessControlListNotSupported", /does not allow ACLs/],
    [{ SSECustomerAlgorithm: "AES256" }, "NotImplemented", /SSE-C/],
    [{ ServerSideEncryption: "aws:kms" as const }, "NotImplemented", /KMS/],
    [{ ObjectLockMode: "GOVERNANCE" as const }, "InvalidRequest", /Object Lock Configuration/],
    [{ StorageClass: "GLACIER" as const }, "NotImplemented", /GLACIER/],
    [{ StorageClass: "SHINY" as "STANDARD" }, "InvalidStorageClass", /not valid/],
    [{ ChecksumXXHASH64: "AAAA" }, "NotImplemented", /XXHASH64/],
    [{ WriteOffsetBytes: 3 }, "NotImplemented", /Appending/],
    [{ Metadata: { a: "x".repeat(2_048) } }, "MetadataTooLarge", /metadata/],
    [{ Tagging: "a=1&a=2" }, "InvalidArgument", /x-amz-tagging/],
    [{ Tagging: Array.from({ length: 11 }, (_, i) => `k${i}=v`).join("&") }, "BadRequest", /greater than 10/],
  ])("refuse %j", async (option, code, message) => {
    const { s3 } = await bucketWith();
    const refused = await refusal(s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream("x"), ...option }, context()));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });

  it("carry metadata of any script, and names like any other", async () => {
    const { s3 } = await bucketWith();
    const utf8OnTheWire = Buffer.from("größe 😀", "utf8").toString("latin1");
    const metadata = JSON.parse('{"__proto__":"x","plain":"value"}') as Record<string, string>;
    await s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream("x"), Metadata: { ...metadata, ["__proto__x"]: "y", size: utf8OnTheWire } }, context());
    const { Metadata } = await s3.HeadObject({ Bucket: "bucket", Key: "key" }, context());
    expect(Metadata!["size"]).toBe(`=?UTF-8?B?${Buffer.from(utf8OnTheWire).toString("base64")}?=`);
    expect(Metadata!["plain"]).toBe("value");
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("answer with the headers that a request asks for", async () => {
    const { s3 } = await bucketWith({ key: "x" });
    const expires = new Date("2030-01-01T00:00:00Z");
    expect(await s3.GetObject({ Bucket: "bucket", Key: "key", ResponseContentType: "text/html", ResponseExpires: expires, ResponseContentDisposition: "attachment" }, context())).toMatchObject({ ContentType: "text/html", Expires: expires, ContentDisposition: "attachment" });
  });

  it("survive a restart, and what a crash left behind goes", async () => {
    const directory = temporaryDirectory();
    const first = await bucketWith({ key: "kept" }, { directory });
    const orphan = await first.blobs.write(Buffer.from("no row names me"), { owner: "s3" });
    const garbage = await first.blobs.write(Buffer.from("nor me"), { owner: "s3" });
    first.blobs.keep(garbage.id);
    await first.store.run(() => sql("insert into s3_garbage (blob_id) values (?)", garbage.id));
    await first.close();
    const second = openS3({ directory });
    await eventually("the orphan and the garbage are gone", () => blobFiles(directory).length === 1);
    expect(existsSync(second.blobs.path(orphan.id))).toBe(false);
    expect(await textOf((await second.s3.GetObject({ Bucket: "bucket", Key: "key" }, context())).Body)).toBe("kept");
  });

  it("keep the parts of an upload that is completed while a crash is cleaned up", async () => {
    const directory = temporaryDirectory();
    const first = await bucketWith({}, { directory });
    const { UploadId } = await first.s3.CreateMultipartUpload({ Bucket: "bucket", Key: "key" }, context());
    const { ETag } = await first.s3.UploadPart({ Bucket: "bucket", Key: "key", UploadId, PartNumber: 1, Body: stream("the part") }, context());
    const row = await first.store.run(() => sqlOne("select blob_id from s3_part"));
    const id = row!["blob_id"] as string;
    const arrival = join(directory, "blobs", "new", id.split("-")[0]!);
    await eventually("the part is kept", () => !existsSync(arrival));
    await first.close();
    // The crash came before the part was marked as kept.
    linkSync(first.blobs.path(id), arrival);

    const scans: string[] = [];
    let isCompleted = false;
    const second = openS3({
      directory,
      before: async (statement) => {
        const table = /^select [^*]* from (s3_part|s3_object) where \(/.exec(statement)?.[1];
        if (table === undefined || scans.includes(table)) return;
        scans.push(table);
        // Between the two: the upload becomes an object.
        if (scans.length < 2) return;
        await second.s3.CompleteMultipartUpload({ Bucket: "bucket", Key: "key", UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }, context());
        isCompleted = true;
      },
    });
    await eventually("the clean-up is over", () => isCompleted && !existsSync(arrival));
    expect(await textOf((await second.s3.GetObject({ Bucket: "bucket", Key: "key" }, context())).Body)).toBe("the part");
  });

  it("leave the blobs of others alone when they clean up", async () => {
    const directory = temporaryDirectory();
    const first = await bucketWith({ key: "x" }, { directory });
    const [code, theirs, orphan] = [await first.blobs.write(Buffer.from("code")), await first.blobs.write(Buffer.from("theirs"), { owner: "lambda" }), await first.blobs.write(Buffer.from("orphan"), { owner: "s3" })];
    await first.close();
    const second = openS3({ directory });
    await eventually("the orphan is gone", () => !existsSync(second.blobs.path(orphan.id)));
    expect([existsSync(second.blobs.path(code.id)), existsSync(second.blobs.path(theirs.id))]).toEqual([true, true]);
  });

  it("are deleted many at once, each with an answer of its own", async () => {
    const { s3 } = await bucketWith({ a: "1", b: "2", c: "3" });
    const answer = await s3.DeleteObjects({ Bucket: "bucket", Delete: { Objects: [{ Key: "a" }, { Key: "missing" }, { Key: "b", ETag: "other" }, { Key: "c", VersionId: "v" }] } }, context());
    expect(answer.Deleted).toEqual([{ Key: "a" }, { Key: "missing" }]);
    expect(answer.Errors!.map(({ Key, Code }) => [Key, Code])).toEqual([["b", "PreconditionFailed"], ["c", "InvalidArgument"]]);
    const quiet = await s3.DeleteObjects({ Bucket: "bucket", Delete: { Objects: [{ Key: "b" }], Quiet: true } }, context());
    expect(quiet.Deleted).toEqual([]);
    expect((await s3.ListObjectsV2({ Bucket: "bucket" }, context())).Contents!.map(({ Key }) => Key)).toEqual(["c"]);
    expect(await refusal(s3.DeleteObjects({ Bucket: "bucket", Delete: { Objects: [] } }, context()))).toMatchObject({ code: "MalformedXML" });
  });
});
