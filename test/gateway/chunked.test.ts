import { createHash, createHmac, createSecretKey } from "node:crypto";
import { crc32 } from "node:zlib";
import { Readable } from "node:stream";
import { CreateBucketCommand, CreateMultipartUploadCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeChunked } from "../../src/gateway/chunked.ts";
import { createDigest, type ChecksumAlgorithm } from "../../src/services/s3/checksums.ts";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { member, queryOf, send, sha256, signHeaders } from "./support.ts";

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const hex = (key: Buffer, text: string): string => hmac(key, text).toString("hex");

interface Signing {
  signature: string;
  key: Buffer;
  scope: string;
  timestamp: string;
}

/** The body of a client that signs chunk by chunk. Source: "Signature Calculations … Transferring Payload in Multiple Chunks", with and without trailers. */
const signedBody = ({ signature, key, scope, timestamp }: Signing, chunks: readonly (string | Uint8Array)[], trailer?: [string, string]): Buffer => {
  let previous = signature;
  const parts = [...chunks, ""].flatMap((chunk, index, all) => {
    const bytes = Buffer.from(chunk as Uint8Array);
    previous = hex(key, ["AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, previous, sha256(""), sha256(bytes)].join("\n"));
    const head = Buffer.from(`${bytes.length.toString(16)};chunk-signature=${previous}\r\n`);
    return index === all.length - 1 ? [head] : [head, bytes, Buffer.from("\r\n")];
  });
  if (trailer !== undefined) {
    const [name, value] = trailer;
    const trailerSignature = hex(key, ["AWS4-HMAC-SHA256-TRAILER", timestamp, scope, previous, sha256(`${name}:${value}\n`)].join("\n"));
    parts.push(Buffer.from(`${name}:${value}\r\nx-amz-trailer-signature:${trailerSignature}\r\n`));
  }
  return Buffer.concat([...parts, Buffer.from("\r\n")]);
};

const unsignedBody = (chunks: readonly (string | Uint8Array)[], trailer?: [string, string]): Buffer =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [Buffer.from(`${Buffer.byteLength(chunk as string).toString(16)}\r\n`), Buffer.from(chunk as Uint8Array), Buffer.from("\r\n")]),
    Buffer.from(`0\r\n${trailer === undefined ? "" : `${trailer.join(":")}\r\n`}\r\n`),
  ]);

const digestOf = (algorithm: ChecksumAlgorithm, text: string | Uint8Array): string => {
  const digest = createDigest(algorithm);
  digest.update(Buffer.from(text as Uint8Array));
  return digest.digest().toString("base64");
};

