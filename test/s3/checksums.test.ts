import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDigest, type ChecksumAlgorithm } from "../../src/services/s3/checksums.ts";
import { combineCrcs } from "../../src/services/s3/crc-combine.ts";
import { requestContext as context } from "../support/context.ts";
import { bucketWith, refusal, stream } from "./support.ts";

/** Of "123456789", as the catalogues of CRCs give them; hashes from node:crypto. */
const CHECK = Buffer.from("123456789");
const hash = (name: string) => createHash(name).update(CHECK).digest("base64");
const VECTORS: readonly [ChecksumAlgorithm, string][] = [
  ["CRC32", Buffer.from("cbf43926", "hex").toString("base64")],
  ["CRC32C", Buffer.from("e3069283", "hex").toString("base64")],
  ["CRC64NVME", Buffer.from("ae8b14860a799888", "hex").toString("base64")],
  ["SHA1", hash("sha1")],
  ["SHA256", hash("sha256")],
  ["SHA512", hash("sha512")],
  ["MD5", hash("md5")],
];
const wrong = (value: string) => Buffer.from(Buffer.from(value, "base64").map((byte) => byte ^ 1)).toString("base64");

describe("checksums", () => {
  it.each(VECTORS)("%s of its check value, however the input is cut", (algorithm, expected) => {
    for (const size of [1, 2, 3, 8, 9]) {
      const digest = createDigest(algorithm);
      for (let at = 0; at < CHECK.length; at += size) digest.update(CHECK.subarray(at, at + size));
      expect(digest.digest().toString("base64")).toBe(expected);
    }
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME"] as const)("%s of a whole comes from its parts' (property)", (algorithm) => {
    const of = (bytes: Uint8Array) => {
      const digest = createDigest(algorithm);
      digest.update(bytes);
      return digest.digest();
    };
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 6 }), (parts) => {
        const combined = combineCrcs(algorithm, parts.map((part) => ({ checksum: of(part), size: part.length })));
        expect(combined.toString("hex")).toBe(of(Buffer.concat(parts)).toString("hex"));
      }),
    );
  });

  it.each(VECTORS)("%s is compared in a header and in a trailer, kept, and told when asked for", async (algorithm, value) => {
    const { s3 } = await bucketWith();
    const header = { [`Checksum${algorithm}`]: value };
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    expect(await s3.PutObject({ Bucket: "bucket", Key: "header", Body: stream(CHECK), ...header }, context())).toMatchObject({ ...header, ChecksumType: "FULL_OBJECT" });
    expect(await s3.PutObject({ Bucket: "bucket", Key: "trailer", Body: stream(CHECK), ChecksumAlgorithm: algorithm as "CRC32" }, context({ trailers: { [name]: value } }))).toMatchObject(header);
    expect(await s3.PutObject({ Bucket: "bucket", Key: "unannounced", Body: stream(CHECK) }, context({ trailers: { [name]: value } }))).toMatchObject(header);
    for (const key of ["header", "trailer", "unannounced"]) {
      expect(await s3.HeadObject({ Bucket: "bucket", Key: key, ChecksumMode: "ENABLED" }, context())).toMatchObject({ ...header, ChecksumType: "FULL_OBJECT" });
      expect(await s3.HeadObject({ Bucket: "bucket", Key: key }, context())).not.toHaveProperty(`Checksum${algorithm}`);
      expect((await s3.GetObjectAttributes({ Bucket: "bucket", Key: key, ObjectAttributes: ["Checksum"] }, context())).Checksum).toMatchObject(header);
    }
    const refused = { code: "BadDigest", status: 400, message: `The ${algorithm} you specified did not match the calculated checksum.` };
    expect(await refusal(s3.PutObject({ Bucket: "bucket", Key: "wrong", Body: stream(CHECK), [`Checksum${algorithm}`]: wrong(value) }, context()))).toMatchObject(refused);
    expect(await refusal(s3.PutObject({ Bucket: "bucket", Key: "wrong", Body: stream(CHECK) }, context({ trailers: { [name]: wrong(value) } })))).toMatchObject(refused);
    expect(await refusal(s3.HeadObject({ Bucket: "bucket", Key: "wrong" }, context()))).toMatchObject({ code: "NotFound" });
  });

  it("is CRC64NVME when the client sends none", async () => {
    const { s3 } = await bucketWith();
    expect(await s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream(CHECK) }, context())).toMatchObject({ ChecksumCRC64NVME: VECTORS[2]![1] });
  });

  it("is not told with a part of an object", async () => {
    const { s3 } = await bucketWith({ key: "123456789" });
    expect(await s3.GetObject({ Bucket: "bucket", Key: "key", ChecksumMode: "ENABLED", Range: "bytes=0-3" }, context())).not.toHaveProperty("ChecksumCRC64NVME");
  });

  it("refuses malformed, several, and promised but missing ones", async () => {
    const { s3 } = await bucketWith();
    const put = (over: object) => refusal(s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream(CHECK), ...over }, context()));
    expect(await put({ ChecksumCRC32: "nonsense" })).toMatchObject({ code: "InvalidRequest", message: "Value for x-amz-checksum-crc32 header is invalid." });
    expect(await put({ ChecksumCRC32: VECTORS[0]![1], ChecksumSHA1: VECTORS[3]![1] })).toMatchObject({ code: "InvalidRequest", message: expect.stringContaining("Expecting a single x-amz-checksum- header") });
    expect(await put({ ChecksumAlgorithm: "SHA256", ChecksumCRC32: VECTORS[0]![1] })).toMatchObject({ code: "InvalidRequest", message: "Value for x-amz-sdk-checksum-algorithm header is invalid." });
    expect(await put({ ChecksumAlgorithm: "CRC32" })).toMatchObject({ code: "InvalidRequest", message: expect.stringContaining("no corresponding x-amz-checksum-*") });
  });

  it("compares Content-MD5", async () => {
    const { s3 } = await bucketWith();
    const put = (ContentMD5: string) => s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream(CHECK), ContentMD5 }, context());
    await put(hash("md5"));
    expect(await refusal(put(wrong(hash("md5"))))).toMatchObject({ code: "BadDigest", message: "The Content-MD5 you specified did not match what we received.", members: { CalculatedDigest: hash("md5") } });
    expect(await refusal(put("short"))).toMatchObject({ code: "InvalidDigest", status: 400 });
  });
});
