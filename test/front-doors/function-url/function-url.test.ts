import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand, CreateAliasCommand, CreateFunctionCommand, CreateFunctionUrlConfigCommand, DeleteFunctionUrlConfigCommand, PublishVersionCommand, PutFunctionConcurrencyCommand, RemovePermissionCommand, UpdateFunctionUrlConfigCommand,
  waitUntilPublishedVersionActive, type CreateFunctionUrlConfigCommandInput,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../../src/cli/commands/why.ts";
import { storyLines } from "../../../src/cli/story.ts";
import { sha256, signHeaders } from "../../gateway/support.ts";
import { useLambda, UUID } from "../../lambda/support.ts";
import { ask, type Asked, type FrontDoorAnswer } from "../ask.ts";

const on = useLambda();

/** Answers with what the body asks for: `{ "return": … }`, `{ "fail": "…" }`; without one, with the event it was given and its request id. */
const HANDLER = `
export const handler = async (event, context) => {
  let asked;
  try { asked = JSON.parse(event.isBase64Encoded ? "" : event.body); } catch {}
  if (asked?.fail !== undefined) throw new Error(asked.fail);
  if (asked !== undefined && "return" in asked) return asked.return;
  return { event, requestId: context.awsRequestId, arn: context.invokedFunctionArn };
};
`;
const FILES = { "index.mjs": HANDLER };

interface Echo {
  event: Record<string, unknown> & { requestContext: Record<string, unknown>; headers: Record<string, string> };
  requestId: string;
  arn: string;
}

let host = "";
const endpoint = () => on.ground.platform.endpoint;
const to = (asked: Asked = {}): Promise<FrontDoorAnswer> => ask(endpoint(), host, asked);
const echo = async (asked: Asked = {}): Promise<Echo> => (await to(asked)).json as Echo;
const returning = (value: unknown) => to({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ return: value }) });

