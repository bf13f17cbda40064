import { createHash } from "node:crypto";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteObjectsCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, ListObjectsV2Command, PutObjectCommand,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { send, signHeaders } from "../gateway/support.ts";
import { clientsOf } from "../support/clients.ts";

const open = async (variables: Record<string, string> = {}) => {
  const opened = await openPlatform({ env: variables });
  await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  return opened;
};

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" }] });

/** The clients of a session of a new role, which may do what the statements say. */
const sessionOf = async ({ endpoint, clients }: OpenPlatform, RoleName: string, Statement: { Effect: "Allow" | "Deny"; Action: string | string[]; Resource: string | string[] }[]) => {
  const { Role } = await clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  if (Statement.length > 0) await clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
  const { Credentials } = await clients.sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "se" }));
  return clientsOf(endpoint, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
};

const failure = async (work: Promise<unknown>): Promise<{ name: string; message: string; $metadata: { httpStatusCode?: number } }> =>
  work.then(() => { throw new Error("it was not refused"); }, (error: unknown) => error as never);

const ACTOR = (role: string) => `User: arn:aws:sts::000000000000:assumed-role/${role}/se is not authorized to perform: `;

describe("S3 asks the policies", () => {
  let opened: OpenPlatform;
  beforeAll(async () => {
    opened = await open();
    return opened.close;
  });
  const put = (...keys: string[]) => Promise.all(keys.map((Key) => opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key, Body: Key }))));
  const keys = async () => (await opened.clients.s3.send(new ListObjectsV2Command({ Bucket: "bucket" }))).Contents?.map(({ Key }) => Key) ?? [];

  it("for each key of DeleteObjects, and answers for each", async () => {
    const { s3 } = await sessionOf(opened, "cleaner", [
      { Effect: "Allow", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::bucket/free/*" },
      { Effect: "Deny", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::bucket/free/kept" },
    ]);
    await put("free/a", "free/kept", "shut/b");
    const Objects = ["free/a", "shut/b", "free/kept", "free/missing"].map((Key) => ({ Key }));
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket: "bucket", Delete: { Objects } }));
    expect(answer.Deleted).toEqual([{ Key: "free/a" }, { Key: "free/missing" }]);
    expect(answer.Errors).toEqual([
      { Key: "shut/b", Code: "AccessDenied", Message: `${ACTOR("cleaner")}s3:DeleteObject on resource: "arn:aws:s3:::bucket/shut/b" because no identity-based policy allows the s3:DeleteObject action` },
      { Key: "free/kept", Code: "AccessDenied", Message: `${ACTOR("cleaner")}s3:DeleteObject on resource: "arn:aws:s3:::bucket/free/kept" with an explicit deny in an identity-based policy` },
    ]);
    expect(await keys()).toEqual(["free/kept", "shut/b"]);

    await put("free/a");
    const quiet = await s3.send(new DeleteObjectsCommand({ Bucket: "bucket", Delete: { Objects, Quiet: true } }));
    expect(quiet.Deleted).toBeUndefined();
    expect(quiet.Errors!.map(({ Key }) => Key)).toEqual(["shut/b", "free/kept"]);
    expect(await keys()).toEqual(["free/kept", "shut/b"]);
  });

  it("whether one may list, before it tells that an object is not there", async () => {
    await put("there");
    const reading = { Effect: "Allow" as const, Action: ["s3:GetObject", "s3:GetObjectAttributes", "s3:PutObject"], Resource: "arn:aws:s3:::bucket/*" };
    const reader = (await sessionOf(opened, "reader", [reading])).s3;
    const lister = (await sessionOf(opened, "lister", [reading, { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::bucket" }])).s3;
    const missing = { Bucket: "bucket", Key: "missing" };
    const noList = `${ACTOR("reader")}s3:ListBucket on resource: "arn:aws:s3:::bucket" because no identity-based policy allows the s3:ListBucket action`;

    expect(await (await reader.send(new GetObjectCommand({ Bucket: "bucket", Key: "there" }))).Body!.transformToString()).toBe("there");
    expect(await failure(reader.send(new GetObjectCommand(missing)))).toMatchObject({ name: "AccessDenied", message: noList, $metadata: { httpStatusCode: 403 } });
    expect((await failure(reader.send(new HeadObjectCommand(missing)))).$metadata.httpStatusCode).toBe(403);
    expect(await failure(reader.send(new CopyObjectCommand({ Bucket: "bucket", Key: "copy", CopySource: "bucket/missing" })))).toMatchObject({ name: "AccessDenied", message: noList });
    expect(await failure(lister.send(new GetObjectCommand(missing)))).toMatchObject({ name: "NoSuchKey", $metadata: { httpStatusCode: 404 } });
    expect(await failure(lister.send(new HeadObjectCommand(missing)))).toMatchObject({ name: "NotFound", $metadata: { httpStatusCode: 404 } });
    expect(await failure(lister.send(new CopyObjectCommand({ Bucket: "bucket", Key: "copy", CopySource: "bucket/missing" })))).toMatchObject({ name: "NoSuchKey" });
  });

  it("after it looked for the bucket: a name that nobody has is told to anybody", async () => {
    const { s3 } = await sessionOf(opened, "nobody", []);
    expect(await failure(s3.send(new GetObjectCommand({ Bucket: "nobody-has-this", Key: "k" })))).toMatchObject({ name: "NoSuchBucket", $metadata: { httpStatusCode: 404 } });
    expect((await failure(s3.send(new HeadBucketCommand({ Bucket: "nobody-has-this" })))).$metadata.httpStatusCode).toBe(404);
    expect((await failure(s3.send(new HeadBucketCommand({ Bucket: "bucket" })))).$metadata.httpStatusCode).toBe(403);
    expect(await failure(s3.send(new ListBucketsCommand({})))).toMatchObject({ name: "AccessDenied", message: `${ACTOR("nobody")}s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action` });
    expect(await send(opened.endpoint, { method: "GET", path: "/bucket/there", headers: {} })).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await send(opened.endpoint, { method: "GET", path: "/nobody-has-this/there", headers: {} })).toMatchObject({ status: 404, code: "NoSuchBucket" });
  });

  it("and tells another account nothing of why", async () => {
    await put("there");
    const { s3 } = clientsOf(opened.endpoint, { accessKeyId: "111122223333", secretAccessKey: "test" });
    expect(await failure(s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "there" })))).toMatchObject({ name: "AccessDenied", message: "Access Denied", $metadata: { httpStatusCode: 403 } });
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket: "bucket", Delete: { Objects: [{ Key: "there" }] } }));
    expect(Errors).toEqual([{ Key: "there", Code: "AccessDenied", Message: "Access Denied" }]);
  });
});

describe("the body of DeleteObjects", () => {
  let opened: OpenPlatform;
  beforeAll(async () => {
    opened = await open();
    return opened.close;
  });
  const BODY = "<Delete><Object><Key>k</Key></Object></Delete>";
  const digest = (algorithm: string, text = BODY) => createHash(algorithm).update(text).digest("base64");
  const remove = (headers: Record<string, string>) => {
    const { headers: signed } = signHeaders({ method: "POST", path: "/bucket", query: { delete: "" }, headers: { host: opened.host, ...headers }, payload: createHash("sha256").update(BODY).digest("hex") });
    return send(opened.endpoint, { method: "POST", path: "/bucket?delete", headers: signed, body: BODY });
  };

  it.each<[string, Record<string, string>]>([
    ["its MD5", { "content-md5": digest("md5") }],
    ["its SHA-256", { "x-amz-checksum-sha256": digest("sha256") }],
    ["both", { "content-md5": digest("md5"), "x-amz-checksum-sha1": digest("sha1") }],
  ])("is taken with %s", async (_name, headers) => {
    expect(await remove(headers)).toMatchObject({ status: 200, text: expect.stringContaining("<Deleted><Key>k</Key></Deleted>") });
  });

  it.each<[string, Record<string, string>, string, string]>([
    ["no digest", {}, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"],
    ["another's MD5", { "content-md5": digest("md5", "x") }, "BadDigest", "The Content-MD5 you specified did not match what we received."],
    ["what is no MD5", { "content-md5": "eA==" }, "InvalidDigest", "The Content-MD5 you specified was invalid."],
    ["another's SHA-256", { "x-amz-checksum-sha256": digest("sha256", "x") }, "BadDigest", "The SHA256 you specified did not match the calculated checksum."],
    ["its MD5 and another's CRC32", { "content-md5": digest("md5"), "x-amz-checksum-crc32": "AAAAAA==" }, "BadDigest", "The CRC32 you specified did not match the calculated checksum."],
    ["what is no CRC32", { "x-amz-checksum-crc32": "x" }, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."],
  ])("is refused with %s", async (_name, headers, code, message) => {
    await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "x" }));
    expect(await remove(headers)).toMatchObject({ status: 400, code, text: expect.stringContaining(`<Message>${message}</Message>`) });
    await opened.clients.s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "k" }));
  });
});

describe("without enforcement", () => {
  const storyOf = async (opened: OpenPlatform, key: string) => {
    const path = `/_lambdad/events/${encodeURIComponent(key)}`;
    const { headers } = signHeaders({ method: "GET", path: path.replaceAll("%", "%25"), headers: { host: opened.host }, payload: createHash("sha256").digest("hex"), service: "lambdad" });
    return send(opened.endpoint, { method: "GET", path, headers });
  };

  it("--iam soft lets the call through, and tells what AWS would have refused", async () => {
    const opened = await open({ LAMBDAD_IAM: "soft" });
    try {
      const { s3, lambda } = await sessionOf(opened, "weak", []);
      await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "x" }));
      expect((await s3.send(new DeleteObjectsCommand({ Bucket: "bucket", Delete: { Objects: [{ Key: "k" }] } }))).Deleted).toEqual([{ Key: "k" }]);
      expect(await failure(s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "k" })))).toMatchObject({ name: "NoSuchKey" });
      await lambda.send(new ListFunctionsCommand({}));
      const { text, status } = await storyOf(opened, "bucket/k");
      expect(status).toBe(200);
      const decisions = (JSON.parse(text) as { stories: { entries: { kind: string; summary: string; detail: { action: string; isEnforced: boolean } }[] }[] }).stories.flatMap(({ entries }) => entries).filter(({ kind }) => kind === "decision");
      expect(decisions.map(({ detail }) => detail.action).toSorted()).toEqual(["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
      for (const { summary, detail } of decisions) expect([summary, detail.isEnforced]).toEqual([expect.stringContaining("(let through: --iam soft)"), false]);
    } finally {
      await opened.close();
    }
  });

  it("--iam off asks nobody, and still wants a signature", async () => {
    const opened = await open({ LAMBDAD_IAM: "off" });
    try {
      const { s3 } = await sessionOf(opened, "weak", []);
      await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "x" }));
      expect(await (await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "k" }))).Body!.transformToString()).toBe("x");
      const story = await storyOf(opened, "bucket/k");
      expect(story.text).not.toContain('"decision"');
      const wrong = clientsOf(opened.endpoint, { accessKeyId: "test", secretAccessKey: "wrong" });
      expect(await failure(wrong.s3.send(new ListBucketsCommand({})))).toMatchObject({ name: "SignatureDoesNotMatch" });
    } finally {
      await opened.close();
    }
  });
});
