import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDigest, type ChecksumAlgorithm } from "../../src/services/s3/checksums.ts";
import { eventually } from "../support/temporary.ts";
import { requestContext as context } from "../support/context.ts";
import { bucketWith, bytesOf, refusal, stream, textOf } from "./support.ts";

const MIB = 1024 * 1024;
const md5 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest();
const checksum = (algorithm: ChecksumAlgorithm, bytes: Uint8Array) => {
  const digest = createDigest(algorithm);
  digest.update(bytes);
  return digest.digest();
};
const blobCount = (directory: string) =>
  readdirSync(join(directory, "blobs"), { recursive: true, encoding: "utf8" }).map((name) => join(directory, "blobs", name)).filter((path) => existsSync(path) && statSync(path).isFile()).length;

describe("copies", () => {
  it("take metadata and tags with them, or the request's", async () => {
    const { s3 } = await bucketWith();
    await s3.PutObject({ Bucket: "bucket", Key: "a ü", Body: stream("body"), ContentType: "text/plain", Metadata: { a: "1" }, Tagging: "t=1" }, context());
    const copied = await s3.CopyObject({ Bucket: "bucket", Key: "b", CopySource: "/bucket/a%20%C3%BC", ContentType: "image/png", Metadata: { b: "2" } }, context());
    expect(copied.CopyObjectResult).toMatchObject({ ETag: `"${md5("body").toString("hex")}"`, LastModified: expect.any(Date) });
    expect(await s3.HeadObject({ Bucket: "bucket", Key: "b" }, context())).toMatchObject({ ContentType: "text/plain", Metadata: { a: "1" }, TagCount: 1 });
    await s3.CopyObject({ Bucket: "bucket", Key: "c", CopySource: "bucket/a%20%C3%BC", MetadataDirective: "REPLACE", ContentType: "image/png", Metadata: { b: "2" }, TaggingDirective: "REPLACE" }, context());
    const c = await s3.GetObject({ Bucket: "bucket", Key: "c" }, context());
    expect(c).toMatchObject({ ContentType: "image/png", Metadata: { b: "2" } });
    expect(c).not.toHaveProperty("TagCount");
    await s3.DeleteObject({ Bucket: "bucket", Key: "a ü" }, context());
    expect(await textOf(c.Body)).toBe("body");
    expect(await textOf((await s3.GetObject({ Bucket: "bucket", Key: "b" }, context())).Body)).toBe("body");
  });

  it("of an object to itself must change something", async () => {
    const { s3 } = await bucketWith({ key: "x" });
    const self = { Bucket: "bucket", Key: "key", CopySource: "bucket/key" };
    expect(await refusal(s3.CopyObject(self, context()))).toMatchObject({ code: "InvalidRequest", message: expect.stringMatching(/^This copy request is illegal because it is trying to copy an object to itself/) });
    await s3.CopyObject({ ...self, MetadataDirective: "REPLACE", Metadata: { now: "set" } }, context());
    expect((await s3.HeadObject({ Bucket: "bucket", Key: "key" }, context())).Metadata).toEqual({ now: "set" });
    expect(await textOf((await s3.GetObject({ Bucket: "bucket", Key: "key" }, context())).Body)).toBe("x");
  });

  it("are refused by a condition, a bad source, or a bad directive", async () => {
    const { s3 } = await bucketWith({ key: "x" });
    const copy = (over: object) => refusal(s3.CopyObject({ Bucket: "bucket", Key: "copy", CopySource: "bucket/key", ...over }, context()));
    expect(await copy({ CopySourceIfMatch: '"other"' })).toMatchObject({ code: "PreconditionFailed", status: 412 });
    expect(await copy({ CopySourceIfNoneMatch: "*" })).toMatchObject({ code: "PreconditionFailed", status: 412 });
    expect(await copy({ CopySource: "bucket/missing" })).toMatchObject({ code: "NoSuchKey" });
    expect(await copy({ CopySource: "nobody/key" })).toMatchObject({ code: "NoSuchBucket" });
    expect(await copy({ CopySource: "bucket" })).toMatchObject({ code: "InvalidArgument" });
    expect(await copy({ CopySource: "bucket/%zz" })).toMatchObject({ code: "InvalidArgument" });
    expect(await copy({ CopySource: "bucket/key?versionId=v1" })).toMatchObject({ code: "InvalidArgument", message: "Invalid version id specified" });
    expect(await copy({ MetadataDirective: "MERGE" })).toMatchObject({ code: "InvalidArgument" });
  });
});

