import { describe, expect, it } from "vitest";
import { requestContext as context } from "../support/context.ts";
import { bucketWith, refusal, stream, textOf } from "./support.ts";

describe("ranges", () => {
  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=2-5", "2345", "bytes 2-5/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=0-999", "0123456789", "bytes 0-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
    ["bytes=5-2", "0123456789", undefined],
    ["bytes=0-1,4-5", "0123456789", undefined],
    ["chars=0-1", "0123456789", undefined],
    ["bytes=-", "0123456789", undefined],
  ])("%s gives %s", async (Range, text, ContentRange) => {
    const { s3 } = await bucketWith({ key: "0123456789" });
    const at = context();
    const got = await s3.GetObject({ Bucket: "bucket", Key: "key", Range }, at);
    expect(await textOf(got.Body)).toBe(text);
    expect([got.ContentRange, got.ContentLength, at.responseStatus]).toEqual([ContentRange, text.length, ContentRange === undefined ? undefined : 206]);
  });

  it.each([["bytes=10-", "0123456789"], ["bytes=-0", "0123456789"], ["bytes=0-", ""], ["bytes=-1", ""]])("%s of %j cannot be", async (Range, body) => {
    const { s3 } = await bucketWith({ key: body });
    expect(await refusal(s3.GetObject({ Bucket: "bucket", Key: "key", Range }, context()))).toMatchObject({ code: "InvalidRange", status: 416, message: "The requested range is not satisfiable", members: { ActualObjectSize: body.length } });
  });

  it("of an object in one piece: part 1 is the whole", async () => {
    const { s3 } = await bucketWith({ key: "0123456789", empty: "" });
    const at = context();
    expect((await s3.GetObject({ Bucket: "bucket", Key: "key", PartNumber: 1 }, at)).ContentRange).toBe("bytes 0-9/10");
    expect(at.responseStatus).toBe(206);
    expect((await s3.GetObject({ Bucket: "bucket", Key: "empty", PartNumber: 1 }, context())).ContentLength).toBe(0);
    expect(await refusal(s3.GetObject({ Bucket: "bucket", Key: "key", PartNumber: 2 }, context()))).toMatchObject({ code: "InvalidPartNumber", status: 416 });
    expect(await refusal(s3.GetObject({ Bucket: "bucket", Key: "key", PartNumber: 1, Range: "bytes=0-1" }, context()))).toMatchObject({ code: "InvalidRequest" });
  });

  it("start anywhere in a large object", async () => {
    const { s3 } = await bucketWith({ key: Buffer.alloc(1_000_000, "0123456789") });
    const got = await s3.GetObject({ Bucket: "bucket", Key: "key", Range: "bytes=299995-900004" }, context());
    expect(await textOf(got.Body)).toBe("5678901234".repeat(60_001).slice(0, 600_010));
  });
});

describe("conditions on reading", () => {
  const before = new Date("2020-01-01T00:00:00Z");
  const etag = '"098f6bcd4621d373cade4e832627b4f6"';
  it.each([
    [{ IfMatch: etag }, 200],
    [{ IfMatch: "*" }, 200],
    [{ IfMatch: `"x", ${etag}` }, 200],
    [{ IfMatch: '"x"' }, 412],
    [{ IfNoneMatch: etag }, 304],
    [{ IfNoneMatch: `W/${etag}` }, 304],
    [{ IfNoneMatch: "*" }, 304],
    [{ IfNoneMatch: '"x"' }, 200],
    [{ IfModifiedSince: before }, 200],
    [{ IfModifiedSince: "modified" }, 304],
    [{ IfModifiedSince: new Date("2999-01-01T00:00:00Z") }, 200],
    [{ IfUnmodifiedSince: before }, 412],
    [{ IfUnmodifiedSince: "modified" }, 200],
    [{ IfMatch: etag, IfUnmodifiedSince: before }, 200],
    [{ IfNoneMatch: '"x"', IfModifiedSince: "modified" }, 200],
    [{ IfNoneMatch: etag, IfModifiedSince: before }, 304],
    [{ IfMatch: '"x"', IfNoneMatch: etag }, 412],
  ])("%j: %i", async (given, status) => {
    const { s3 } = await bucketWith({ key: "test" });
    const { LastModified } = await s3.HeadObject({ Bucket: "bucket", Key: "key" }, context());
    const conditions = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value === "modified" ? LastModified : value]));
    for (const read of [s3.GetObject, s3.HeadObject]) {
      const at = context();
      const outcome = await Promise.resolve(read({ Bucket: "bucket", Key: "key", ...conditions }, at)).then(() => 200, (error: { status: number }) => error.status);
      expect(outcome).toBe(status);
      if (status === 304) expect(at.responseHeaders).toMatchObject({ etag, "last-modified": LastModified!.toUTCString() });
    }
  });
});

describe("conditions on writing", () => {
  it("let one of many be the first", async () => {
    const { s3 } = await bucketWith();
    const puts = await Promise.all([...Array(8).keys()].map((i) =>
      Promise.resolve(s3.PutObject({ Bucket: "bucket", Key: "lock", Body: stream(`${i}`), IfNoneMatch: "*" }, context())).then(() => i, (error: { code: string }) => error.code)));
    expect(puts.filter((outcome) => outcome === "PreconditionFailed")).toHaveLength(7);
    const winner = puts.find((outcome) => typeof outcome === "number");
    expect(await textOf((await s3.GetObject({ Bucket: "bucket", Key: "lock" }, context())).Body)).toBe(String(winner));
  });

  it("replace only what is still the same", async () => {
    const { s3 } = await bucketWith({ key: "one" });
    const { ETag: IfMatch } = await s3.HeadObject({ Bucket: "bucket", Key: "key" }, context());
    const put = (over: object, Key = "key") => s3.PutObject({ Bucket: "bucket", Key, Body: stream("two"), ...over }, context());
    await put({ IfMatch });
    expect(await refusal(put({ IfMatch }))).toMatchObject({ code: "PreconditionFailed", status: 412, message: "At least one of the pre-conditions you specified did not hold", members: { Condition: "If-Match" } });
    expect(await refusal(put({ IfMatch }, "missing"))).toMatchObject({ code: "NoSuchKey", status: 404 });
    expect(await refusal(put({ IfNoneMatch: "*" }))).toMatchObject({ code: "PreconditionFailed", members: { Condition: "If-None-Match" } });
    expect(await refusal(put({ IfNoneMatch: '"x"' }))).toMatchObject({ code: "NotImplemented", status: 501 });
    expect(await refusal(s3.DeleteObject({ Bucket: "bucket", Key: "key", IfMatch: '"x"' }, context()))).toMatchObject({ code: "PreconditionFailed" });
    await s3.DeleteObject({ Bucket: "bucket", Key: "key", IfMatch: "*" }, context());
  });
});
