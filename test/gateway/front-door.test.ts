import { connect } from "node:net";
import { once } from "node:events";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { GetFunctionScalingConfigCommand, ListCapacityProvidersCommand, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { ListPlatformApplicationsCommand, SNSClient } from "@aws-sdk/client-sns";
import { CreateGroupCommand } from "@aws-sdk/client-iam";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createRole } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { Sha256 } from "../support/sha256.ts";

const platform = usePlatform();

const host = () => new URL(platform.endpoint).host;

interface Signed {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

/** A signed call of GetCallerIdentity, to be spoilt. */
const signedCall = async (options: { date?: Date; service?: string; region?: string; accessKeyId?: string; secretAccessKey?: string } = {}): Promise<Signed> => {
  const { date = new Date(), service = "sts", region = "us-east-1", accessKeyId = "test", secretAccessKey = "test" } = options;
  const signer = new SignatureV4({ service, region, sha256: Sha256, credentials: { accessKeyId, secretAccessKey } });
  const signed = await signer.sign(
    { method: "POST", protocol: "http:", hostname: "127.0.0.1", path: "/", query: { b: "2", a: "1" }, headers: { host: host(), "content-type": "application/x-www-form-urlencoded", "x-amz-thing": "one" }, body: "Action=GetCallerIdentity&Version=2011-06-15" },
    { signingDate: date },
  );
  return signed as unknown as Signed;
};
const send = async ({ method, path, query, headers, body }: Signed): Promise<{ status: number; text: string }> => {
  const response = await fetch(`${platform.endpoint}${path}?${new URLSearchParams(query)}`, { method, headers, body });
  return { status: response.status, text: await response.text() };
};

describe("a signature", () => {
  it("that is right is let in", async () => {
    const { status, text } = await send(await signedCall());
    expect(text).toContain("<Account>000000000000</Account>");
    expect(status).toBe(200);
  });

  it.each<[string, (call: Signed) => Signed]>([
    ["the path", (call) => ({ ...call, path: "/x" })],
    ["a query parameter", (call) => ({ ...call, query: { ...call.query, a: "2" } })],
    ["a further query parameter", (call) => ({ ...call, query: { ...call.query, c: "3" } })],
    ["a signed header", (call) => ({ ...call, headers: { ...call.headers, "x-amz-thing": "two" } })],
    ["the body", (call) => ({ ...call, body: `${call.body}&X=1` })],
    ["the signature", (call) => ({ ...call, headers: { ...call.headers, authorization: call.headers["authorization"]!.replace(/.$/, (last) => (last === "0" ? "1" : "0")) } })],
    ["the region of the scope", (call) => ({ ...call, headers: { ...call.headers, authorization: call.headers["authorization"]!.replace("us-east-1", "eu-west-1") } })],
  ])("does not cover another value of %s", async (_name, spoil) => {
    const { status, text } = await send(spoil(await signedCall()));
    expect(text).toContain("<Code>SignatureDoesNotMatch</Code>");
    expect(status).toBe(403);
  });

  it.each<[string, Parameters<typeof signedCall>[0], string, number]>([
    ["too old", { date: new Date(Date.now() - 16 * 60_000) }, "Signature expired: ", 403],
    ["too young", { date: new Date(Date.now() + 16 * 60_000) }, "Signature not yet current: ", 403],
    ["with a wrong secret", { secretAccessKey: "wrong" }, "<Code>SignatureDoesNotMatch</Code>", 403],
    ["with an unknown key", { accessKeyId: "nobody" }, "<Code>InvalidClientTokenId</Code>", 403],
  ])("%s is refused", async (_name, options, text, status) => {
    const refused = await send(await signedCall(options));
    expect(refused.text).toContain(text);
    expect(refused.status).toBe(status);
  });

  it("of an unknown key tells both ways in", async () => {
    const stranger = clientsOf(platform.endpoint, { accessKeyId: "AKIAABCDEFGHIJKLMNOP", secretAccessKey: "x" });
    await expect(stranger.lambda.send(new ListFunctionsCommand())).rejects.toMatchObject({
      name: "UnrecognizedClientException", message: expect.stringMatching(/`test` with secret `test`.*12-digit.*--any-credentials.*looks like a key of a real AWS account/),
    });
    await expect(stranger.s3.send(new ListBucketsCommand())).rejects.toMatchObject({ name: "InvalidAccessKeyId" });
  });

  it("of an account's number is the root of that account", async () => {
    const other = clientsOf(platform.endpoint, { accessKeyId: "111122223333", secretAccessKey: "test" });
    expect((await other.sts.send(new GetCallerIdentityCommand())).Arn).toBe("arn:aws:iam::111122223333:root");
  });

  it("of a role's session is that session, with its own token alone", async () => {
    const RoleArn = await createRole(platform.clients, "someone");
    await platform.clients.iam.send(new (await import("@aws-sdk/client-iam")).UpdateAssumeRolePolicyCommand({ RoleName: "someone", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" }] }) }));
    const { Credentials } = await platform.clients.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "se" }));
    const [accessKeyId, secretAccessKey, sessionToken] = [Credentials!.AccessKeyId!, Credentials!.SecretAccessKey!, Credentials!.SessionToken!];
    const as = (token?: string) => clientsOf(platform.endpoint, { accessKeyId, secretAccessKey, ...(token === undefined ? {} : { sessionToken: token }) });
    expect((await as(sessionToken).sts.send(new GetCallerIdentityCommand())).Arn).toBe("arn:aws:sts::000000000000:assumed-role/someone/se");
    await expect(as().sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    await expect(as(`${sessionToken}x`).sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    await expect(as(sessionToken).lambda.send(new ListFunctionsCommand())).rejects.toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("because no identity-based policy allows the lambda:ListFunctions action") });
  });

  it("of a presigned URL is good for what was signed, until it ends", async () => {
    await platform.clients.s3.send(new CreateBucketCommand({ Bucket: "presigned" }));
    await platform.clients.s3.send(new PutObjectCommand({ Bucket: "presigned", Key: "a key/ü", Body: "body" }));
    const command = new GetObjectCommand({ Bucket: "presigned", Key: "a key/ü" });
    const url = await getSignedUrl(platform.clients.s3, command, { expiresIn: 60 });
    expect(await (await fetch(url)).text()).toBe("body");
    expect((await fetch(url.replace("a%20key", "b%20key"))).status).toBe(403);
    expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    const old = await getSignedUrl(platform.clients.s3, command, { expiresIn: 60, signingDate: new Date(Date.now() - 120_000) });
    expect(await (await fetch(old)).text()).toContain("Request has expired");
    const tooLong = (await getSignedUrl(platform.clients.s3, command, { expiresIn: 60 })).replace("X-Amz-Expires=60", "X-Amz-Expires=604801");
    expect(await (await fetch(tooLong)).text()).toContain("<Code>AuthorizationQueryParametersError</Code>");
  });
});

describe("what is not built", () => {
  it("answers NotImplemented with its name, in the shape of the protocol that asked", async () => {
    const expected = (name: string) => ({ name: "NotImplemented", message: expect.stringContaining(`${name} is not built`), $metadata: expect.objectContaining({ httpStatusCode: 501 }) });
    await expect(platform.clients.lambda.send(new GetFunctionScalingConfigCommand({ FunctionName: "f", Qualifier: "1" }))).rejects.toMatchObject(expected("Lambda GetFunctionScalingConfig"));
    await expect(platform.clients.lambda.send(new ListCapacityProvidersCommand({}))).rejects.toMatchObject(expected("Lambda ListCapacityProviders"));
    await expect(platform.clients.iam.send(new CreateGroupCommand({ GroupName: "g" }))).rejects.toMatchObject(expected("IAM CreateGroup"));
    const sns = new SNSClient({ endpoint: platform.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
    await expect(sns.send(new ListPlatformApplicationsCommand())).rejects.toMatchObject(expected("SNS ListPlatformApplications"));
  });
});

/** Bytes as they are, and what comes back until the server closes. */
const raw = async (text: string): Promise<string> => {
  const { hostname, port } = new URL(platform.endpoint);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
};

describe("a web page of somebody else's", () => {
  const health = (headers: Record<string, string>) =>
    raw(`GET /_lambdad/health HTTP/1.1\r\n${Object.entries({ Host: host(), Connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);

  it.each(["127.0.0.1", "localhost", "uploads.s3.localhost", "lambda.us-east-1.amazonaws.com", "[::1]"])("is not who says Host: %s", async (name) => {
    expect(await health({ Host: name })).toMatch(/^HTTP\/1\.1 200/);
  });
  it.each<Record<string, string>>([{ Host: "evil.example" }, { Host: "localhost.evil.example" }, { Origin: "https://evil.example" }, { Origin: "null" }, { "Sec-Fetch-Site": "cross-site" }])("does not reach the API: %j", async (headers) => {
    expect(await health(headers)).toMatch(/^HTTP\/1\.1 403/);
  });
});

describe("what is no request", () => {
  it.each([
    ["no HTTP", "hello there\r\n\r\n"],
    ["both lengths", `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["two lengths", `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ["a folded header", `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\r\n c\r\n\r\n`],
    ["no host", `GET / HTTP/1.1\r\n\r\n`],
  ])("is answered 400: %s", async (_name, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 400/);
  });
  it("with too many headers is answered 431, and the server goes on", async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${"x".repeat(80_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/);
    expect((await fetch(`${platform.endpoint}/_lambdad/health`)).status).toBe(200);
  });
  it.each([
    ["XML with a document type", "<!DOCTYPE a [<!ENTITY b 'c'>]><Delete><Object><Key>&b;</Key></Object></Delete>"],
    ["XML that is none", "<Delete><Object>"],
  ])("is refused as MalformedXML: %s", async (_name, body) => {
    const signer = new SignatureV4({ service: "s3", region: "us-east-1", sha256: Sha256, credentials: { accessKeyId: "test", secretAccessKey: "test" }, uriEscapePath: false });
    const signed = await signer.sign({ method: "POST", protocol: "http:", hostname: "127.0.0.1", path: "/presigned", query: { delete: "" }, headers: { host: host() }, body });
    const response = await fetch(`${platform.endpoint}/presigned?delete=`, { method: "POST", headers: signed.headers, body });
    expect(await response.text()).toContain("<Code>MalformedXML</Code>");
    expect(response.status).toBe(400);
  });
});

describe("lambdad's own API", () => {
  it("is signed, and for the root of an account", async () => {
    expect((await fetch(`${platform.endpoint}/_lambdad/clock`)).status).toBe(403);
    expect(await (await fetch(`${platform.endpoint}/_lambdad/health`)).json()).toMatchObject({ status: "ready", pid: process.pid, endpoint: platform.endpoint, isolation: { name: "process" } });
    expect(await (await fetch(`${platform.endpoint}/_localstack/health`)).json()).toMatchObject({ services: { lambda: "available" }, edition: "community" });
  });
});
