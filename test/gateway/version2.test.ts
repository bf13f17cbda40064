import { createHmac } from "node:crypto";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "vitest";
import { signV2, stringToSignV2 } from "../../src/gateway/sigv2.ts";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { member, send } from "./support.ts";

describe("the examples of AWS's documents", () => {
  const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const date = (text: string) => `Tue, 27 Mar 2007 ${text} +0000`;
  it.each<[string, Parameters<typeof stringToSignV2>[0], number | undefined, string]>([
    ["GET of an object", { method: "GET", path: "/awsexamplebucket1/photos/puppy.jpg", query: "", headers: { date: date("19:36:42") } }, undefined, "qgk2+6Sv9/oM7G3qLEjTH1a1l1g="],
    ["PUT of an object", { method: "PUT", path: "/awsexamplebucket1/photos/puppy.jpg", query: "", headers: { date: date("21:15:45"), "content-type": "image/jpeg", "content-length": "94328" } }, undefined, "iqRzw+ileNPu1fhspnRs8nOjjIA="],
    ["list", { method: "GET", path: "/awsexamplebucket1/", query: "prefix=photos&max-keys=50&marker=puppy", headers: { date: date("19:42:41"), "user-agent": "Mozilla/5.0" } }, undefined, "m0WP8eCtspQl5Ahe6L1SozdX9YA="],
    ["the policy of a bucket", { method: "GET", path: "/awsexamplebucket1/", query: "acl", headers: { date: date("19:44:46") } }, undefined, "82ZHiFIjc+WbcwFKGUVEQspPn+0="],
  ])("%s", (_name, request, expires, expected) => {
    const toSign = stringToSignV2(request, { accessKeyId: "AKIAIOSFODNN7EXAMPLE", signature: "", ...(expires === undefined ? {} : { expires }) });
    expect(signV2(SECRET, toSign)).toBe(expected);
  });
});

