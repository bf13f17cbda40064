import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AttachRolePolicyCommand, CreateRoleCommand, DetachRolePolicyCommand, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand, CreateCodeSigningConfigCommand, DeleteFunctionCodeSigningConfigCommand, DeleteFunctionCommand, DeleteFunctionConcurrencyCommand, DeleteProvisionedConcurrencyConfigCommand, InvokeCommand,
  PublishVersionCommand, PutFunctionCodeSigningConfigCommand, PutFunctionConcurrencyCommand, PutProvisionedConcurrencyConfigCommand, RemovePermissionCommand, UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, DeleteBucketPolicyCommand, GetObjectCommand, PutBucketNotificationConfigurationCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { storyLines } from "../../src/cli/story.ts";
import { silentLog } from "../../src/kit/log.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole, zipOf } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";

const APP = `
def handler(event, context):
    for record in event.get("Records", []):
        if "bad" in record["s3"]["object"]["key"]: raise ValueError("a bad photo")
`;
const ACCOUNT = "000000000000";
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:thumbnails`;
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const OPENER = [
  'resource "aws_lambda_permission" "thumbnails_from_s3" {',
  '  statement_id   = "AllowInvokeFromS3"',
  '  action         = "lambda:InvokeFunction"',
  '  function_name  = "thumbnails"',
  '  principal      = "s3.amazonaws.com"',
  '  source_arn     = "arn:aws:s3:::uploads"',
  `  source_account = "${ACCOUNT}"`,
  "}",
];
const OPENER_CLI = `aws lambda add-permission --function-name thumbnails --statement-id AllowInvokeFromS3 --action lambda:InvokeFunction --principal s3.amazonaws.com --source-arn arn:aws:s3:::uploads --source-account ${ACCOUNT}`;

const notify = ({ s3 }: Clients) =>
  s3.send(new PutBucketNotificationConfigurationCommand({
    Bucket: "uploads",
    NotificationConfiguration: { LambdaFunctionConfigurations: [{ Id: "photos", LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "in/" }] } } }] },
  }));
const openDoor = ({ lambda }: Clients, SourceArn = "arn:aws:s3:::uploads", SourceAccount = ACCOUNT) =>
  lambda.send(new AddPermissionCommand({ FunctionName: "thumbnails", StatementId: "door", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn, SourceAccount }));
const shutDoor = ({ lambda }: Clients) => lambda.send(new RemovePermissionCommand({ FunctionName: "thumbnails", StatementId: "door" }));
const upload = ({ s3 }: Clients, Key: string) => s3.send(new PutObjectCommand({ Bucket: "uploads", Key, Body: "a photo" }));

/** The request id of a call that must fail. */
const refusedId = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(() => undefined, (failure: unknown) => failure as { $metadata: { requestId: string } });
  expect(error).toBeDefined();
  return error!.$metadata.requestId;
};

const warnings: string[] = [];
const platform = usePlatform({ log: { ...silentLog, warn: (message) => void warnings.push(message) } });
const client = () => ({ endpoint: platform.endpoint, region: "us-east-1", account: undefined });

/** What `lambdad why` says of the newest story: times taken off, a line each. */
const tell = async (key: string): Promise<string[]> => {
  const [story] = await fetchStories(client(), key);
  return story === undefined ? [] : storyLines(story, (_style, text) => text).map((line) => line.replace(/^ {2}\d\d:\d\d:\d\d\.\d{3} {2}/, "").trim());
};
/** The same, once the last word is said. */
const why = (key: string, lastWord = /^✗ refused/): Promise<string[]> =>
  eventually(`the last word on ${key}`, async () => {
    const lines = await tell(key);
    return lastWord.test(lines.at(-1) ?? "") && lines;
  });
const advance = (by: string) => callPlatform(client(), "POST", "clock", { advance: by });

const TRUST_ACCOUNT = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }] });
const assume = async (clients: Clients, RoleName: string, Policy?: string): Promise<Clients> => {
  const { Credentials } = await clients.sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`, RoleSessionName: "me", ...(Policy === undefined ? {} : { Policy }) }));
  return clientsOf(platform.endpoint, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
};