describe("the examples of AWS's documents", () => {
  const day = "20130524";
  const scope = `${day}/us-east-1/s3/aws4_request`;
  const key = hmac(hmac(hmac(hmac("AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", day), "us-east-1"), "s3"), "aws4_request");
  const CHUNKS = ["a".repeat(65_536), "a".repeat(1_024)];
  const decode = (signature: string, body: Buffer, trailer?: string) => {
    const signed = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", date: day, region: "us-east-1", service: "s3", signedHeaders: [], signature, timestamp: `${day}T000000Z` };
    const headers = { "x-amz-decoded-content-length": "66560", ...(trailer === undefined ? {} : { "x-amz-trailer": trailer }) };
    return Array.fromAsync(decodeChunked(Readable.from([body]), { kind: "signed-chunks", key: createSecretKey(key), signed, hasTrailer: trailer !== undefined }, headers, {}));
  };

  it("are made by this client and read by this server: two chunks", async () => {
    const seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    const body = signedBody({ signature: seed, key, scope, timestamp: `${day}T000000Z` }, CHUNKS);
    expect([...body.toString().matchAll(/chunk-signature=(\w+)/g)].map(([, signature]) => signature)).toEqual([
      "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
      "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]);
    expect(Buffer.concat(await decode(seed, body)).toString()).toBe(CHUNKS.join(""));
  });

  it("are made by this client and read by this server: two chunks and a trailer", async () => {
    const seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    const body = signedBody({ signature: seed, key, scope, timestamp: `${day}T000000Z` }, CHUNKS, ["x-amz-checksum-crc32c", "sOO8/Q=="]);
    expect([...body.toString().matchAll(/(?:chunk|trailer)-signature[=:](\w+)/g)].map(([, signature]) => signature)).toEqual([
      "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
      "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
      "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
      "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
    ]);
    expect(Buffer.concat(await decode(seed, body, "x-amz-checksum-crc32c")).toString()).toBe(CHUNKS.join(""));
  });
});

describe("an upload in chunks", () => {
  let opened: OpenPlatform;
  beforeAll(async () => {
    opened = await openPlatform();
    await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
    return opened.close;
  });

  const CHUNKS = ["0123456789abcdef".repeat(512), "0123456789abcdef".repeat(600), "the end"];
  const TEXT = CHUNKS.join("");

  interface Upload {
    kind?: "signed" | "signed-trailer" | "unsigned-trailer";
    chunks?: readonly string[];
    trailer?: [string, string];
    headers?: Record<string, string>;
    query?: Record<string, string>;
    secretAccessKey?: string;
    spoil?: (body: Buffer) => Buffer;
  }
  const PAYLOADS = { signed: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "signed-trailer": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "unsigned-trailer": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" };

  const upload = (path: string, { kind = "signed", chunks = CHUNKS, trailer, headers = {}, query = {}, spoil = (body) => body }: Upload) => {
    const signing = signHeaders({
      method: "PUT", path, query, payload: PAYLOADS[kind],
      headers: {
        host: opened.host, "content-encoding": "aws-chunked", "x-amz-decoded-content-length": String(Buffer.byteLength(chunks.join(""))),
        ...(trailer === undefined ? {} : { "x-amz-trailer": trailer[0] }), ...headers,
      },
    });
    const body = spoil(kind === "unsigned-trailer" ? unsignedBody(chunks, trailer) : signedBody(signing, chunks, trailer));
    const suffix = queryOf(query);
    const sent = Object.fromEntries(Object.entries(signing.headers).filter(([, value]) => value !== ""));
    return send(opened.endpoint, { method: "PUT", path: suffix === "" ? path : `${path}?${suffix}`, headers: { ...sent, "content-length": String(body.length) }, body });
  };
  const read = async (Key: string) => (await opened.clients.s3.send(new GetObjectCommand({ Bucket: "bucket", Key }))).Body!.transformToString();
  const isThere = (Key: string) => opened.clients.s3.send(new HeadObjectCommand({ Bucket: "bucket", Key })).then(() => true, () => false);

  it.each<[string, Upload]>([
    ["signed", {}],
    ["signed, of one chunk", { chunks: ["x"] }],
    ["signed, of nothing", { chunks: [] }],
    ["signed, with a signed trailer", { kind: "signed-trailer", trailer: ["x-amz-checksum-crc32", digestOf("CRC32", TEXT)] }],
    ["with an unsigned trailer", { kind: "unsigned-trailer", trailer: ["x-amz-checksum-sha256", digestOf("SHA256", TEXT)] }],
    ["unsigned, without a trailer", { kind: "unsigned-trailer" }],
  ])("%s is kept as what it was before", async (name, given) => {
    const path = `/bucket/${name.replace(/\W/g, "-")}`;
    expect(await upload(path, given)).toMatchObject({ status: 200, text: "" });
    expect(await read(path.slice("/bucket/".length))).toBe((given.chunks ?? CHUNKS).join(""));
    const { ContentEncoding } = await opened.clients.s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: path.slice("/bucket/".length) }));
    expect(ContentEncoding).toBeUndefined();
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)("has its %s compared, in a header and in either trailer", async (algorithm) => {
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const [right, wrong] = [digestOf(algorithm, TEXT), digestOf(algorithm, "x")];
    const ways: ((value: string) => Upload)[] = [
      (value) => ({ headers: { [name]: value } }),
      (value) => ({ kind: "signed-trailer", trailer: [name, value] }),
      (value) => ({ kind: "unsigned-trailer", trailer: [name, value] }),
    ];
    for (const [index, way] of ways.entries()) {
      const taken = await upload(`/bucket/${algorithm}-${index}`, way(right));
      expect([taken.status, taken.headers[name], taken.headers["x-amz-checksum-type"]]).toEqual([200, right, "FULL_OBJECT"]);
      const refused = await upload(`/bucket/${algorithm}-${index}-wrong`, way(wrong));
      expect([refused.status, refused.code, member(refused.text, "Message")]).toEqual([400, "BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`]);
      expect(await isThere(`${algorithm}-${index}-wrong`)).toBe(false);
    }
  });

  const at = (text: string) => (body: Buffer) => body.indexOf(text);
  const flip = (where: (body: Buffer) => number, offset = 0) => (body: Buffer) => {
    const spoilt = Buffer.from(body);
    const index = where(body) + offset;
    spoilt[index] = spoilt[index] === 0x61 ? 0x62 : 0x61;
    return spoilt;
  };
  const replace = (pattern: string, by: string) => (body: Buffer) => Buffer.from(body.toString("latin1").replace(pattern, by), "latin1");
  const SIGNATURE = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
  const ENDED = "The request body terminated unexpectedly";
  const LENGTH = "You did not provide the number of bytes specified by the Content-Length HTTP header";
  const TRAILER = "The request contained trailing data that was not well-formed or did not conform to our published schema.";
  const crc: [string, string] = ["x-amz-checksum-crc32", digestOf("CRC32", TEXT)];

  it.each<[string, Upload, number, string, string]>([
    ["a byte of the first chunk", { spoil: flip(at("0123"), 7) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["a byte of the last chunk", { spoil: flip(at("the end")) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["a digit of the first signature", { spoil: flip(at("chunk-signature="), 16) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["a digit of the last signature", { spoil: flip((body) => body.lastIndexOf("chunk-signature="), 16) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["a chunk left out", { spoil: (body) => Buffer.concat([body.subarray(0, body.indexOf("7;chunk")), body.subarray(body.indexOf("0;chunk-signature", body.indexOf("the end")))]) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["no signature on a chunk", { spoil: replace(";chunk-signature=", ";chunk-sig=") }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["a byte of the signed trailer", { kind: "signed-trailer", trailer: crc, spoil: flip(at("x-amz-checksum-crc32:"), 21) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["a digit of the trailer's signature", { kind: "signed-trailer", trailer: crc, spoil: flip(at("x-amz-trailer-signature:"), 24) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["no signature on the trailer", { kind: "signed-trailer", trailer: crc, spoil: (body) => Buffer.concat([body.subarray(0, body.indexOf("x-amz-trailer-signature")), Buffer.from("\r\n")]) }, 403, "SignatureDoesNotMatch", SIGNATURE],
    ["a smaller decoded length", { headers: { "x-amz-decoded-content-length": String(TEXT.length - 1) } }, 400, "IncompleteBody", LENGTH],
    ["a larger decoded length", { headers: { "x-amz-decoded-content-length": String(TEXT.length + 1) } }, 400, "IncompleteBody", LENGTH],
    ["no decoded length", { headers: { "x-amz-decoded-content-length": "" } }, 411, "MissingContentLength", "You must provide the Content-Length HTTP header."],
    ["a decoded length that is no number", { headers: { "x-amz-decoded-content-length": "abc" } }, 411, "MissingContentLength", "You must provide the Content-Length HTTP header."],
    ["an end in the middle of a chunk", { spoil: (body) => body.subarray(0, 1_000) }, 400, "IncompleteBody", ENDED],
    ["no last line", { spoil: (body) => body.subarray(0, -2) }, 400, "IncompleteBody", ENDED],
    ["more behind the end", { spoil: (body) => Buffer.concat([body, Buffer.from("more")]) }, 400, "IncompleteBody", ENDED],
    ["a size that is no number", { spoil: replace("2000;", "zzzz;") }, 400, "IncompleteBody", ENDED],
    ["a chunk longer than its size", { kind: "unsigned-trailer", spoil: replace("2000\r\n", "1fff\r\n") }, 400, "IncompleteBody", ENDED],
    ["an enormous size", { kind: "unsigned-trailer", spoil: replace("2000\r\n", "ffffffffff\r\n") }, 400, "IncompleteBody", ENDED],
    ["a small chunk before the last", { chunks: ["0123", "4567"] }, 403, "InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes"],
    ["a trailer that no header names", { kind: "unsigned-trailer", trailer: crc, headers: { "x-amz-trailer": "" } }, 400, "MalformedTrailerError", TRAILER],
    ["another trailer than the header names", { kind: "unsigned-trailer", trailer: crc, headers: { "x-amz-trailer": "x-amz-checksum-sha1" } }, 400, "MalformedTrailerError", TRAILER],
    ["a named trailer that does not come", { kind: "unsigned-trailer", headers: { "x-amz-trailer": "x-amz-checksum-sha1" } }, 400, "MalformedTrailerError", TRAILER],
    ["a trailer of another algorithm than it said", { kind: "unsigned-trailer", trailer: crc, headers: { "x-amz-sdk-checksum-algorithm": "SHA1" } }, 400, "InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid."],
    ["a trailer that is none", { kind: "unsigned-trailer", trailer: crc, spoil: replace("x-amz-checksum-crc32:", "x-amz-checksum-crc32 ") }, 400, "MalformedTrailerError", TRAILER],
  ])("is refused with %s, and nothing is kept", async (name, given, status, code, message) => {
    const path = `/bucket/spoilt-${name.replace(/\W/g, "-")}`;
    const answer = await upload(path, given);
    expect([answer.status, answer.code, member(answer.text, "Message")]).toEqual([status, code, message]);
    expect(await isThere(path.slice("/bucket/".length))).toBe(false);
  });

  it("tells what it missed", async () => {
    const short = await upload("/bucket/short", { chunks: ["12345"], headers: { "x-amz-decoded-content-length": "3" } });
    expect([member(short.text, "NumberBytesExpected"), member(short.text, "NumberBytesProvided")]).toEqual(["3", "5"]);
    const small = await upload("/bucket/small", { chunks: ["123", "45"] });
    expect([member(small.text, "Chunk"), member(small.text, "BadChunkSize")]).toEqual(["2", "3"]);
  });

  it("may be a part of an upload, and nothing else", async () => {
    const { UploadId } = await opened.clients.s3.send(new CreateMultipartUploadCommand({ Bucket: "bucket", Key: "parts" }));
    expect((await upload("/bucket/parts", { query: { partNumber: "1", uploadId: UploadId! } })).headers["etag"]).toBe(`"${createHash("md5").update(TEXT).digest("hex")}"`);
    const tagging = await upload("/bucket", { query: { tagging: "" }, kind: "unsigned-trailer", chunks: ["<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"] });
    expect([tagging.status, tagging.code, member(tagging.text, "Message")]).toEqual([400, "InvalidRequest", "The value of x-amz-content-sha256 header is invalid."]);
  });

  it("comes from the SDK with a trailer when it is a stream", async () => {
    const stream = Readable.from([Buffer.alloc(100_000, "a"), Buffer.alloc(50_000, "b")]);
    const put = await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "streamed", Body: stream, ContentLength: 150_000 }));
    const whole = Buffer.concat([Buffer.alloc(100_000, "a"), Buffer.alloc(50_000, "b")]);
    const expected = Buffer.alloc(4);
    expected.writeUInt32BE(crc32(whole));
    expect(put.ChecksumCRC32).toBe(expected.toString("base64"));
    expect(await read("streamed")).toBe(whole.toString());
    expect((await opened.clients.s3.send(new ListObjectsV2Command({ Bucket: "bucket", Prefix: "streamed" }))).Contents![0]!.Size).toBe(150_000);
  });
});

describe("a body in one piece", () => {
  it("must be what its hash says", async () => {
    const opened = await openPlatform();
    try {
      await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
      const put = async (payload: string, body: string) => {
        const { headers } = signHeaders({ method: "PUT", path: "/bucket/k", headers: { host: opened.host }, payload });
        return send(opened.endpoint, { method: "PUT", path: "/bucket/k", headers: { ...headers, "content-length": String(body.length) }, body });
      };
      expect((await put(sha256("body"), "body")).status).toBe(200);
      const other = await put(sha256("body"), "bodx");
      expect([other.status, other.code, member(other.text, "ClientComputedContentSHA256"), member(other.text, "S3ComputedContentSHA256")]).toEqual([400, "XAmzContentSHA256Mismatch", sha256("body"), sha256("bodx")]);
      const nonsense = await put("nonsense", "body");
      expect([nonsense.status, nonsense.code, member(nonsense.text, "ArgumentName"), member(nonsense.text, "ArgumentValue")]).toEqual([400, "InvalidArgument", "x-amz-content-sha256", "nonsense"]);
      expect((await put("UNSIGNED-PAYLOAD", "anything")).status).toBe(200);
    } finally {
      await opened.close();
    }
  });
});