describe("version 2 of S3's signatures", () => {
  let opened: OpenPlatform;
  beforeAll(async () => {
    opened = await openPlatform();
    await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
    await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "a key", Body: "0123456789" }));
    return opened.close;
  });

  const hmac = (secret: string, text: string) => createHmac("sha1", secret).update(text).digest("base64");
  const inSeconds = (count: number) => Math.floor(Date.now() / 1000) + count;

  interface Url { method?: string; path?: string; expires?: number; amz?: Record<string, string>; contentType?: string; accessKeyId?: string; secret?: string; subresource?: string }
  /** As SDKs for Python sign: what were headers goes into the query. */
  const url = ({ method = "GET", path = "/bucket/a%20key", expires = inSeconds(60), amz = {}, contentType = "", accessKeyId = "test", secret = "test", subresource = "" }: Url = {}) => {
    const lines = Object.entries(amz).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}\n`).join("");
    const signature = hmac(secret, `${method}\n\n${contentType}\n${expires}\n${lines}${path}${subresource === "" ? "" : `?${subresource}`}`);
    const query = new URLSearchParams({ AWSAccessKeyId: accessKeyId, Signature: signature, Expires: String(expires), ...amz, ...(contentType === "" ? {} : { "content-type": contentType }) });
    return `${path}?${subresource === "" ? "" : `${subresource}&`}${query.toString()}`;
  };
  const use = (target: string, { method = "GET", headers = {}, body = "" }: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
    send(opened.endpoint, { method, path: target, headers: { host: opened.host, ...(method === "PUT" ? { "content-length": String(body.length) } : {}), ...headers }, body });

  it("are good in a URL, for what was signed", async () => {
    expect(await use(url())).toMatchObject({ status: 200, text: "0123456789" });
    expect(await use(url(), { headers: { range: "bytes=1-2" } })).toMatchObject({ status: 206, text: "12" });
    expect(await use(url({ subresource: "response-content-type=text/html" }))).toMatchObject({ status: 200, headers: { "content-type": "text/html" } });
    const put = url({ method: "PUT", path: "/bucket/put", amz: { "x-amz-meta-colour": "blue" }, contentType: "text/plain" });
    expect((await use(put, { method: "PUT", headers: { "content-type": "text/plain" }, body: "x" })).status).toBe(200);
    expect(await opened.clients.s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "put" }))).toMatchObject({ ContentType: "text/plain", Metadata: { colour: "blue" } });
    expect((await use(put, { method: "PUT", headers: { "content-type": "text/html" }, body: "x" })).code).toBe("SignatureDoesNotMatch");
  });

  it.each<[string, () => ReturnType<typeof use>, number, string, string]>([
    ["after its end", () => use(url({ expires: inSeconds(-1) })), 403, "AccessDenied", "Request has expired"],
    ["for another key", () => use(url().replace("a%20key", "b%20key")), 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"],
    ["for another method", () => use(url(), { method: "DELETE" }), 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"],
    ["with one more subresource", () => use(`${url()}&tagging`), 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"],
    ["with a header of AWS's that was not signed", () => use(url(), { headers: { "x-amz-acl": "private" } }), 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"],
    ["with its time made longer", () => use(url().replace(/Expires=(\d+)/, (_all, end: string) => `Expires=${Number(end) + 60}`)), 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"],
    ["without an end", () => use(url().replace(/&Expires=\d+/, "")), 403, "AccessDenied", "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"],
    ["with an end that is none", () => use(url().replace(/Expires=\d+/, "Expires=soon")), 403, "AccessDenied", "Invalid date (should be seconds since epoch): soon"],
    ["by an unknown key", () => use(url({ accessKeyId: "AKIAIOSFODNN7EXAMPLE" })), 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."],
    ["by a wrong secret", () => use(url({ secret: "wrong" })), 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"],
    ["in a region that knows version 4 alone", () => use(url(), { headers: { host: "s3.eu-central-1.amazonaws.com" } }), 400, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."],
  ])("are refused %s", async (_name, attempt, status, code, message) => {
    const answer = await attempt();
    expect([answer.status, answer.code, member(answer.text, "Message")]).toEqual([status, code, expect.stringContaining(message)]);
  });

  it("are good for a bucket, signed with a slash or without", async () => {
    const bare = url({ path: "/bucket" });
    expect(await use(`${bare}&list-type=2`)).toMatchObject({ status: 200, text: expect.stringContaining("<Key>a key</Key>") });
    expect(await use(`${url({ path: "/bucket/" }).replace("/bucket/?", "/bucket?")}&list-type=2`)).toMatchObject({ status: 200 });
    expect(await use(`${url({ path: "/bucket/k" }).replace("/bucket/k?", "/bucket?")}&list-type=2`)).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
  });

  it("are good in a header, within fifteen minutes", async () => {
    const authorized = (date: Date, over: Record<string, string> = {}) => {
      const stamp = date.toUTCString();
      return use("/bucket/a%20key", { headers: { date: stamp, authorization: `AWS test:${hmac("test", `GET\n\n\n${stamp}\n/bucket/a%20key`)}`, ...over } });
    };
    expect(await authorized(new Date())).toMatchObject({ status: 200, text: "0123456789" });
    expect((await authorized(new Date(Date.now() - 16 * 60_000))).code).toBe("RequestTimeTooSkewed");
    expect((await authorized(new Date(), { authorization: "AWS test" })).code).toBe("InvalidArgument");
    expect((await authorized(new Date(), { date: "yesterday" })).code).toBe("AccessDenied");
    expect((await authorized(new Date(), { authorization: "AWS test:c2lnbmF0dXJl" })).code).toBe("SignatureDoesNotMatch");
  });

  it("name no region, so they find the bucket where it is; and name the bucket in a host", async () => {
    const west = new S3Client({ endpoint: opened.endpoint, region: "eu-west-1", forcePathStyle: true, credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
    await west.send(new CreateBucketCommand({ Bucket: "west" }));
    await west.send(new PutObjectCommand({ Bucket: "west", Key: "k", Body: "in the west" }));
    expect(await use(url({ path: "/west/k" }))).toMatchObject({ status: 200, text: "in the west" });
    const virtual = url({ path: "/bucket/a%20key" }).replace("/bucket/", "/");
    expect(await use(virtual, { headers: { host: "bucket.s3.localhost" } })).toMatchObject({ status: 200, text: "0123456789" });
  });

  it("are a session's with its token alone", async () => {
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" } });
    const { Role } = await opened.clients.iam.send(new CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument }));
    await opened.clients.iam.send(new PutRolePolicyCommand({ RoleName: "reader", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/a key" } }) }));
    const { Credentials } = await opened.clients.sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "se" }));
    const own = { accessKeyId: Credentials!.AccessKeyId!, secret: Credentials!.SecretAccessKey! };
    const amz = { "x-amz-security-token": Credentials!.SessionToken! };
    expect(await use(url({ ...own, amz }))).toMatchObject({ status: 200, text: "0123456789" });
    expect((await use(url({ ...own, amz, path: "/bucket/put" }))).code).toBe("AccessDenied");
    expect((await use(url(own))).code).toBe("InvalidAccessKeyId");
    expect((await use(url({ ...own, amz: { "x-amz-security-token": "x" } }))).code).toBe("InvalidToken");
  });
});