beforeAll(async () => {
  const { clients } = platform;
  await createFunction(clients, { FunctionName: "thumbnails", Role: await createRole(clients, "worker"), Runtime: "python3.11", Timeout: 5, files: { "app.py": APP } });
  await clients.s3.send(new CreateBucketCommand({ Bucket: "uploads" }));
});

describe("why, of a door", () => {
  it("that was never opened: the key to it, for Terraform and for the CLI", async () => {
    const lines = await why(await refusedId(notify(platform.clients)));
    expect(lines[1]).toBe("decision  ✗ s3.amazonaws.com (for arn:aws:s3:::uploads) may not invoke the function thumbnails");
    expect(lines[2]).toBe("the function thumbnails has no policy that lets anyone in, or there is no such function");
    expect(lines.join("\n")).toContain(OPENER.map((line) => line.trim()).join("\n"));
    expect(lines).toContain(OPENER_CLI);
    expect(lines.at(-3)).toBe("request   PutBucketNotificationConfiguration by arn:aws:iam::000000000000:root is refused: InvalidArgument: Unable to validate the following destination configurations");
    expect(lines.at(-1)).toBe("✗ refused: s3.amazonaws.com (for arn:aws:s3:::uploads) may not invoke the function thumbnails");
  });

  it.each([
    ["another bucket", "arn:aws:s3:::another", ACCOUNT, "ArnLike AWS:SourceArn", "arn:aws:s3:::another", "arn:aws:s3:::uploads"],
    ["another account", "arn:aws:s3:::uploads", "111122223333", "StringEquals AWS:SourceAccount", "111122223333", ACCOUNT],
  ])("that was opened for %s: the condition, what it expects and what came", async (_name, arn, account, condition, expected, actual) => {
    const { clients } = platform;
    await openDoor(clients, arn, account);
    const lines = await why(await refusedId(notify(clients)));
    await shutDoor(clients);
    const at = lines.indexOf(`statement "door" of the policy of the function thumbnails would allow it, but its condition ${condition} does not hold`);
    expect(at).toBeGreaterThan(0);
    expect(lines.slice(at + 1, at + 3)).toEqual([`expected  ${expected}`, `actual    ${actual}`]);
    expect(lines).toContain(OPENER_CLI);
  });

  it("that is open: every hop, which statement opened it, and that it ran", async () => {
    const { clients } = platform;
    await openDoor(clients);
    await notify(clients);
    await upload(clients, "in/good photo.jpg");
    const lines = await why("uploads/in/good photo.jpg", /^✓/);
    expect(lines.slice(1, 5)).toEqual([
      "event     S3 makes the event ObjectCreated:Put of uploads/in/good photo.jpg",
      `match     The notification photos to ${FUNCTION} matches`,
      'decision  s3.amazonaws.com (for arn:aws:s3:::uploads) may invoke the function thumbnails: statement "door" of the policy of the function thumbnails allows it',
      "queued    the event for thumbnails is on the disk",
    ]);
    expect(lines[5]).toMatch(/^attempt {3}thumbnails ran in a new environment and returned after [\d.]+ ms$/);
    expect(lines.at(-1)).toBe("✓ the function ran");
  });

  it("that nobody knocked at: which filter kept the event away", async () => {
    await upload(platform.clients, "out/photo.jpg");
    const lines = await why("uploads/out/photo.jpg", /^–/);
    expect(lines[2]).toContain('does not match: its prefix is "in/", the key is "out/photo.jpg"');
    expect(lines.at(-1)).toBe("– nobody was told: no notification wants this event");
  });

  it("of a function that fails: again, again, and given up", async () => {
    await upload(platform.clients, "in/bad.jpg");
    const waiting = await why("uploads/in/bad.jpg", /^… not yet/);
    expect(waiting.at(-1)).toBe("… not yet: thumbnails is tried again in 60 s (ValueError)");
    const lines = await eventually("it is given up", async () => {
      await advance("2m");
      const told = await tell("uploads/in/bad.jpg");
      return told.at(-1)!.includes("given up") && told;
    });
    expect(lines.filter((line) => line.startsWith("attempt"))).toHaveLength(3);
    expect(lines.at(-1)).toBe("✗ the event is given up: RetriesExhausted (the function failed every time that it was tried)");
  });

  it("that was shut after it was configured: the upload stays, the event is not delivered", async () => {
    const { clients } = platform;
    await shutDoor(clients);
    await upload(clients, "in/late.jpg");
    const lines = await eventually("it is dropped", async () => {
      const told = await tell("uploads/in/late.jpg");
      return told.some((line) => line.startsWith("drop")) && told;
    });
    expect(lines).toContain(OPENER_CLI);
    expect(lines).toContain(`drop      the event is not delivered to ${FUNCTION}: its policy does not let the source in`);
    expect(lines.at(-1)).toBe("✗ refused: s3.amazonaws.com (for arn:aws:s3:::uploads) may not invoke the function thumbnails");
    expect((await why("thumbnails"))[0]).toBe(lines[0]);
    expect((await why(FUNCTION))[0]).toBe(lines[0]);
  });
});