const createUrl = async (FunctionName: string, input: Partial<CreateFunctionUrlConfigCommandInput> = {}): Promise<string> =>
  new URL((await on.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", ...input }))).FunctionUrl!).host;
/** Both statements that a public URL has since October 2025. */
const openToAll = async (FunctionName: string, Qualifier?: string) => {
  const common = { FunctionName, Principal: "*", ...(Qualifier === undefined ? {} : { Qualifier }) };
  await on.lambda.send(new AddPermissionCommand({ ...common, StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }));
  await on.lambda.send(new AddPermissionCommand({ ...common, StatementId: "invoke", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true }));
};
const FORBIDDEN = { Message: "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html" };
const isForbidden = (answer: FrontDoorAnswer) => expect([answer.status, answer.headers["x-amzn-errortype"], answer.json]).toEqual([403, "AccessDeniedException", FORBIDDEN]);
const why = async (key: string) => (await fetchStories({ endpoint: endpoint(), region: "us-east-1", account: undefined }, key)).flatMap((story) => storyLines(story, (_style, text) => text)).join("\n");

beforeAll(async () => {
  const FunctionName = "behind-the-door";
  await on.lambda.send(new CreateFunctionCommand(await on.inputOf(FunctionName, {}, FILES)));
  await on.isSettled(FunctionName);
  host = await createUrl(FunctionName);
  await openToAll(FunctionName);
});

describe("an event", () => {
  it("is AWS's, whole", async () => {
    const { event, requestId } = await echo({
      method: "POST", path: "/my/path%20x?a=1&a=2&b=x%20y&c", body: "Hello",
      headers: { "content-type": "text/plain", cookie: "one=1; two=2", "X-Twice": ["x", "y"], "user-agent": "agent", "x-forwarded-for": "203.0.113.9" },
    });
    const { timeEpoch } = event.requestContext;
    expect(event).toEqual({
      version: "2.0", routeKey: "$default", rawPath: "/my/path%20x", rawQueryString: "a=1&a=2&b=x%20y&c", cookies: ["one=1", "two=2"],
      headers: {
        host, "content-type": "text/plain", "content-length": "5", "x-twice": "x,y", "user-agent": "agent", "x-forwarded-for": "203.0.113.9, 127.0.0.1", "x-forwarded-port": host.split(":")[1], "x-forwarded-proto": "http",
        "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/),
      },
      queryStringParameters: { a: "1,2", b: "x y", c: "" },
      requestContext: {
        accountId: "anonymous", apiId: host.split(".")[0], domainName: host, domainPrefix: host.split(".")[0], requestId: expect.stringMatching(UUID), routeKey: "$default", stage: "$default",
        http: { method: "POST", path: "/my/path%20x", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "agent" },
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/), timeEpoch,
      },
      body: "Hello", isBase64Encoded: false,
    });
    expect(timeEpoch).toEqual(expect.any(Number));
    expect(requestId).toBe(event.requestContext["requestId"]);
  });

  it("has nothing of what there was nothing of", async () => {
    expect(Object.keys((await echo()).event)).toEqual(["version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"]);
  });

  it.each([
    ["a form", "application/x-www-form-urlencoded", Buffer.from("a=1")],
    ["bytes", "application/octet-stream", Buffer.from([0, 255, 1])],
    ["a text that is none", "text/plain", Buffer.from([0xc3, 0x28])],
  ])("has %s in Base64", async (_what, type, body) => {
    const { event } = await echo({ method: "POST", headers: { "content-type": type }, body });
    expect([event["body"], event["isBase64Encoded"]]).toEqual([body.toString("base64"), true]);
  });

  it("continues the client's trace", async () => {
    const root = "Root=1-67891233-abcdef012345678912345678";
    expect((await echo({ headers: { "x-amzn-trace-id": root } })).event.headers["x-amzn-trace-id"]).toContain(root);
  });
});

describe("an answer", () => {
  it.each([
    ["an object", { a: 1 }, '{"a":1}'],
    ["a text", "Hello", '"Hello"'],
    ["nothing", null, "null"],
    ["a list", [1], "[1]"],
  ])("without a status is the body of a 200: %s", async (_what, value, text) => {
    const answer = await returning(value);
    expect([answer.status, answer.headers["content-type"], answer.text]).toEqual([200, "application/json", text]);
    expect(answer.headers["x-amzn-requestid"]).toMatch(UUID);
    expect(answer.headers["x-amzn-trace-id"]).toMatch(/^Root=/);
  });

  it("has the status, headers, cookies and body that it says, and no length or framing of its own", async () => {
    const answer = await returning({ statusCode: 418, headers: { "Content-Type": "text/html", "X-Number": 1, "X-True": true, "content-length": "999", "transfer-encoding": "chunked", connection: "x" }, cookies: ["a=1; Secure", "b=2"], body: "<p>tea</p>" });
    expect([answer.status, answer.text]).toEqual([418, "<p>tea</p>"]);
    expect(answer.headers).toMatchObject({ "content-type": "text/html", "x-number": "1", "x-true": "true", "set-cookie": ["a=1; Secure", "b=2"], "content-length": "10" });
    expect(answer.headers["transfer-encoding"]).toBeUndefined();
  });

  it("is bytes when it is in Base64", async () => {
    const bytes = Buffer.from([0, 159, 146, 150]);
    const answer = await returning({ statusCode: 200, headers: { "content-type": "image/png" }, body: bytes.toString("base64"), isBase64Encoded: true });
    expect(answer.body).toEqual(bytes);
  });

  it.each([
    ["a status that is none", { statusCode: 99 }],
    ["a status in words", { statusCode: "fine" }],
    ["a body that is no text", { statusCode: 200, body: { a: 1 } }],
    ["headers that are none", { statusCode: 200, headers: ["a"] }],
    ["a header that HTTP has no way to send", { statusCode: 200, headers: { "x-a": "1\r\nx-b: 2" } }],
    ["cookies that are none", { statusCode: 200, cookies: "a=1" }],
  ])("is AWS's 502 for %s", async (_what, value) => {
    const answer = await returning(value);
    expect([answer.status, answer.text]).toEqual([502, "Internal Server Error"]);
  });

  it("is AWS's 502 for a function that fails", async () => {
    const answer = await to({ method: "POST", headers: { "content-type": "application/json" }, body: '{"fail":"x"}' });
    expect([answer.status, answer.text]).toEqual([502, "Internal Server Error"]);
  });

  it("is AWS's 413 for more than an invocation takes, however it comes", async () => {
    const body = Buffer.alloc(6 * 1024 * 1024 + 1, "a");
    const answer = await to({ method: "POST", headers: { "content-type": "text/plain" }, body });
    expect([answer.status, answer.json]).toEqual([413, { Message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation" }]);
    // As an event it is larger than as a body.
    expect((await to({ method: "POST", headers: { "content-type": "text/plain" }, body: body.subarray(0, 6 * 1024 * 1024 - 10) })).status).toBe(413);
  });

  it("is AWS's 429 when the function has no concurrency left", async () => {
    const throttled = await on.active({}, FILES);
    const address = await createUrl(throttled);
    await openToAll(throttled);
    await on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: throttled, ReservedConcurrentExecutions: 0 }));
    const answer = await ask(endpoint(), address);
    expect([answer.status, answer.headers["x-amzn-errortype"], answer.json]).toEqual([429, "TooManyRequestsException", { Message: "Rate Exceeded." }]);
  });
});

describe("the address", () => {
  it("has a form that no name must be found for", async () => {
    const id = host.split(".")[0]!;
    const { event } = (await (await fetch(`${endpoint()}/_aws/lambda-url/${id}/pets/1?a=1`)).json()) as Echo;
    expect(event).toMatchObject({ rawPath: "/pets/1", rawQueryString: "a=1", requestContext: { apiId: id, domainName: host } });
    expect(((await (await fetch(`${endpoint()}/_aws/lambda-url/${id}`)).json()) as Echo).event["rawPath"]).toBe("/");
  });

  it("is nobody's when it is not known, or no longer: 403", async () => {
    isForbidden(await ask(endpoint(), `${"a".repeat(32)}.lambda-url.us-east-1.localhost`));
    const gone = await on.active({}, FILES);
    const address = await createUrl(gone);
    await openToAll(gone);
    expect((await ask(endpoint(), address)).status).toBe(200);
    await on.lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName: gone }));
    isForbidden(await ask(endpoint(), address));
  });

  it("is no bucket's, whose name may look like it", async () => {
    const { s3 } = on.ground.platform.clients;
    const Bucket = "a.lambda-url.us-east-1";
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "text" }));
    const { status, text } = await ask(endpoint(), `${Bucket}.s3.localhost`, { path: "/k" });
    expect([status, text]).toEqual([403, expect.stringContaining("<Code>AccessDenied</Code>")]);
  });

  it("is not lambdad's own API, nor another service's, whatever the path and the headers say", async () => {
    for (const [path, headers] of [["/_lambdad/health", {}], ["/2015-03-31/functions/", {}], ["/", { "x-amz-target": "AmazonSQS.ListQueues" }], ["/", { origin: "https://www.example.com", "sec-fetch-site": "cross-site" }]] as [string, Record<string, string>][]) {
      expect((await echo({ path, headers })).event["rawPath"]).toBe(path);
    }
  });

  it("of an alias invokes the alias, by the policy of the alias", async () => {
    const aliased = await on.active({}, FILES);
    await on.lambda.send(new PublishVersionCommand({ FunctionName: aliased }));
    await waitUntilPublishedVersionActive({ client: on.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: aliased, Qualifier: "1" });
    await on.lambda.send(new CreateAliasCommand({ FunctionName: aliased, Name: "live", FunctionVersion: "1" }));
    const address = await createUrl(aliased, { Qualifier: "live" });
    await openToAll(aliased);
    isForbidden(await ask(endpoint(), address));
    await openToAll(aliased, "live");
    expect(((await ask(endpoint(), address)).json as Echo).arn).toMatch(/:live$/);
  });
});

