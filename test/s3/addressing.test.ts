import { createHash } from "node:crypto";
import { Agent } from "node:http";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteObjectCommand, GetBucketLocationCommand, GetObjectCommand, HeadBucketCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { member, presign, queryOf, send, sha256, signHeaders } from "../gateway/support.ts";

let opened: OpenPlatform;
beforeAll(async () => {
  opened = await openPlatform();
  await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "east" }));
  await in_("eu-west-1").send(new CreateBucketCommand({ Bucket: "west" }));
  return opened.close;
});

/** A client of another region. The SDK adds its region to CreateBucket as the location. */
const in_ = (region: string, options: Partial<ConstructorParameters<typeof S3Client>[0] & object> = {}): S3Client =>
  new S3Client({ endpoint: opened.endpoint, region, forcePathStyle: true, maxAttempts: 1, credentials: { accessKeyId: "test", secretAccessKey: "test" }, ...options });

const failure = async (work: Promise<unknown>): Promise<{ name: string; message: string; Endpoint?: string; $metadata: { httpStatusCode?: number }; $response: { headers: Record<string, string> } }> =>
  work.then(() => { throw new Error("it was not refused"); }, (error: unknown) => error as never);

describe("a bucket is in one region", () => {
  it("and others send the client there", async () => {
    const s3 = opened.clients.s3;
    const redirect = {
      name: "PermanentRedirect", message: "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
      Endpoint: "west.s3.eu-west-1.amazonaws.com", Bucket: "west", $metadata: { httpStatusCode: 301 }, $response: { headers: { "x-amz-bucket-region": "eu-west-1" } },
    };
    expect(await failure(s3.send(new ListObjectsV2Command({ Bucket: "west" })))).toMatchObject(redirect);
    expect(await failure(s3.send(new PutObjectCommand({ Bucket: "west", Key: "k", Body: "x" })))).toMatchObject(redirect);
    expect(await failure(in_("eu-central-1").send(new GetObjectCommand({ Bucket: "east", Key: "k" })))).toMatchObject({ name: "PermanentRedirect", Endpoint: "east.s3.amazonaws.com", $response: { headers: { "x-amz-bucket-region": "us-east-1" } } });
    const head = await failure(s3.send(new HeadBucketCommand({ Bucket: "west" })));
    expect([head.$metadata.httpStatusCode, head.$response.headers["x-amz-bucket-region"]]).toEqual([301, "eu-west-1"]);
  });

  it("which HeadBucket and GetBucketLocation tell", async () => {
    expect(await in_("eu-west-1").send(new HeadBucketCommand({ Bucket: "west" }))).toMatchObject({ BucketRegion: "eu-west-1", BucketArn: "arn:aws:s3:::west" });
    const denied = await send(opened.endpoint, { method: "HEAD", path: "/east", headers: {} });
    expect([denied.status, denied.headers["x-amz-bucket-region"], denied.text]).toEqual([403, "us-east-1", ""]);
    for (const s3 of [opened.clients.s3, in_("eu-west-1"), in_("ap-south-1")]) expect((await s3.send(new GetBucketLocationCommand({ Bucket: "west" }))).LocationConstraint).toBe("eu-west-1");
    expect((await in_("eu-west-1").send(new GetBucketLocationCommand({ Bucket: "east" }))).LocationConstraint).toBeUndefined();
    expect((await in_("ap-south-1").send(new ListBucketsCommand({}))).Buckets!.map(({ Name }) => Name)).toEqual(["east", "west"]);
  });

  it("which the SDK finds by itself when it is told to follow", async () => {
    const following = in_("us-east-1", { followRegionRedirects: true });
    await following.send(new PutObjectCommand({ Bucket: "west", Key: "followed", Body: "x" }));
    expect((await in_("eu-west-1").send(new ListObjectsV2Command({ Bucket: "west" }))).Contents!.map(({ Key }) => Key)).toContain("followed");
  });

  it("and copies cross regions, asked for where the copy goes", async () => {
    await opened.clients.s3.send(new PutObjectCommand({ Bucket: "east", Key: "origin", Body: "x" }));
    const { CopyObjectResult } = await in_("eu-west-1").send(new CopyObjectCommand({ Bucket: "west", Key: "copy", CopySource: "east/origin" }));
    expect(CopyObjectResult!.ETag).toBeDefined();
    expect(await failure(opened.clients.s3.send(new CopyObjectCommand({ Bucket: "west", Key: "copy", CopySource: "east/origin" })))).toMatchObject({ name: "PermanentRedirect" });
  });

  it.each<[string, string, string | undefined, object | string]>([
    ["again by its owner, in us-east-1", "us-east-1", undefined, { Location: "/east" }],
    ["again by its owner, elsewhere", "eu-west-1", "eu-west-1", { name: "BucketAlreadyOwnedByYou", $metadata: { httpStatusCode: 409 } }],
    ["for another region than the endpoint's", "eu-west-1", "us-west-2", { name: "IllegalLocationConstraintException", message: "The us-west-2 location constraint is incompatible for the region specific endpoint this request was sent to." }],
    ["for us-east-1 by name", "us-east-1", "us-east-1", { name: "InvalidLocationConstraint", message: "The specified location-constraint is not valid" }],
    ["for a region that does not exist", "us-east-1", "moon", { name: "InvalidLocationConstraint", message: "The specified location-constraint is not valid" }],
  ])("is created %s", async (_name, region, LocationConstraint, expected) => {
    const Bucket = region === "us-east-1" ? "east" : "west";
    const create = new CreateBucketCommand({ Bucket, ...(LocationConstraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: LocationConstraint as "EU" } }) });
    expect(await in_(region).send(create).catch((error: unknown) => error)).toMatchObject(expected as object);
  });

  it("must be named in a region but us-east-1, and is one bucket for all accounts", async () => {
    const { headers } = signHeaders({ method: "PUT", path: "/fresh", headers: { host: opened.host }, payload: sha256(""), region: "eu-west-1" });
    const unnamed = await send(opened.endpoint, { method: "PUT", path: "/fresh", headers });
    const empty = "<CreateBucketConfiguration><LocationConstraint></LocationConstraint></CreateBucketConfiguration>";
    const signed = signHeaders({ method: "PUT", path: "/fresh", headers: { host: opened.host }, payload: sha256(empty) });
    expect(await send(opened.endpoint, { method: "PUT", path: "/fresh", headers: signed.headers, body: empty })).toMatchObject({ status: 400, code: "InvalidLocationConstraint" });
    expect([unnamed.status, unnamed.code, member(unnamed.text, "Message")]).toEqual([400, "IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."]);
    const other = in_("us-east-1", { credentials: { accessKeyId: "111122223333", secretAccessKey: "test" } });
    expect(await failure(other.send(new CreateBucketCommand({ Bucket: "east" })))).toMatchObject({ name: "BucketAlreadyExists", $metadata: { httpStatusCode: 409 } });
  });
});

