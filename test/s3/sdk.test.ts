import { createHash } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand,
  GetBucketAclCommand, GetBucketLocationCommand, GetBucketNotificationConfigurationCommand, GetBucketPolicyCommand, GetBucketVersioningCommand, GetObjectAttributesCommand,
  GetObjectCommand, GetObjectTaggingCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, ListMultipartUploadsCommand, ListObjectsCommand, ListPartsCommand,
  paginateListObjectsV2, PutBucketNotificationConfigurationCommand, PutBucketTaggingCommand, PutBucketVersioningCommand, PutObjectCommand, PutObjectTaggingCommand, UploadPartCommand, UploadPartCopyCommand, type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { startServer } from "../support/server.ts";

const MIB = 1024 * 1024;
const md5 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("hex");

const open = async (): Promise<{ s3: S3Client; endpoint: string }> => {
  const { endpoint } = await startServer();
  const { s3 } = clientsOf(endpoint);
  onTestFinished(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  return { s3, endpoint };
};
const failure = async (work: Promise<unknown>): Promise<{ name: string; message: string; $metadata: { httpStatusCode?: number; requestId?: string } }> =>
  work.then(() => { throw new Error("it was not refused"); }, (error: unknown) => error as never);
const object = (Key: string) => ({ Bucket: "bucket", Key });

describe("S3 through the SDK", () => {
  it("keeps objects, and answers as AWS does", async () => {
    const { s3 } = await open();
    const body = Buffer.alloc(300_000, "0123456789");
    for (const Body of [body, "text ü", new Uint8Array(0)]) {
      const bytes = Buffer.from(Body as Uint8Array);
      const put = await s3.send(new PutObjectCommand({ ...object("in/photo one.jpg"), Body, ContentType: "image/jpeg", Metadata: { Colour: "blue" }, Expires: new Date("2030-01-01T00:00:00Z") }));
      expect(put).toMatchObject({ ETag: `"${md5(bytes)}"`, ChecksumCRC32: expect.any(String), ChecksumType: "FULL_OBJECT", ServerSideEncryption: "AES256" });
      const got = await s3.send(new GetObjectCommand(object("in/photo one.jpg")));
      expect(bytes.equals(await got.Body!.transformToByteArray())).toBe(true);
      expect(got).toMatchObject({ ETag: put.ETag, ContentType: "image/jpeg", Metadata: { colour: "blue" }, ExpiresString: "Tue, 01 Jan 2030 00:00:00 GMT", ChecksumCRC32: put.ChecksumCRC32, ContentLength: bytes.length });
    }
    const streamed = await s3.send(new PutObjectCommand({ ...object("streamed"), Body: Readable.from([body.subarray(0, 100_000), body.subarray(100_000)]), ContentLength: body.length, ChecksumAlgorithm: "SHA256" }));
    expect(streamed).toMatchObject({ ETag: `"${md5(body)}"`, ChecksumSHA256: createHash("sha256").update(body).digest("base64") });
    const ranged = await s3.send(new GetObjectCommand({ ...object("streamed"), Range: "bytes=10-19" }));
    expect(await ranged.Body!.transformToString()).toBe("0123456789");
    expect([ranged.$metadata.httpStatusCode, ranged.ContentRange]).toEqual([206, "bytes 10-19/300000"]);
    expect(await s3.send(new HeadObjectCommand({ ...object("streamed"), ChecksumMode: "ENABLED" }))).toMatchObject({ ContentLength: body.length, ChecksumSHA256: streamed.ChecksumSHA256 });
    await s3.send(new DeleteObjectCommand(object("streamed")));
    expect(await failure(s3.send(new GetObjectCommand(object("streamed"))))).toMatchObject({ name: "NoSuchKey", message: "The specified key does not exist.", $metadata: { httpStatusCode: 404, requestId: expect.any(String) } });
    expect(await failure(s3.send(new HeadObjectCommand(object("streamed"))))).toMatchObject({ name: "NotFound", $metadata: { httpStatusCode: 404 } });
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)("takes and gives a %s", async (ChecksumAlgorithm) => {
    const { s3 } = await open();
    const put = await s3.send(new PutObjectCommand({ ...object("key"), Body: "123456789", ChecksumAlgorithm }));
    const got = await s3.send(new GetObjectCommand(object("key")));
    expect(got[`Checksum${ChecksumAlgorithm}`]).toBe(put[`Checksum${ChecksumAlgorithm}`]);
    expect(await got.Body!.transformToString()).toBe("123456789");
  });

  it("refuses a checksum that is not the body's", async () => {
    const { s3 } = await open();
    expect(await failure(s3.send(new PutObjectCommand({ ...object("key"), Body: "x", ChecksumCRC32: "AAAAAA==" })))).toMatchObject({ name: "BadDigest", $metadata: { httpStatusCode: 400 } });
    expect(await failure(s3.send(new PutObjectCommand({ ...object("key"), Body: "x", ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" })))).toMatchObject({ name: "BadDigest" });
  });

  it("round-trips keys of every kind", async () => {
    const { s3 } = await open();
    const keys = ["a b+c", "..", "../../x", "a//b", "/lead", "ü/é", "e\u0301", "😀", "%2F%20", "a?b#c&d=e", "x".repeat(1024), "quote\"'<>&", "tab\tnew\nline"];
    for (const key of keys) await s3.send(new PutObjectCommand({ ...object(key), Body: key }));
    for (const key of keys) expect(await (await s3.send(new GetObjectCommand(object(key)))).Body!.transformToString()).toBe(key);
    const listed: string[] = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket: "bucket" })) listed.push(...page.Contents!.map(({ Key }) => Key!));
    expect(listed).toEqual(keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const deleted = await s3.send(new DeleteObjectsCommand({ Bucket: "bucket", Delete: { Objects: keys.map((Key) => ({ Key })) } }));
    expect(deleted.Deleted!.map(({ Key }) => Key)).toEqual(keys);
    expect((await s3.send(new ListObjectsCommand({ Bucket: "bucket" }))).Contents).toBeUndefined();
  });

  it("answers conditions with 304 and 412", async () => {
    const { s3 } = await open();
    const { ETag } = await s3.send(new PutObjectCommand({ ...object("key"), Body: "x" }));
    expect((await failure(s3.send(new GetObjectCommand({ ...object("key"), IfNoneMatch: ETag })))).$metadata.httpStatusCode).toBe(304);
    expect(await failure(s3.send(new GetObjectCommand({ ...object("key"), IfMatch: '"0"' })))).toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
    expect(await failure(s3.send(new PutObjectCommand({ ...object("key"), Body: "y", IfNoneMatch: "*" })))).toMatchObject({ name: "PreconditionFailed" });
    expect(await failure(s3.send(new GetObjectCommand({ ...object("key"), Range: "bytes=5-" })))).toMatchObject({ name: "InvalidRange", $metadata: { httpStatusCode: 416 } });
  });

  it("takes big files in parts, and copies them", async () => {
    const { s3 } = await open();
    const body = Buffer.alloc(12 * MIB + 5, "abcdefghij");
    await new Upload({ client: s3, params: { ...object("big"), Body: Readable.from([body]), ContentType: "text/plain" }, partSize: 5 * MIB }).done();
    const got = await s3.send(new GetObjectCommand(object("big")));
    expect(got.ETag).toMatch(/-3"$/);
    expect(body.equals(await got.Body!.transformToByteArray())).toBe(true);
    expect((await s3.send(new GetObjectAttributesCommand({ ...object("big"), ObjectAttributes: ["ObjectParts", "ObjectSize", "Checksum"] })))).toMatchObject({ ObjectSize: body.length, ObjectParts: { TotalPartsCount: 3 } });
    const { CopyObjectResult } = await s3.send(new CopyObjectCommand({ ...object("copy"), CopySource: "bucket/big" }));
    expect(CopyObjectResult!.ETag).toBe(`"${md5(body)}"`);
    expect((await s3.send(new CopyObjectCommand({ ...object("copy"), CopySource: "bucket%2Fbig" }))).CopyObjectResult!.ETag).toBe(`"${md5(body)}"`);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object("by hand")));
    const upload = { ...object("by hand"), UploadId };
    const first = await s3.send(new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource: "bucket/big", CopySourceRange: `bytes=0-${5 * MIB - 1}` }));
    const second = await s3.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: "end" }));
    expect((await s3.send(new ListPartsCommand(upload))).Parts!.map(({ Size }) => Size)).toEqual([5 * MIB, 3]);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: "bucket" }))).Uploads!.map(({ Key }) => Key)).toEqual(["by hand"]);
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: first.CopyPartResult!.ETag }, { PartNumber: 2, ETag: second.ETag }] } }));
    expect(done.ETag).toMatch(/-2"$/);
    expect((await s3.send(new HeadObjectCommand(object("by hand")))).ContentLength).toBe(5 * MIB + 3);
  });

  it("signs URLs that anybody can use", async () => {
    const { s3 } = await open();
    const put = await fetch(await getSignedUrl(s3, new PutObjectCommand(object("shared"))), { method: "PUT", body: "hello" });
    expect(put.status).toBe(200);
    const url = await getSignedUrl(s3, new GetObjectCommand({ ...object("shared"), ResponseContentType: "text/html" }));
    const got = await fetch(url);
    expect([got.status, got.headers.get("content-type"), await got.text()]).toEqual([200, "text/html", "hello"]);
    expect((await fetch(url, { headers: { range: "bytes=1-2" } })).status).toBe(206);
    expect((await fetch(url.replace("shared", "other"))).status).toBe(403);
  });

  it("knows its buckets, and what was never configured", async () => {
    const { s3 } = await open();
    await s3.send(new CreateBucketCommand({ Bucket: "west-bucket", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
    expect((await s3.send(new ListBucketsCommand({}))).Buckets!.map(({ Name }) => Name)).toEqual(["bucket", "west-bucket"]);
    expect((await s3.send(new HeadBucketCommand({ Bucket: "bucket" }))).BucketRegion).toBe("us-east-1");
    expect((await s3.send(new GetBucketLocationCommand({ Bucket: "west-bucket" }))).LocationConstraint).toBe("eu-west-1");
    expect((await s3.send(new GetBucketLocationCommand({ Bucket: "bucket" }))).LocationConstraint).toBeUndefined();
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket: "bucket" }))).Status).toBeUndefined();
    expect((await s3.send(new GetBucketAclCommand({ Bucket: "bucket" }))).Grants![0]).toMatchObject({ Permission: "FULL_CONTROL", Grantee: { Type: "CanonicalUser" } });
    expect(await failure(s3.send(new GetBucketPolicyCommand({ Bucket: "bucket" })))).toMatchObject({ name: "NoSuchBucketPolicy", $metadata: { httpStatusCode: 404 } });
    expect(await failure(s3.send(new PutBucketVersioningCommand({ Bucket: "bucket", VersioningConfiguration: { Status: "Enabled" } })))).toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
    expect(await failure(s3.send(new HeadBucketCommand({ Bucket: "nobody-has-this" })))).toMatchObject({ name: "NotFound" });
    await s3.send(new PutBucketTaggingCommand({ Bucket: "bucket", Tagging: { TagSet: [{ Key: "a", Value: "1" }] } }));
    await s3.send(new PutObjectCommand({ ...object("tagged"), Body: "x", Tagging: "b=2" }));
    await s3.send(new PutObjectTaggingCommand({ ...object("tagged"), Tagging: { TagSet: [{ Key: "c", Value: "3" }] } }));
    expect((await s3.send(new GetObjectTaggingCommand(object("tagged")))).TagSet).toEqual([{ Key: "c", Value: "3" }]);
    expect(await failure(s3.send(new DeleteBucketCommand({ Bucket: "bucket" })))).toMatchObject({ name: "BucketNotEmpty", $metadata: { httpStatusCode: 409 } });
  });

  it("answers a configuration whose function's door is shut", async () => {
    const { s3 } = await open();
    const arn = "arn:aws:lambda:us-east-1:000000000000:function:missing";
    const NotificationConfiguration = { LambdaFunctionConfigurations: [{ LambdaFunctionArn: arn, Events: ["s3:ObjectCreated:*" as const] }] };
    expect(await failure(s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: "bucket", NotificationConfiguration })))).toMatchObject({
      name: "InvalidArgument", message: "Unable to validate the following destination configurations", $metadata: { httpStatusCode: 400 },
      ArgumentName1: `${arn}, null`, ArgumentValue1: `Not authorized to invoke function [${arn}]`,
    });
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: "bucket", NotificationConfiguration, SkipDestinationValidation: true }));
    expect((await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "bucket" }))).LambdaFunctionConfigurations).toMatchObject([{ LambdaFunctionArn: arn, Events: ["s3:ObjectCreated:*"], Id: expect.any(String) }]);
  });

  it("leaves nothing of an upload whose client went away", async () => {
    const { s3 } = await open();
    const url = new URL(await getSignedUrl(s3, new PutObjectCommand(object("half"))));
    await new Promise<void>((resolve) => {
      const client = request(url, { method: "PUT", headers: { "content-length": "1000000" } });
      client.on("error", () => resolve());
      client.write(Buffer.alloc(1_000), () => client.destroy());
      client.on("close", () => resolve());
    });
    expect(await failure(s3.send(new HeadObjectCommand(object("half"))))).toMatchObject({ name: "NotFound" });
  });
});
