import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { GetFunctionCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { CloudWatchClient, ListDashboardsCommand } from "@aws-sdk/client-cloudwatch";
import { SNSClient, ListPlatformApplicationsCommand } from "@aws-sdk/client-sns";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { send, sha256, signHeaders, type ToSign } from "./support.ts";

let opened: OpenPlatform;
beforeAll(async () => {
  opened = await openPlatform();
  await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  return opened.close;
});

/** Signed as the CLI signs. */
const call = async (method: string, path: string, { body = "", ...over }: Partial<ToSign> & { body?: string } = {}) => {
  const { headers } = signHeaders({ method, path: path.replaceAll("%", "%25"), headers: { host: opened.host }, payload: sha256(body), service: "lambdad", ...over });
  const answer = await send(opened.endpoint, { method, path, headers, body });
  return { ...answer, json: JSON.parse(answer.text) as Record<string, unknown> };
};

describe("lambdad's own API", () => {
  it("tells and moves the time of the platform", async () => {
    const before = Date.parse((await call("GET", "/_lambdad/clock")).json["now"] as string);
    const moved = await call("POST", "/_lambdad/clock", { body: '{"advance":"1h30m"}' });
    expect([moved.status, moved.headers["content-type"]]).toEqual([200, "application/json"]);
    const after = Date.parse((await call("GET", "/_lambdad/clock")).json["now"] as string);
    expect(after - before).toBeGreaterThanOrEqual(90 * 60_000);
    expect(Date.parse(moved.json["now"] as string)).toBeLessThanOrEqual(after);
    expect(moved.json["fired"]).toBeInstanceOf(Array);
  });

  it.each([
    ['{"advance":"soon"}', 400, "ValidationException", '"soon" is not a duration: write it like 90s, 2m or 1h30m'],
    ['{"advance":90}', 400, "ValidationException", "90 is not a duration: write it like 90s, 2m or 1h30m"],
    ['{"advance":"-5m"}', 400, "ValidationException", '"-5m" is not a duration: write it like 90s, 2m or 1h30m'],
    ['{"advance":"99999999999d"}', 400, "ValidationException", '"99999999999d" is too long: it may be at most 3660d'],
    ["{}", 400, "ValidationException", "undefined is not a duration: write it like 90s, 2m or 1h30m"],
    ["", 400, "ValidationException", "undefined is not a duration: write it like 90s, 2m or 1h30m"],
    ["[]", 400, "SerializationException", "the body is not a JSON object"],
    ["{", 400, "SerializationException", "the body is not a JSON object"],
  ])("does not move it by %s", async (body, status, code, message) => {
    const refused = await call("POST", "/_lambdad/clock", { body });
    expect([refused.status, refused.json]).toEqual([status, { code, message }]);
  });

  it("waits until all is quiet", async () => {
    expect(await call("POST", "/_lambdad/drain", { body: '{"timeout":"5s"}' })).toMatchObject({ status: 200, json: { isQuiet: true, left: { busy: 0, deliveries: 0, inFlight: 0, queued: 0 } } });
    expect(await call("POST", "/_lambdad/drain")).toMatchObject({ status: 200, json: { isQuiet: true } });
    expect(await call("POST", "/_lambdad/drain", { body: '{"timeout":"never"}' })).toMatchObject({ status: 400, json: { code: "ValidationException" } });
  });

  it("tells the story of an object, and of nothing it does not know", async () => {
    await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "a key/ü", Body: "x" }));
    const story = await call("GET", `/_lambdad/events/${encodeURIComponent("bucket/a key/ü")}`);
    expect([story.status, story.json["key"]]).toEqual([200, "bucket/a key/ü"]);
    expect(await call("GET", "/_lambdad/events/nothing")).toMatchObject({ status: 404, json: { code: "ResourceNotFoundException" } });
    expect(await call("GET", "/_lambdad/events/%zz")).toMatchObject({ status: 400, json: { code: "ValidationException", message: "the path is not percent-encoded" } });
  });

  it.each<[string, string, Partial<ToSign>, number, string]>([
    ["GET", "/_lambdad/nothing", {}, 404, "ResourceNotFoundException"],
    ["DELETE", "/_lambdad/clock", {}, 404, "ResourceNotFoundException"],
    ["POST", "/_lambdad/health", {}, 404, "ResourceNotFoundException"],
    ["GET", "/_lambdad/clock", { service: "s3" }, 403, "InvalidSignatureException"],
    ["GET", "/_lambdad/clock", { service: "lambda" }, 403, "InvalidSignatureException"],
    ["GET", "/_lambdad/clock", { secretAccessKey: "wrong" }, 403, "InvalidSignatureException"],
    ["GET", "/_lambdad/clock", { accessKeyId: "AKIAIOSFODNN7EXAMPLE" }, 403, "UnrecognizedClientException"],
    ["GET", "/_lambdad/clock", { date: new Date(Date.now() - 16 * 60_000) }, 403, "InvalidSignatureException"],
  ])("refuses %s %s %j", async (method, path, over, status, code) => {
    const refused = await call(method, path, over);
    expect([refused.status, refused.json["code"], refused.headers["content-type"]]).toEqual([status, code, "application/json"]);
    expect(refused.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is for the root of an account, not for its roles, and not for who does not sign", async () => {
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" } });
    const { Role } = await opened.clients.iam.send(new CreateRoleCommand({ RoleName: "role", AssumeRolePolicyDocument }));
    const { Credentials } = await opened.clients.sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "se" }));
    const session = { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! };
    expect(await call("POST", "/_lambdad/clock", { ...session, body: '{"advance":"1h"}' })).toMatchObject({
      status: 403, json: { code: "AccessDeniedException", message: "arn:aws:sts::000000000000:assumed-role/role/se may not use lambdad's own API: only the root of an account may" },
    });
    expect((await call("GET", "/_lambdad/clock", { accessKeyId: "111122223333" })).status).toBe(200);
    for (const path of ["/_lambdad/clock", "/_lambdad/environments", "/_lambdad/runtimes", "/_lambdad/events/x"]) {
      const refused = await send(opened.endpoint, { method: "GET", path, headers: { host: opened.host } });
      expect([path, refused.status, JSON.parse(refused.text)]).toEqual([path, 403, { code: "MissingAuthenticationTokenException", message: "Missing Authentication Token" }]);
    }
  });

  it("has a bound on its bodies", async () => {
    expect(await call("POST", "/_lambdad/clock", { body: `{"advance":"${"x".repeat(70_000)}"}` })).toMatchObject({ status: 413, json: { code: "RequestEntityTooLargeException" } });
  });

  it("tells without a signature that it is well, in LocalStack's way too", async () => {
    for (const method of ["GET", "HEAD"]) expect((await send(opened.endpoint, { method, path: "/_lambdad/health", headers: { host: opened.host } })).status).toBe(200);
    const health = JSON.parse((await send(opened.endpoint, { method: "GET", path: "/_localstack/health", headers: { host: opened.host } })).text) as { services: Record<string, string>; edition: string; version: string };
    expect(health).toEqual({ services: expect.objectContaining({ lambda: "available", s3: "available", iam: "available", sts: "available", logs: "available" }), edition: "community", version: expect.stringMatching(/^\d+\.\d+/) });
    expect((await send(opened.endpoint, { method: "GET", path: "/_lambdad/code/made-up", headers: { host: opened.host } })).status).toBe(403);
  });
});