describe("the door", () => {
  it("of a public URL takes both permissions, and the refusal is explained", async () => {
    const shut = await on.active({}, FILES);
    const address = await createUrl(shut);
    const refused = await ask(endpoint(), address);
    isForbidden(refused);
    const told = await why(refused.headers["x-amzn-requestid"] as string);
    for (const part of ["a request without a signature may not do lambda:InvokeFunctionUrl", "--action lambda:InvokeFunctionUrl --function-url-auth-type NONE", "--action lambda:InvokeFunction --invoked-via-function-url", 'function_url_auth_type = "NONE"', "invoked_via_function_url = true"]) expect(told).toContain(part);
    await openToAll(shut);
    expect((await ask(endpoint(), address)).status).toBe(200);
    for (const StatementId of ["url", "invoke"]) {
      await on.lambda.send(new RemovePermissionCommand({ FunctionName: shut, StatementId }));
      isForbidden(await ask(endpoint(), address));
      await on.lambda.send(new RemovePermissionCommand({ FunctionName: shut, StatementId: StatementId === "url" ? "invoke" : "url" })).catch(() => undefined);
      await openToAll(shut);
    }
  });

  it("of AWS_IAM lets in whose policies allow both, and tells the function who it is", async () => {
    const { iam } = on.ground.platform.clients;
    const kept = await on.active({}, FILES);
    const address = await createUrl(kept, { AuthType: "AWS_IAM" });
    await iam.send(new CreateUserCommand({ UserName: "visitor" }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "visitor" }));
    const signed = (over: Partial<Parameters<typeof signHeaders>[0]> = {}, path = "/pets", body = "") =>
      ask(endpoint(), address, { method: "POST", path, ...(body === "" ? {} : { body }), headers: signHeaders({ method: "POST", path: "/pets", headers: { host: address }, payload: sha256(body), service: "lambda", accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey!, ...over }).headers });
    const allow = (...statements: { Action: string; Condition?: object }[]) =>
      iam.send(new PutUserPolicyCommand({ UserName: "visitor", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: statements.map((statement) => ({ Effect: "Allow", Resource: "*", ...statement })) }) }));

    isForbidden(await ask(endpoint(), address));
    isForbidden(await signed());
    await allow({ Action: "lambda:InvokeFunctionUrl" });
    isForbidden(await signed());
    await allow(
      { Action: "lambda:InvokeFunctionUrl", Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" }, IpAddress: { "aws:SourceIp": "127.0.0.1" } } },
      { Action: "lambda:InvokeFunction", Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } } },
    );
    const { event } = (await signed({}, "/pets", "x")).json as Echo;
    expect(event.requestContext["accountId"]).toBe("000000000000");
    expect(event.requestContext["authorizer"]).toEqual({
      iam: { accessKey: AccessKey!.AccessKeyId, accountId: "000000000000", callerId: expect.stringMatching(/^AIDA/), cognitoIdentity: null, principalOrgId: null, userArn: "arn:aws:iam::000000000000:user/visitor", userId: expect.stringMatching(/^AIDA/) },
    });

    const wrong = async (over: Partial<Parameters<typeof signHeaders>[0]>, path?: string) => [(await signed(over, path)).status, (await signed(over, path)).headers["x-amzn-errortype"]];
    expect(await wrong({ secretAccessKey: "wrong" })).toEqual([403, "InvalidSignatureException"]);
    expect(await wrong({}, "/other")).toEqual([403, "InvalidSignatureException"]);
    expect(await wrong({ service: "s3" })).toEqual([403, "InvalidSignatureException"]);
    expect(await wrong({ payload: sha256("other") })).toEqual([403, "InvalidSignatureException"]);
    expect(await wrong({ accessKeyId: "AKIANOBODY" })).toEqual([403, "UnrecognizedClientException"]);
  });

  it("follows the configuration at once", async () => {
    const changing = await on.active({}, FILES);
    const address = await createUrl(changing);
    await openToAll(changing);
    expect((await ask(endpoint(), address)).status).toBe(200);
    await on.lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: changing, AuthType: "AWS_IAM" }));
    isForbidden(await ask(endpoint(), address));
  });
});