describe("why, of a role", () => {
  beforeAll(async () => {
    const { clients } = platform;
    await clients.iam.send(new CreateRoleCommand({ RoleName: "dev", Path: "/team/", AssumeRolePolicyDocument: TRUST_ACCOUNT }));
  });
  const dev = (Policy?: string) => assume(platform.clients, "team/dev", Policy);
  const put = (...Statement: unknown[]) => platform.clients.iam.send(new PutRolePolicyCommand({ RoleName: "dev", PolicyName: "own", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
  const read = async (clients: Clients) => why(await refusedId(clients.s3.send(new GetObjectCommand({ Bucket: "uploads", Key: "in/late.jpg" }))));

  it("that no policy stands behind: the statement that is missing, and both ways to add it", async () => {
    const lines = await read(await dev());
    expect(lines[1]).toBe("decision  ✗ the role dev (session me) may not do s3:GetObject on arn:aws:s3:::uploads/in/late.jpg");
    expect(lines[2]).toBe("there is no policy that could allow it");
    const at = lines.indexOf("The statement that is missing, for a policy of the role dev:");
    expect(JSON.parse(lines.slice(at + 1, at + 6).join(""))).toEqual({ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::uploads/in/late.jpg" });
    expect(lines).toContain('resource "aws_iam_role_policy" "dev_s3_GetObject" {');
    expect(lines).toContain(
      `aws iam put-role-policy --role-name dev --policy-name AllowS3GetObject --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::uploads/in/late.jpg"}]}'`,
    );
  });

  it("whose statements come near: what each of them lacks", async () => {
    await put(
      { Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::uploads" },
      { Sid: "Team", Effect: "Allow", Action: "s3:GetObject", Resource: "*", Condition: { StringEquals: { "aws:PrincipalTag/team": "red" } } },
    );
    const lines = await read(await dev());
    expect(lines).toContain("none of its 2 statements allows it");
    expect(lines).toContain('statement #1 of the inline policy "own" of the role dev speaks of this action, but not of this resource');
    expect(lines).toContain('statement "Team" of the inline policy "own" of the role dev would allow it, but its condition StringEquals aws:PrincipalTag/team does not hold');
    expect(lines).toContain("actual    (the request has no such key)");
  });

  it("that is denied: by which statement, and that no allow helps", async () => {
    await put({ Effect: "Allow", Action: "s3:*", Resource: "*" }, { Sid: "NoPhotos", Effect: "Deny", Action: "s3:Get*", Resource: "*" });
    const lines = await read(await dev());
    expect(lines.slice(2, 4)).toEqual(['statement "NoPhotos" of the inline policy "own" of the role dev denies it', "an explicit deny wins over every allow: only changing that statement helps"]);
    expect(lines.join("\n")).not.toContain("Terraform");
  });

  it("that a bucket's policy denies: the call that shows it", async () => {
    const { s3 } = platform.clients;
    await put({ Effect: "Allow", Action: "s3:*", Resource: "*" });
    await s3.send(new PutBucketPolicyCommand({ Bucket: "uploads", Policy: JSON.stringify({ Statement: [{ Sid: "Shut", Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::uploads/*" }] }) }));
    const lines = await read(await dev());
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: "uploads" }));
    expect(lines).toContain('statement "Shut" of the policy of the bucket uploads denies it');
    expect(lines).toContain("aws s3api get-bucket-policy --bucket uploads --query Policy --output text");
  });

  it("whose session was narrowed", async () => {
    await put({ Effect: "Allow", Action: "s3:*", Resource: "*" });
    const lines = await read(await dev(JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:List*", Resource: "*" }] })));
    expect(lines[2]).toBe("its role allows it, but the policy that the session was given does not: both must");
    expect(lines).toContain("The statement that is missing, for the policy that was given when the session was made:");
  });

  it("that may not write the function's log: said with the run, once in the server's own log, and with the key", async () => {
    const { clients, endpoint } = platform;
    await clients.iam.send(new DetachRolePolicyCommand({ RoleName: "worker", PolicyArn: BASIC }));
    const { $metadata } = await clients.lambda.send(new InvokeCommand({ FunctionName: "thumbnails" }));
    await clients.lambda.send(new InvokeCommand({ FunctionName: "thumbnails" }));
    const lines = await eventually("the refusal", async () => {
      const told = await tell("/aws/lambda/thumbnails");
      return told.some((line) => line.includes("may not do logs:")) && told;
    });
    expect(lines).toContain(`aws iam attach-role-policy --role-name worker --policy-arn ${BASIC}`);
    expect(lines).toContain('resource "aws_iam_role_policy_attachment" "worker_logs" {');
    const { stdout } = await promisify(execFile)(process.execPath, [resolve(import.meta.dirname, "../../bin/lambdad.js"), "why", $metadata.requestId!, "--endpoint", endpoint, "--no-color"]);
    expect(stdout).toContain("✓ the function ran\n  ! what it wrote does not reach the log group /aws/lambda/thumbnails: lambdad why /aws/lambda/thumbnails\n");
    expect(warnings.filter((warning) => warning.startsWith("the log lines of thumbnails are dropped: User: "))).toHaveLength(1);
    await clients.iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: BASIC }));
  });

  it("that Lambda may not assume: the statement for its trust policy", async () => {
    const { clients } = platform;
    const Role = await createRole(clients, "stranger");
    await createFunction(clients, { FunctionName: "locked", Role, Runtime: "python3.11", files: { "app.py": APP } });
    await clients.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "stranger", PolicyDocument: TRUST_ACCOUNT }));
    await refusedId(clients.lambda.send(new InvokeCommand({ FunctionName: "locked" })));
    const lines = await why(Role);
    expect(lines[1]).toBe(`decision  ✗ lambda.amazonaws.com may not assume the role ${Role}`);
    const at = lines.indexOf(`The statement that is missing, for the trust policy of ${Role}:`);
    expect(JSON.parse(lines.slice(at + 1, at + 8).join(""))).toEqual({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" });
  });
});

describe("why, of environments that are provisioned", () => {
  it("and fail in INIT: that they do, where the reason is, and nothing of the log group that is made meanwhile", async () => {
    const { clients } = platform;
    await createFunction(clients, { FunctionName: "broken", Role: await createRole(clients, "broken"), Runtime: "nodejs24.x", files: { "app.mjs": "throw new Error('no');" } });
    await clients.lambda.send(new PublishVersionCommand({ FunctionName: "broken" }));
    await clients.lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName: "broken", Qualifier: "1", ProvisionedConcurrentExecutions: 1 }));
    const lines = await why("broken", /^… not yet/);
    expect(lines.at(-1)).toBe("… not yet: an environment that is provisioned for version 1 of broken does not become ready (FUNCTION_ERROR_INIT_FAILURE), and is made again and again");
    expect(lines).toContain("its log says why: lambdad logs broken");
    await eventually("its log is there", async () => (await clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/broken" })).catch(() => undefined))?.events?.length);
    await clients.lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: "broken", Qualifier: "1" }));
    const stories = await fetchStories(client(), "broken");
    expect(stories.flatMap(({ entries }) => entries).filter(({ detail }) => detail["operation"] === "CreateLogStream")).toEqual([]);
  });
});

describe("why, of a request that no policy refused", () => {
  it("that was throttled: what it has reserved, and what changes it", async () => {
    const { lambda } = platform.clients;
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "thumbnails", ReservedConcurrentExecutions: 0 }));
    const lines = await tell(await refusedId(lambda.send(new InvokeCommand({ FunctionName: "thumbnails" }))));
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: "thumbnails" }));
    expect(lines.at(-1)).toBe("✗ Invoke by arn:aws:iam::000000000000:root is refused: TooManyRequestsException: Rate Exceeded.");
    expect(lines).toContain("its reserved concurrency is in use, or 0");
    expect(lines).toContain("share the account's again: aws lambda delete-function-concurrency --function-name thumbnails");
  });

  it("that a code signing configuration refused: that nothing is signed here, and what lets it pass", async () => {
    const { lambda } = platform.clients;
    const { CodeSigningConfig } = await lambda.send(new CreateCodeSigningConfigCommand({
      AllowedPublishers: { SigningProfileVersionArns: [`arn:aws:signer:us-east-1:${ACCOUNT}:/signing-profiles/team/0123456789`] }, CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
    }));
    await lambda.send(new PutFunctionCodeSigningConfigCommand({ FunctionName: "thumbnails", CodeSigningConfigArn: CodeSigningConfig!.CodeSigningConfigArn }));
    const lines = await tell(await refusedId(lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "thumbnails", ZipFile: await zipOf({ "app.py": APP }) }))));
    await lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: "thumbnails" }));
    expect(lines).toContain("its code signing configuration says Enforce, and no package is signed here: AWS Signer is not built");
    expect(lines).toContain("or take it away: aws lambda delete-function-code-signing-config --function-name thumbnails");
  });
});

describe("why, at last", () => {
  it("says of a function that is gone that it may be gone", async () => {
    const { clients } = platform;
    await openDoor(clients);
    await clients.lambda.send(new DeleteFunctionCommand({ FunctionName: "thumbnails" }));
    await upload(clients, "in/gone.jpg");
    expect(await why("uploads/in/gone.jpg")).toContain("the function thumbnails has no policy that lets anyone in, or there is no such function");
  });

  it.each([
    ["retry", { why: "TooManyRequestsException" }, "f is tried again in 1 s (TooManyRequestsException)", "… not yet: f is tried again in 1 s (TooManyRequestsException) (throttled: all the concurrency that there is was in use)"],
    ["drop", { condition: "EventAgeExceeded" }, "the event is given up: EventAgeExceeded", "✗ the event is given up: EventAgeExceeded (it waited longer than the event age that is allowed)"],
    ["queued", {}, "the event for f is on the disk", "… it waits for its turn"],
    ["request", { code: "NoSuchBucket", message: "The specified bucket does not exist" }, "PutObject by root is refused: NoSuchBucket", "✗ PutObject by root is refused: NoSuchBucket: The specified bucket does not exist"],
    ["attempt", { outcome: "error" }, "f ran", "✗ the function ran and failed"],
  ] as const)("has a last word for a story that ends with %s", (kind, detail, summary, last) => {
    const lines = storyLines({ traceId: "1-0-0", entries: [{ traceId: "1-0-0", at: 0, kind, account: ACCOUNT, region: "us-east-1", keys: [], summary, detail }] }, (_style, text) => text);
    expect(lines.at(-1)!.trim()).toBe(last);
  });
});

describe("why, with --iam soft", () => {
  const soft = usePlatform({ env: { LAMBDAD_IAM: "soft" } });
  it("tells what would have been refused, lets it through, and says both", async () => {
    const { clients, endpoint } = soft;
    await createFunction(clients, { FunctionName: "thumbnails", Role: await createRole(clients, "worker"), Runtime: "python3.11", Timeout: 5, files: { "app.py": APP } });
    await clients.s3.send(new CreateBucketCommand({ Bucket: "uploads" }));
    await notify(clients);
    await upload(clients, "in/a.jpg");
    const at = { endpoint, region: "us-east-1", account: undefined };
    const story = await eventually("it ran", async () => {
      const [told] = await fetchStories(at, "uploads/in/a.jpg");
      return told?.entries.some(({ kind }) => kind === "attempt") && told;
    });
    const text = storyLines(story, (_style, line) => line).join("\n");
    expect(text).toContain("✗ s3.amazonaws.com (for arn:aws:s3:::uploads) may not invoke the function thumbnails (let through: --iam soft)");
    expect(text).toContain(OPENER_CLI);
    expect(text.endsWith("✓ the function ran")).toBe(true);
  });
});