describe("every answer", () => {
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
  const signed = (service: string, method: string, path: string, headers: Record<string, string>, body: string) =>
    send(opened.endpoint, { method, path, headers: signHeaders({ method, path, headers: { host: opened.host, ...headers }, payload: sha256(body), service }).headers, body });

  it("of S3 has its two ids, and an error names them again", async () => {
    const ok = await signed("s3", "GET", "/bucket", {}, "");
    const missing = await signed("s3", "GET", "/bucket/missing", {}, "");
    for (const { headers } of [ok, missing]) expect([headers["x-amz-request-id"], headers["x-amz-id-2"], headers["x-amzn-requestid"]]).toEqual([expect.stringMatching(/^[A-Z0-9]{16}$/), expect.stringMatching(/^[A-Za-z0-9+/=]{20,}$/), undefined]);
    expect(missing.headers["content-type"]).toBe("application/xml");
    expect(missing.text).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>missing</Key><RequestId>${missing.headers["x-amz-request-id"] as string}</RequestId><HostId>${missing.headers["x-amz-id-2"] as string}</HostId></Error>`,
    );
  });

  it("of the other protocols has one, in the shape of an error of each", async () => {
    const rest = await signed("lambda", "GET", "/2015-03-31/functions/none", {}, "");
    expect([rest.status, rest.headers["x-amzn-errortype"], rest.headers["content-type"]]).toEqual([404, "ResourceNotFoundException", "application/json"]);
    expect(JSON.parse(rest.text)).toEqual({ Type: "User", Message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none" });
    const json = await signed("logs", "POST", "/", { "x-amz-target": "Logs_20140328.DescribeLogStreams", "content-type": "application/x-amz-json-1.1" }, '{"logGroupName":"none"}');
    expect([json.status, json.headers["content-type"], JSON.parse(json.text)]).toEqual([400, "application/x-amz-json-1.1", { __type: "ResourceNotFoundException", message: "The specified log group does not exist." }]);
    const query = await signed("iam", "POST", "/", { "content-type": "application/x-www-form-urlencoded" }, "Action=GetRole&Version=2010-05-08&RoleName=none");
    expect([query.status, query.headers["content-type"]]).toEqual([404, "text/xml"]);
    expect(query.text).toContain("<Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name none cannot be found.</Message></Error>");
    expect(query.text).toContain(`<RequestId>${query.headers["x-amzn-requestid"] as string}</RequestId>`);
    const ok = await signed("sts", "POST", "/", { "content-type": "application/x-www-form-urlencoded" }, "Action=GetCallerIdentity&Version=2011-06-15");
    for (const { headers } of [rest, json, query, ok]) expect(headers["x-amzn-requestid"]).toMatch(UUID);
  });

  it("of what is not built says so with its name, in each protocol", async () => {
    const common = { endpoint: opened.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
    const attempts: [() => Promise<unknown>, string][] = [
      [() => new DynamoDBClient(common).send(new ListTablesCommand({})), "DynamoDB ListTables"],
      [() => new CloudWatchClient(common).send(new ListDashboardsCommand({})), "CloudWatch ListDashboards"],
      [() => new SNSClient(common).send(new ListPlatformApplicationsCommand({})), "SNS ListPlatformApplications"],
    ];
    for (const [attempt, name] of attempts) {
      await expect(attempt()).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringContaining(`${name} is not built`), $metadata: { httpStatusCode: 501, requestId: expect.stringMatching(UUID) } });
    }
    const unknown = await signed("nonsense", "POST", "/", {}, "");
    expect([unknown.status, unknown.text]).toEqual([501, expect.stringContaining('no service with the signing name \\"nonsense\\"')]);
  });

  it("to an operation that does not exist is the service's own", async () => {
    const s3 = await signed("s3", "PATCH", "/bucket", {}, "");
    expect([s3.status, s3.code]).toEqual([405, "MethodNotAllowed"]);
    const query = await signed("iam", "POST", "/", { "content-type": "application/x-www-form-urlencoded" }, "Action=MakeCoffee&Version=2010-05-08");
    expect([query.status, query.code]).toEqual([400, "InvalidAction"]);
    const json = await signed("logs", "POST", "/", { "x-amz-target": "Logs_20140328.MakeCoffee", "content-type": "application/x-amz-json-1.1" }, "{}");
    expect([json.status, (JSON.parse(json.text) as { __type: string }).__type]).toEqual([404, "UnknownOperationException"]);
    const rest = await signed("lambda", "GET", "/2015-03-31/coffee", {}, "");
    expect([rest.status, rest.headers["x-amzn-errortype"]]).toEqual([404, "UnknownOperationException"]);
    await expect(opened.clients.lambda.send(new GetFunctionCommand({ FunctionName: "none" }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});
