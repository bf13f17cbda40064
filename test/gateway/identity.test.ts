import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueSession } from "../../src/iam/session.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { loadSessionKey } from "../../src/session-key.ts";
import { clientsOf } from "../support/clients.ts";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { compactTime, member, presign, queryOf, send, sha256, signHeaders, type ToSign } from "./support.ts";

const directory = mkdtempSync(join(tmpdir(), "lambdad-identity-"));
const sessionKey = loadSessionKey(join(directory, "session.key"), systemRandom);
let opened: OpenPlatform;
beforeAll(async () => {
  opened = await openPlatform({ env: { LAMBDAD_DATA_DIR: directory } });
  await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "a key", Body: "0123456789" }));
  await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "other", Body: "other" }));
});
afterAll(async () => {
  await opened.close();
  rmSync(directory, { recursive: true, force: true });
});

const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
const shown = ({ status, code, text }: { status: number; code: string | undefined; text: string }) => [status, code, member(text, "Message")];
const MISMATCH = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

/** Another letter of the same kind, so that nothing else becomes wrong. */
const other = (character: string): string => (/[0-9]/.test(character) ? (character === "1" ? "2" : "1") : character === "e" ? "f" : "e");

describe("a signed request to S3", () => {
  const BODY = "the body";
  const request = (over: Partial<ToSign> = {}): ToSign => ({
    method: "PUT", path: "/bucket/signed%20key", query: { "x-id": "PutObject", tag: "a b" }, headers: { host: opened.host, "x-amz-meta-colour": "blue", "content-type": "text/plain" }, payload: sha256(BODY), ...over,
  });
  const put = (signed: ToSign, spoil: Partial<{ method: string; path: string; query: string; headers: Record<string, string>; body: string }> = {}) => {
    const { headers } = signHeaders(signed);
    return send(opened.endpoint, { method: spoil.method ?? signed.method, path: `${spoil.path ?? signed.path}?${spoil.query ?? queryOf(signed.query!)}`, headers: { ...headers, ...spoil.headers }, body: spoil.body ?? BODY });
  };

  it("is let in, however its query is ordered and encoded", async () => {
    expect((await put(request())).status).toBe(200);
    expect((await put(request(), { query: "x-id=PutObject&tag=a%20b" })).status).toBe(200);
    expect((await put(request(), { query: "x-id=Put%4fbject&tag=a+b" })).status).toBe(200);
  });

  it("is refused for every other letter of its path", async () => {
    const { path } = request();
    for (const [index, letter] of [...path].entries()) {
      if (letter === "/" || letter === "%" || path[index - 1] === "%") continue;
      const answer = await put(request(), { path: path.slice(0, index) + other(letter) + path.slice(index + 1) });
      expect([index, ...shown(answer)]).toEqual([index, 403, "SignatureDoesNotMatch", MISMATCH]);
    }
  });

  it("is refused for every other digit of its signature", async () => {
    const { headers } = signHeaders(request());
    const authorization = headers["authorization"]!;
    for (let index = authorization.length - 64; index < authorization.length; index++) {
      const answer = await put(request(), { headers: { authorization: authorization.slice(0, index) + other(authorization[index]!) + authorization.slice(index + 1) } });
      expect([index, answer.status, answer.code]).toEqual([index, 403, "SignatureDoesNotMatch"]);
    }
  });

  it.each<[string, Parameters<typeof put>[1], number, string]>([
    ["another method", { method: "POST", query: "x-id=PutObject&tag=a%20b&uploads" }, 403, "SignatureDoesNotMatch"],
    ["another value in its query", { query: "tag=a%20c&x-id=PutObject" }, 403, "SignatureDoesNotMatch"],
    ["one more in its query", { query: "tag=a%20b&x-id=PutObject&x=" }, 403, "SignatureDoesNotMatch"],
    ["one less in its query", { query: "x-id=PutObject" }, 403, "SignatureDoesNotMatch"],
    ["another value of a signed header", { headers: { "x-amz-meta-colour": "red" } }, 403, "SignatureDoesNotMatch"],
    ["another content type", { headers: { "content-type": "text/html" } }, 403, "SignatureDoesNotMatch"],
    ["another payload hash", { headers: { "x-amz-content-sha256": sha256("x") } }, 403, "SignatureDoesNotMatch"],
    ["an unsigned payload", { headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }, 403, "SignatureDoesNotMatch"],
    ["another date", { headers: { "x-amz-date": compactTime(minutes(1)) } }, 403, "SignatureDoesNotMatch"],
    ["another body", { body: "the bodx" }, 400, "XAmzContentSHA256Mismatch"],
    ["a header of AWS's that is not signed", { headers: { "x-amz-acl": "private" } }, 403, "AccessDenied"],
  ])("is refused with %s", async (_name, spoil, status, code) => {
    const answer = await put(request(), spoil);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it("is told what the server signed", async () => {
    const { text } = await put(request(), { headers: { "x-amz-meta-colour": "red" } });
    const canonical = member(text, "CanonicalRequest")!;
    expect(canonical).toContain("PUT\n/bucket/signed%20key\ntag=a%20b&amp;x-id=PutObject\n");
    expect(canonical).toContain("\nx-amz-meta-colour:red\n");
    expect(member(text, "CanonicalRequestBytes")).toMatch(/^50 55 54 0a 2f 62 /);
    expect(member(text, "StringToSign")).toMatch(/^AWS4-HMAC-SHA256\n\d{8}T\d{6}Z\n\d{8}\/us-east-1\/s3\/aws4_request\n[0-9a-f]{64}$/);
    expect(member(text, "StringToSignBytes")).toMatch(/^41 57 53 34 2d /);
    expect(member(text, "AWSAccessKeyId")).toBe("test");
    expect(member(text, "SignatureProvided")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("may be 14 minutes old or young, not 16", async () => {
    for (const count of [-14, 14]) expect((await put(request({ date: minutes(count) }))).status).toBe(200);
    for (const count of [-16, 16]) {
      const answer = await put(request({ date: minutes(count) }));
      expect(shown(answer)).toEqual([403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."]);
      expect([member(answer.text, "RequestTime"), member(answer.text, "MaxAllowedSkewMilliseconds")]).toEqual([expect.stringMatching(/^\d{8}T\d{6}Z$/), "900000"]);
    }
  });

  it.each<[string, (headers: Record<string, string>) => Record<string, string>, number, string, string]>([
    ["of another day than its scope's", ({ authorization }) => ({ authorization: authorization!.replace(/\/\d{8}\//, "/20200101/") }), 400, "AuthorizationHeaderMalformed", "Invalid credential date &quot;20200101&quot;"],
    ["without a signature", ({ authorization }) => ({ authorization: authorization!.replace(/, Signature=.*/, "") }), 400, "AuthorizationHeaderMalformed", "the authorization header requires three components: Credential, SignedHeaders, and Signature."],
    ["with a credential that is none", ({ authorization }) => ({ authorization: authorization!.replace(/Credential=[^,]+/, "Credential=test") }), 400, "AuthorizationHeaderMalformed", "the Credential is mal-formed; expecting &quot;&lt;YOUR-AKID&gt;/YYYYMMDD/REGION/SERVICE/aws4_request&quot;."],
    ["by another scheme", () => ({ authorization: "Bearer token" }), 400, "InvalidArgument", "Unsupported Authorization Type"],
    ["by a key that nobody has", ({ authorization }) => ({ authorization: authorization!.replace("=test/", "=AKIAIOSFODNN7EXAMPLE/") }), 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."],
  ])("is refused %s", async (_name, spoil, status, code, message) => {
    const answer = await put(request(), { headers: spoil(signHeaders(request()).headers) });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.text.replaceAll('"', "&quot;")).toContain(message);
  });

  it("is refused without a date, and without the hash of its body", async () => {
    const { headers } = signHeaders(request());
    const { "x-amz-date": _date, ...undated } = headers;
    const path = `${request().path}?${queryOf(request().query!)}`;
    expect(shown(await send(opened.endpoint, { method: "PUT", path, headers: undated, body: BODY }))).toEqual([403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"]);
    const { "x-amz-content-sha256": _hash, ...unhashed } = headers;
    expect(shown(await send(opened.endpoint, { method: "PUT", path, headers: unhashed, body: BODY }))).toEqual([400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"]);
  });
});

describe("a signed request to other services", () => {
  const list = (over: Partial<ToSign>, spoil: (headers: Record<string, string>) => Record<string, string> = (headers) => headers) => {
    const { headers } = signHeaders({ method: "GET", path: "/2015-03-31/functions", headers: { host: opened.host }, payload: sha256(""), service: "lambda", ...over });
    const { "x-amz-content-sha256": _hash, ...sent } = spoil(headers);
    return send(opened.endpoint, { method: "GET", path: "/2015-03-31/functions", headers: sent });
  };

  it.each<[string, Partial<ToSign>, RegExp, string]>([
    ["16 minutes old", { date: minutes(-16) }, /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/, "InvalidSignatureException"],
    ["16 minutes young", { date: minutes(16) }, /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)$/, "InvalidSignatureException"],
    ["with a wrong secret", { secretAccessKey: "wrong" }, /^The request signature we calculated does not match the signature you provided\. Check your AWS Secret Access Key and signing method\. Consult the service documentation for details\./, "InvalidSignatureException"],
    ["with an unknown key", { accessKeyId: "AKIAIOSFODNN7EXAMPLE" }, /^The security token included in the request is invalid\./, "UnrecognizedClientException"],
  ])("is refused when %s", async (_name, over, message, type) => {
    const answer = await list(over);
    expect([answer.status, answer.headers["x-amzn-errortype"]]).toEqual([403, type]);
    expect((JSON.parse(answer.text) as { message: string }).message).toMatch(message);
    expect(answer.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is refused for another day than its scope's, and for another region than its host's", async () => {
    const dated = await list({}, (headers) => ({ ...headers, authorization: headers["authorization"]!.replace(/\/\d{8}\//, "/20200101/") }));
    expect((JSON.parse(dated.text) as { message: string }).message).toMatch(/^Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20200101' != '\d{8}', from '\d{8}T\d{6}Z'\.$/);
    const elsewhere = await list({ headers: { host: "lambda.eu-west-1.amazonaws.com" } });
    expect([elsewhere.status, elsewhere.headers["x-amzn-errortype"], JSON.parse(elsewhere.text)]).toEqual([403, "InvalidSignatureException", { message: "Credential should be scoped to a valid region." }]);
  });

  it("is refused without any signature: what a page of somebody else's can send", async () => {
    const invoke = await send(opened.endpoint, { method: "POST", path: "/2015-03-31/functions/f/invocations", headers: { host: "lambda.us-east-1.localhost", "content-type": "text/plain" }, body: "{}" });
    expect([invoke.status, invoke.headers["x-amzn-errortype"]]).toEqual([403, "MissingAuthenticationTokenException"]);
    const form = await send(opened.endpoint, { method: "POST", path: "/", headers: { host: "sts.localhost", "content-type": "application/x-www-form-urlencoded" }, body: "Action=GetCallerIdentity&Version=2011-06-15" });
    expect([form.status, form.code]).toEqual([403, "MissingAuthenticationToken"]);
    const empty = await send(opened.endpoint, { method: "GET", path: "/?Action=GetCallerIdentity&Version=2011-06-15", headers: { host: "sts.localhost", "content-type": "application/x-www-form-urlencoded" } });
    expect([empty.status, empty.code]).toEqual([403, "MissingAuthenticationToken"]);
    const image = await send(opened.endpoint, { method: "GET", path: "/bucket/other", headers: { host: opened.host } });
    expect([image.status, image.code]).toEqual([403, "AccessDenied"]);
    for (const answer of [invoke, form, image]) expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  it("is refused for a page of another origin, whoever signed it", async () => {
    const { headers } = signHeaders({ method: "GET", path: "/bucket/other", headers: { host: opened.host }, payload: sha256("") });
    for (const page of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
      expect((await send(opened.endpoint, { method: "GET", path: "/bucket/other", headers: { ...headers, ...page } })).status).toBe(403);
    }
    expect((await send(opened.endpoint, { method: "GET", path: "/bucket/other", headers: { ...headers, origin: opened.endpoint } })).status).toBe(200);
  });
});

describe("a presigned URL", () => {
  const url = (over: Partial<Parameters<typeof presign>[0]> = {}) => presign({ method: "GET", path: "/bucket/a%20key", headers: { host: opened.host }, expires: "60", ...over });
  const use = (query: Record<string, string> | string, over: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {}) =>
    send(opened.endpoint, { method: over.method ?? "GET", path: `${over.path ?? "/bucket/a%20key"}?${typeof query === "string" ? query : queryOf(query)}`, headers: { host: opened.host, ...over.headers }, ...(over.body === undefined ? {} : { body: over.body }) });

  it("is good for what was signed, a part of it included", async () => {
    expect(await use(url())).toMatchObject({ status: 200, text: "0123456789" });
    expect(await use(url(), { headers: { range: "bytes=2-4" } })).toMatchObject({ status: 206, text: "234", headers: { "content-range": "bytes 2-4/10" } });
    expect(await use(url({ date: minutes(-10), expires: "604800" }))).toMatchObject({ status: 200 });
    expect(await use(url({ date: minutes(14) }))).toMatchObject({ status: 200 });
    expect(await use(url({ query: { "response-content-type": "text/html", "response-content-disposition": 'attachment; filename="a b"' } }))).toMatchObject({
      status: 200, headers: { "content-type": "text/html", "content-disposition": 'attachment; filename="a b"' },
    });
  });

  it.each<[string, () => ReturnType<typeof use>, number, string, string]>([
    ["after its end", () => use(url({ date: minutes(-2) })), 403, "AccessDenied", "Request has expired"],
    ["with no time at all", () => use(url({ date: minutes(-1), expires: "0" })), 403, "AccessDenied", "Request has expired"],
    ["of the future", () => use(url({ date: minutes(16) })), 403, "AccessDenied", "Request is not yet valid"],
    ["for less than nothing", () => use(url({ expires: "-1" })), 400, "AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative"],
    ["for more than a week", () => use(url({ expires: "604801" })), 400, "AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"],
    ["for no number", () => use(url({ expires: "soon" })), 400, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number"],
    ["with its time made longer", () => use({ ...url(), "X-Amz-Expires": "600" }), 403, "SignatureDoesNotMatch", MISMATCH],
    ["with another date", () => use({ ...url(), "X-Amz-Date": compactTime(minutes(1)) }), 403, "SignatureDoesNotMatch", MISMATCH],
    ["for another key", () => use(url(), { path: "/bucket/other" }), 403, "SignatureDoesNotMatch", MISMATCH],
    ["for another method", () => use(url(), { method: "DELETE" }), 403, "SignatureDoesNotMatch", MISMATCH],
    ["for writing", () => use(url(), { method: "PUT", body: "x" }), 403, "SignatureDoesNotMatch", MISMATCH],
    ["with one more in its query", () => use({ ...url(), "response-content-type": "text/html" }), 403, "SignatureDoesNotMatch", MISMATCH],
    ["with another service behind it", () => use({ ...url(), tagging: "" }), 403, "SignatureDoesNotMatch", MISMATCH],
    ["with a header of AWS's that is not signed", () => use(url(), { headers: { "x-amz-request-payer": "requester" } }), 403, "AccessDenied", "There were headers present in the request which were not signed"],
    ["without a header that is signed", () => use(url({ headers: { host: opened.host, "x-amz-meta-a": "b" } })), 403, "SignatureDoesNotMatch", MISMATCH],
    ["by another algorithm", () => use({ ...url(), "X-Amz-Algorithm": "AWS4-HMAC-SHA1" }), 400, "AuthorizationQueryParametersError", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'],
    ["of another day than its scope's", () => use({ ...url(), "X-Amz-Credential": url()["X-Amz-Credential"]!.replace(/\/\d{8}\//, "/20200101/") }), 400, "AuthorizationQueryParametersError", 'Invalid credential date "20200101". This date is not the same as X-Amz-Date: "'],
    ["with a credential that is none", () => use({ ...url(), "X-Amz-Credential": "test" }), 400, "AuthorizationQueryParametersError", 'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'],
    ["without an end", () => use(queryOf(url()).replace(/X-Amz-Expires=\d+&/, "")), 400, "AuthorizationQueryParametersError", "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."],
    ["beside a signed header", () => use(url(), { headers: { authorization: "AWS4-HMAC-SHA256 Credential=x" } }), 400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"],
    ["by an unknown key", () => use(url({ accessKeyId: "AKIAIOSFODNN7EXAMPLE" })), 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."],
  ])("is refused %s", async (_name, attempt, status, code, message) => {
    const answer = await attempt();
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">")).toContain(`<Message>${message}`);
  });

  it("says when it ended", async () => {
    const date = minutes(-2);
    const { text } = await use(url({ date, expires: "30" }));
    const end = new Date(Math.floor(date.getTime() / 1000) * 1000 + 30_000).toISOString().replace(".000", "");
    expect([member(text, "X-Amz-Expires"), member(text, "Expires"), member(text, "ServerTime")]).toEqual(["30", end, expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)]);
  });

  it("carries the headers that its signer put into the query, but for a digest of nothing", async () => {
    const command = new PutObjectCommand({ Bucket: "bucket", Key: "hoisted", Metadata: { colour: "blue" }, StorageClass: "STANDARD_IA" });
    const signed = await getSignedUrl(opened.clients.s3, command, { expiresIn: 60 });
    expect(signed).toContain("x-amz-meta-colour=blue");
    expect(signed).toContain("x-amz-checksum-crc32=AAAAAA%3D%3D");
    expect((await fetch(signed, { method: "PUT", body: "a body" })).status).toBe(200);
    expect(await opened.clients.s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "hoisted" }))).toMatchObject({ Metadata: { colour: "blue" }, StorageClass: "STANDARD_IA", ContentLength: 6 });
    expect((await fetch(signed.replace("colour=blue", "colour=red"), { method: "PUT", body: "a body" })).status).toBe(403);
  });

  it("may say what the body must be", async () => {
    const query = presign({ method: "PUT", path: "/bucket/hashed", headers: { host: opened.host }, expires: "60", query: { "X-Amz-Content-Sha256": sha256("a body") }, payload: sha256("a body") });
    const put = (body: string) => use(query, { method: "PUT", path: "/bucket/hashed", headers: { "content-length": String(body.length) }, body });
    expect((await put("b body")).code).toBe("XAmzContentSHA256Mismatch");
    expect((await put("a body")).status).toBe(200);
  });

  it("may be for an upload, of what was signed", async () => {
    const signed = presign({ method: "PUT", path: "/bucket/uploaded", headers: { host: opened.host, "content-type": "text/plain" }, expires: "60" });
    expect((await use(signed, { method: "PUT", path: "/bucket/uploaded", headers: { "content-type": "text/html" }, body: "x" })).code).toBe("SignatureDoesNotMatch");
    expect((await use(signed, { method: "PUT", path: "/bucket/uploaded", headers: { "content-type": "text/plain" }, body: "up" })).status).toBe(200);
    const got = await opened.clients.s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "uploaded" }));
    expect([got.ContentType, await got.Body!.transformToString()]).toEqual(["text/plain", "up"]);
  });
});

describe("temporary credentials", () => {
  const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" }] });
  const assume = async (RoleName: string) => {
    const { Role } = await opened.clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/a key" } });
    await opened.clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "read", PolicyDocument }));
    const { Credentials } = await opened.clients.sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "se" }));
    return { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! };
  };
  const get = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }, path = "/bucket/a%20key") => {
    const { headers } = signHeaders({ method: "GET", path, headers: { host: opened.host }, payload: sha256(""), ...credentials });
    return send(opened.endpoint, { method: "GET", path, headers });
  };

  it("are good with their own token alone, for what the role may", async () => {
    const [one, two] = [await assume("one"), await assume("two")];
    expect(await get(one)).toMatchObject({ status: 200, text: "0123456789" });
    expect(await get(one, "/bucket/other")).toMatchObject({ status: 403, code: "AccessDenied" });
    const { sessionToken: _token, ...bare } = one;
    expect(await get(bare)).toMatchObject({ status: 403, code: "InvalidAccessKeyId" });
    expect(shown(await get({ ...one, sessionToken: two.sessionToken }))).toEqual([400, "InvalidToken", "The provided token is malformed or otherwise invalid."]);
    expect(await get({ ...one, sessionToken: `${one.sessionToken.slice(0, -1)}${other(one.sessionToken.at(-1)!)}` })).toMatchObject({ status: 400, code: "InvalidToken" });
    expect(await get({ ...one, secretAccessKey: two.secretAccessKey })).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
  });

  it("end", async () => {
    const claims = { type: "role" as const, account: "000000000000", roleArn: "arn:aws:iam::000000000000:role/one", roleId: "AROAEXAMPLE", sessionName: "se", expiresAt: Date.now() - 1 };
    const old = issueSession({ key: sessionKey, random: systemRandom }, claims);
    expect(shown(await get(old))).toEqual([400, "ExpiredToken", "The provided token has expired."]);
    const { lambda } = clientsOf(opened.endpoint, old);
    await expect(lambda.send(new ListFunctionsCommand({}))).rejects.toMatchObject({ name: "ExpiredTokenException", message: "The security token included in the request is expired" });
  });

  it("presign URLs, which carry the token and may what the role may", async () => {
    const credentials = await assume("presigner");
    const { s3 } = clientsOf(opened.endpoint, credentials);
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "bucket", Key: "a key" }), { expiresIn: 60 });
    expect(url).toContain("X-Amz-Security-Token=");
    expect(await (await fetch(url)).text()).toBe("0123456789");
    const stripped = url.replace(/X-Amz-Security-Token=[^&]+&/, "");
    expect([(await fetch(stripped)).status, await (await fetch(stripped)).text()]).toEqual([403, expect.stringContaining("<Code>InvalidAccessKeyId</Code>")]);
    expect(await (await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket: "bucket", Key: "other" })))).text()).toContain("<Code>AccessDenied</Code>");
  });
});