describe("multipart uploads", () => {
  const name = { Bucket: "bucket", Key: "big" };
  const one = Buffer.alloc(5 * MIB, "one ");
  const two = Buffer.from("the last may be small");

  it("become one object, of which parts and ranges can be read", async () => {
    const { s3, directory } = await bucketWith();
    const { UploadId } = await s3.CreateMultipartUpload({ ...name, ContentType: "text/plain", Metadata: { a: "1" }, Tagging: "t=1" }, context());
    const upload = { ...name, UploadId };
    const dropped = await s3.UploadPart({ ...upload, PartNumber: 1, Body: stream("sent again below") }, context());
    expect(dropped.ETag).toBe(`"${md5("sent again below").toString("hex")}"`);
    const first = await s3.UploadPart({ ...upload, PartNumber: 1, Body: stream(one) }, context());
    const second = await s3.UploadPart({ ...upload, PartNumber: 7, Body: stream(two) }, context());
    await s3.UploadPart({ ...upload, PartNumber: 9, Body: stream("not listed") }, context());
    expect((await s3.ListParts(upload, context())).Parts!.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([[1, one.length], [7, two.length], [9, 10]]);
    expect(await refusal(s3.HeadObject(name, context()))).toMatchObject({ code: "NotFound" });
    const Parts = [{ PartNumber: 1, ETag: first.ETag }, { PartNumber: 7, ETag: second.ETag }];
    const done = await s3.CompleteMultipartUpload({ ...upload, MultipartUpload: { Parts } }, context());
    const whole = Buffer.concat([one, two]);
    expect(done).toMatchObject({
      ETag: `"${md5(Buffer.concat([md5(one), md5(two)])).toString("hex")}-2"`, ChecksumType: "FULL_OBJECT", ChecksumCRC64NVME: checksum("CRC64NVME", whole).toString("base64"),
      Location: "http://127.0.0.1:4566/bucket/big",
    });
    expect(await s3.CompleteMultipartUpload({ ...upload, MultipartUpload: { Parts } }, context())).toEqual(done);
    const got = await s3.GetObject(name, context());
    expect(whole.equals(await bytesOf(got.Body))).toBe(true);
    expect(got).toMatchObject({ ContentType: "text/plain", Metadata: { a: "1" }, TagCount: 1, ContentLength: whole.length });
    const across = await s3.GetObject({ ...name, Range: `bytes=${one.length - 4}-${one.length + 7}` }, context());
    expect(await textOf(across.Body)).toBe("one the last");
    const part = await s3.GetObject({ ...name, PartNumber: 2 }, context());
    expect(await textOf(part.Body)).toBe(two.toString());
    expect(part).toMatchObject({ PartsCount: 2, ContentRange: `bytes ${one.length}-${whole.length - 1}/${whole.length}` });
    const attributes = await s3.GetObjectAttributes({ ...name, ObjectAttributes: ["ObjectParts", "ObjectSize", "ETag"] }, context());
    expect(attributes).toMatchObject({ ObjectSize: whole.length, ETag: done.ETag!.slice(1, -1), ObjectParts: { TotalPartsCount: 2, Parts: [{ PartNumber: 1, Size: one.length }, { PartNumber: 7, Size: two.length }] } });
    await eventually("the replaced and the unlisted part are gone", () => blobCount(directory) === 2);
    await s3.DeleteObject(name, context());
    await eventually("all parts are gone", () => blobCount(directory) === 0);
  });

  it("are read to their end, old as they are, while another takes their place", async () => {
    const { s3, directory } = await bucketWith();
    const { UploadId } = await s3.CreateMultipartUpload(name, context());
    const Parts = [];
    for (const [index, Body] of [one, two].entries()) Parts.push({ PartNumber: index + 1, ETag: (await s3.UploadPart({ ...name, UploadId, PartNumber: index + 1, Body: stream(Body) }, context())).ETag });
    await s3.CompleteMultipartUpload({ ...name, UploadId, MultipartUpload: { Parts } }, context());
    const bytes = ((await s3.GetObject(name, context())).Body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    const begun = [(await bytes.next()).value as Uint8Array];
    await s3.PutObject({ ...name, Body: stream("new") }, context());
    // Time for the old bytes to be removed, were nobody reading them.
    for (let count = 0; count < 10; count++) await s3.PutObject({ Bucket: "bucket", Key: "other", Body: stream(`${count}`) }, context());
    for (let next = await bytes.next(); next.done !== true; next = await bytes.next()) begun.push(next.value);
    expect(Buffer.concat(begun).equals(Buffer.concat([one, two]))).toBe(true);
    expect(await textOf((await s3.GetObject(name, context())).Body)).toBe("new");
    await eventually("the old parts are gone", () => blobCount(directory) === 2);
  });

  it.each([["CRC32", "FULL_OBJECT"], ["CRC32", "COMPOSITE"], ["CRC32C", "FULL_OBJECT"], ["SHA256", "COMPOSITE"]] as const)("have a %s of the %s", async (algorithm, type) => {
    const { s3 } = await bucketWith();
    const { UploadId } = await s3.CreateMultipartUpload({ ...name, ChecksumAlgorithm: algorithm, ChecksumType: type }, context());
    const upload = { ...name, UploadId };
    const Parts = [];
    for (const [index, body] of [one, two].entries()) {
      const value = checksum(algorithm, body).toString("base64");
      const { ETag } = await s3.UploadPart({ ...upload, PartNumber: index + 1, Body: stream(body), [`Checksum${algorithm}`]: value }, context());
      Parts.push({ PartNumber: index + 1, ETag, [`Checksum${algorithm}`]: value });
    }
    const expected = type === "FULL_OBJECT" ? checksum(algorithm, Buffer.concat([one, two])).toString("base64") : `${checksum(algorithm, Buffer.concat([checksum(algorithm, one), checksum(algorithm, two)])).toString("base64")}-2`;
    const other = algorithm === "SHA256" ? "CRC32" : "SHA256";
    expect(await refusal(s3.UploadPart({ ...upload, PartNumber: 3, Body: stream("x"), ChecksumAlgorithm: other }, context()))).toMatchObject({ code: "InvalidRequest", message: expect.stringContaining("Checksum Type mismatch occurred") });
    expect(await refusal(s3.CompleteMultipartUpload({ ...upload, MultipartUpload: { Parts }, [`Checksum${algorithm}`]: checksum(algorithm, two).toString("base64") }, context()))).toMatchObject({ code: "BadDigest" });
    const done = await s3.CompleteMultipartUpload({ ...upload, MultipartUpload: { Parts }, [`Checksum${algorithm}`]: expected, ChecksumType: type }, context());
    expect(done).toMatchObject({ [`Checksum${algorithm}`]: expected, ChecksumType: type });
    expect(await s3.HeadObject({ ...name, ChecksumMode: "ENABLED" }, context())).toMatchObject({ [`Checksum${algorithm}`]: expected, ChecksumType: type });
  });

  it("are refused when the list is not what came", async () => {
    const { s3 } = await bucketWith();
    const { UploadId } = await s3.CreateMultipartUpload(name, context());
    const upload = { ...name, UploadId };
    const part = async (PartNumber: number, body: string) => ({ PartNumber, ETag: (await s3.UploadPart({ ...upload, PartNumber, Body: stream(body) }, context())).ETag });
    const [a, b] = [await part(1, "a"), await part(2, "b")];
    const complete = (Parts: object[], over = {}) => refusal(s3.CompleteMultipartUpload({ ...upload, MultipartUpload: { Parts }, ...over }, context()));
    expect(await complete([])).toMatchObject({ code: "MalformedXML" });
    expect(await complete([b, a])).toMatchObject({ code: "InvalidPartOrder", status: 400 });
    expect(await complete([a, b])).toMatchObject({ code: "EntityTooSmall", members: { PartNumber: 1, ProposedSize: 1, MinSizeAllowed: 5 * MIB } });
    expect(await complete([{ ...b, ETag: '"0"' }])).toMatchObject({ code: "InvalidPart" });
    expect(await complete([{ PartNumber: 3, ETag: '"x"' }])).toMatchObject({ code: "InvalidPart" });
    expect(await complete([a], { MpuObjectSize: 2 })).toMatchObject({ code: "InvalidRequest" });
    for (const PartNumber of [0, 10_001]) expect(await refusal(s3.UploadPart({ ...upload, PartNumber, Body: stream("x") }, context()))).toMatchObject({ code: "InvalidArgument", message: "Part number must be an integer between 1 and 10000, inclusive" });
    expect(await refusal(s3.CreateMultipartUpload({ ...name, ChecksumAlgorithm: "SHA256", ChecksumType: "FULL_OBJECT" }, context()))).toMatchObject({ code: "InvalidRequest" });
  });

  it("end when they are aborted, and are unknown then", async () => {
    const { s3, directory } = await bucketWith();
    const { UploadId } = await s3.CreateMultipartUpload(name, context());
    const upload = { ...name, UploadId };
    await s3.UploadPart({ ...upload, PartNumber: 1, Body: stream("x") }, context());
    expect(await refusal(s3.ListParts({ ...upload, Key: "other" }, context()))).toMatchObject({ code: "NoSuchUpload", status: 404 });
    await s3.AbortMultipartUpload(upload, context());
    for (const ask of [s3.AbortMultipartUpload, s3.ListParts]) expect(await refusal(ask(upload, context()))).toMatchObject({ code: "NoSuchUpload", status: 404 });
    expect(await refusal(s3.UploadPart({ ...upload, PartNumber: 1, Body: stream("x") }, context()))).toMatchObject({ code: "NoSuchUpload" });
    await eventually("the part is gone", () => blobCount(directory) === 0);
  });

  it("take parts from other objects", async () => {
    const { s3 } = await bucketWith({ source: "0123456789" });
    const { UploadId } = await s3.CreateMultipartUpload(name, context());
    const copy = (CopySourceRange?: string) => s3.UploadPartCopy({ ...name, UploadId, PartNumber: 1, CopySource: "bucket/source", ...(CopySourceRange === undefined ? {} : { CopySourceRange }) }, context());
    expect(await refusal(copy("bytes=5-"))).toMatchObject({ code: "InvalidArgument" });
    expect(await refusal(copy("bytes=5-10"))).toMatchObject({ code: "InvalidArgument", message: "Range specified is not valid for source object of size: 10" });
    const { CopyPartResult } = await copy("bytes=2-5");
    await s3.CompleteMultipartUpload({ ...name, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: CopyPartResult!.ETag }] } }, context());
    expect(await textOf((await s3.GetObject(name, context())).Body)).toBe("2345");
  });

  it("are listed by key and id, page by page", async () => {
    const { s3 } = await bucketWith();
    const begun: string[] = [];
    for (const Key of ["b/1", "a", "b/2", "a", "a", "c"]) begun.push(`${Key} ${(await s3.CreateMultipartUpload({ Bucket: "bucket", Key }, context())).UploadId}`);
    const expected = begun.toSorted();
    for (const MaxUploads of [1, 2, 3, 100]) {
      const listed: string[] = [];
      for (let at: object | undefined = {}; at !== undefined; ) {
        const answer: Awaited<ReturnType<typeof s3.ListMultipartUploads>> = await s3.ListMultipartUploads({ Bucket: "bucket", MaxUploads, ...at }, context());
        listed.push(...answer.Uploads!.map(({ Key, UploadId }) => `${Key} ${UploadId}`));
        at = answer.IsTruncated ? { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker } : undefined;
      }
      expect(listed).toEqual(expected);
    }
    const grouped = await s3.ListMultipartUploads({ Bucket: "bucket", Delimiter: "/" }, context());
    expect(grouped.CommonPrefixes).toEqual([{ Prefix: "b/" }]);
    expect(grouped.Uploads!.map(({ Key }) => Key)).toEqual(["a", "a", "a", "c"]);
  });
});