describe("CORS", () => {
  const origin = "https://app.example.com";
  const preflight = { method: "OPTIONS", headers: { origin, "access-control-request-method": "PUT", "access-control-request-headers": "x-key" } };

  it("is the function's own matter when the URL has no configuration of it", async () => {
    const { event } = (await to(preflight)).json as Echo;
    expect((event.requestContext["http"] as { method: string }).method).toBe("OPTIONS");
  });

  it("answers preflights itself, unasked who it is, and stands on each answer instead of the function's", async () => {
    const shared = await on.active({}, FILES);
    const Cors = { AllowOrigins: [origin], AllowMethods: ["PUT", "GET"], AllowHeaders: ["x-key"], ExposeHeaders: ["x-told"], MaxAge: 300, AllowCredentials: true };
    const address = await createUrl(shared, { AuthType: "AWS_IAM", Cors });
    const allowed = await ask(endpoint(), address, preflight);
    expect([allowed.status, allowed.text]).toEqual([200, ""]);
    expect(allowed.headers).toMatchObject({ "access-control-allow-origin": origin, "access-control-allow-methods": "PUT,GET", "access-control-allow-headers": "x-key", "access-control-max-age": "300", "access-control-allow-credentials": "true", vary: "Origin" });
    const other = await ask(endpoint(), address, { ...preflight, headers: { ...preflight.headers, origin: "https://evil.example.com" } });
    expect([other.status, other.headers["access-control-allow-origin"]]).toEqual([200, undefined]);

    await on.lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: shared, AuthType: "NONE" }));
    await openToAll(shared);
    const answer = await ask(endpoint(), address, { method: "POST", headers: { origin, "content-type": "application/json" }, body: JSON.stringify({ return: { statusCode: 200, headers: { "access-control-allow-origin": "*" } } }) });
    expect(answer.headers).toMatchObject({ "access-control-allow-origin": origin, "access-control-expose-headers": "x-told", "access-control-allow-credentials": "true" });
  });
});