/** A request with a Host of its choice, which names the bucket. */
const virtual = (host: string, method: string, path: string, { body = "", region = "us-east-1", query = {} }: { body?: string; region?: string; query?: Record<string, string> } = {}) => {
  const { headers } = signHeaders({ method, path, query, headers: { host }, payload: sha256(body), region });
  const suffix = queryOf(query);
  return send(opened.endpoint, { method, path: suffix === "" ? path : `${path}?${suffix}`, headers, body });
};

describe("a host may name the bucket", () => {
  it.each([
    ["east.s3.localhost", "us-east-1"], ["east.s3.localhost:4566", "us-east-1"], ["east.s3.us-east-1.localhost:4566", "us-east-1"], ["east.s3.amazonaws.com", "us-east-1"],
    ["east.s3.us-east-1.amazonaws.com", "us-east-1"], ["EAST.s3.us-east-1.amazonaws.com", "us-east-1"], ["east.s3.localhost.localstack.cloud:4566", "us-east-1"],
    ["west.s3.eu-west-1.amazonaws.com", "eu-west-1"], ["west.s3-eu-west-1.amazonaws.com", "eu-west-1"], ["west.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1"], ["east.s3-fips.us-east-1.amazonaws.com", "us-east-1"],
  ])("%s", async (host, region) => {
    const bucket = host.slice(0, 4).toLowerCase();
    expect((await virtual(host, "PUT", "/in/a%20key", { body: host, region })).status).toBe(200);
    expect(await virtual(host, "GET", "/in/a%20key", { region })).toMatchObject({ status: 200, text: host });
    const list = await virtual(host, "GET", "/", { region, query: { "list-type": "2", prefix: "in/" } });
    expect([member(list.text, "Name"), member(list.text, "Key")]).toEqual([bucket, "in/a key"]);
    const byPath = await in_(region).send(new GetObjectCommand({ Bucket: bucket, Key: "in/a key" }));
    expect(await byPath.Body!.transformToString()).toBe(host);
    expect((await virtual(host, "HEAD", "/in/missing", { region })).status).toBe(404);
    expect((await virtual(host, "DELETE", "/in/a%20key", { region })).status).toBe(204);
  });

  it("with dots in its name, and a path that looks like another", async () => {
    await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "my.dotted.bucket" }));
    expect((await virtual("my.dotted.bucket.s3.localhost", "PUT", "/east/k", { body: "x" })).status).toBe(200);
    expect((await opened.clients.s3.send(new ListObjectsV2Command({ Bucket: "my.dotted.bucket" }))).Contents!.map(({ Key }) => Key)).toEqual(["east/k"]);
  });

  it("and a region, for which the signature must be", async () => {
    const wrong = await virtual("west.s3.eu-west-1.amazonaws.com", "GET", "/k");
    expect([wrong.status, wrong.code, member(wrong.text, "Message"), member(wrong.text, "Region")]).toEqual([
      400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'", "eu-west-1",
    ]);
    const query = presign({ method: "GET", path: "/k", headers: { host: "west.s3.eu-west-1.amazonaws.com" }, expires: "60" });
    const presigned = await send(opened.endpoint, { method: "GET", path: `/k?${queryOf(query)}`, headers: { host: "west.s3.eu-west-1.amazonaws.com" } });
    expect([presigned.status, presigned.code, member(presigned.text, "Message")]).toEqual([400, "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; expecting 'eu-west-1'"]);
  });

  it("without changing what the signature covers: it is of the host that was called", async () => {
    const { headers } = signHeaders({ method: "GET", path: "/k", headers: { host: "east.s3.localhost" }, payload: sha256("") });
    expect(await send(opened.endpoint, { method: "GET", path: "/k", headers: { ...headers, host: "west.s3.localhost" } })).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
  });

  it("in a POST of many keys", async () => {
    const body = "<Delete><Object><Key>in/x</Key></Object></Delete>";
    const query = { delete: "" };
    const { headers } = signHeaders({ method: "POST", path: "/", query, headers: { host: "east.s3.localhost", "content-md5": createHash("md5").update(body).digest("base64") }, payload: sha256(body) });
    expect(await send(opened.endpoint, { method: "POST", path: "/?delete=", headers, body })).toMatchObject({ status: 200, text: expect.stringContaining("<Deleted><Key>in/x</Key></Deleted>") });
  });

  it("through the SDK in its own style", async () => {
    // Not every machine resolves names under localhost.
    const httpAgent = new Agent({ lookup: (_name, _options, found) => found(null, [{ address: "127.0.0.1", family: 4 }]) });
    const s3 = in_("us-east-1", { endpoint: opened.endpoint.replace("127.0.0.1", "s3.localhost"), forcePathStyle: false, requestHandler: { httpAgent } });
    await s3.send(new PutObjectCommand({ Bucket: "east", Key: "own/style", Body: "x" }));
    expect(await (await s3.send(new GetObjectCommand({ Bucket: "east", Key: "own/style" }))).Body!.transformToString()).toBe("x");
    await s3.send(new DeleteObjectCommand({ Bucket: "east", Key: "own/style" }));
  });
});

describe("URLs", () => {
  it("presigned for a bucket's own host are good there", async () => {
    await opened.clients.s3.send(new PutObjectCommand({ Bucket: "east", Key: "for/you", Body: "x" }));
    const host = "east.s3.us-east-1.localhost:4566";
    const query = presign({ method: "GET", path: "/for/you", headers: { host }, expires: "60" });
    expect(await send(opened.endpoint, { method: "GET", path: `/for/you?${queryOf(query)}`, headers: { host } })).toMatchObject({ status: 200, text: "x" });
  });
});
