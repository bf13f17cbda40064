import { CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand, ListRolesCommand, PutRolePermissionsBoundaryCommand, PutRolePolicyCommand, PutUserPolicyCommand, TagRoleCommand, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import { AddPermissionCommand, CreateFunctionCommand, InvokeCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, DecodeAuthorizationMessageCommand, GetAccessKeyInfoCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from "@aws-sdk/client-sts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { issueSession } from "../../src/iam/session.ts";
import { accessKeyIdOf, accountOfAccessKey } from "../../src/kit/ids.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { zipOf } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { ACCOUNT, allow, assume, asUser, createPolicy, createRole, createUser, deny, documentOf, refusal, TRUST_LAMBDA } from "./support.ts";

const platform = usePlatform();
const put = (RoleName: string, ...statements: object[]) => platform.clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument: documentOf(...statements) }));
const get = ({ s3 }: Pick<Clients, "s3">, Key = "a") => s3.send(new GetObjectCommand({ Bucket: "data", Key }));
const as = (role: { Arn?: string | undefined }, more: Parameters<typeof assume>[3] = {}, by: Pick<Clients, "sts"> = platform.clients) => assume(by, platform.endpoint, role.Arn!, more);
const MINUTE = 60_000;
const minutesOf = ({ Credentials }: { Credentials?: { Expiration?: Date | undefined } | undefined }) => Math.round((Credentials!.Expiration!.getTime() - Date.now()) / MINUTE);

beforeAll(async () => {
  await platform.clients.s3.send(new CreateBucketCommand({ Bucket: "data" }));
  for (const Key of ["a", "b"]) await platform.clients.s3.send(new PutObjectCommand({ Bucket: "data", Key, Body: Key }));
});

describe("GetCallerIdentity", () => {
  it("tells the root, a user, a role's session and a function who they are", async () => {
    const who = async ({ sts }: Pick<Clients, "sts">) => {
      const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand());
      return { Account, Arn, UserId };
    };
    expect(await who(platform.clients)).toEqual({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root`, UserId: ACCOUNT });
    const user = await createUser(platform.clients, "who", "/deep/");
    expect(await who(await asUser(platform.clients, platform.endpoint, "who"))).toEqual({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/deep/who`, UserId: user.UserId });
    const role = await createRole(platform.clients, "who", { Path: "/deep/" });
    const session = await as(role, { RoleSessionName: "me@example.com" });
    expect(await who(session)).toEqual({ Account: ACCOUNT, Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/who/me@example.com`, UserId: `${role.RoleId}:me@example.com` });
    expect(session.answer.AssumedRoleUser).toEqual({ Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/who/me@example.com`, AssumedRoleId: `${role.RoleId}:me@example.com` });
    // An explicit deny keeps nobody from knowing who they are.
    await put("who", deny("*"));
    expect((await who(session)).Account).toBe(ACCOUNT);
  });
});

describe("AssumeRole", () => {
  it("is for whom the role trusts, and who may", async () => {
    const role = await createRole(platform.clients, "open");
    const trustless = await createRole(platform.clients, "closed", { trust: TRUST_LAMBDA });
    await createUser(platform.clients, "caller");
    const own = await asUser(platform.clients, platform.endpoint, "caller");
    const denied = (Arn: string, why: string) => ({ code: "AccessDenied", status: 403, message: `User: arn:aws:iam::${ACCOUNT}:user/caller is not authorized to perform: sts:AssumeRole on resource: ${Arn}${why}` });
    expect(await refusal(as(role, {}, own))).toEqual(denied(role.Arn!, " because no identity-based policy allows the sts:AssumeRole action"));
    await platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "caller", PolicyName: "assume", PolicyDocument: documentOf(allow("sts:AssumeRole")) }));
    await as(role, {}, own);
    expect(await refusal(as(trustless, {}, own))).toMatchObject({ code: "AccessDenied", status: 403 });
    // Named by the trust policy itself, the user needs no policy.
    await platform.clients.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "closed", PolicyDocument: documentOf({ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/caller` }, Action: "sts:AssumeRole" }) }));
    await platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "caller", PolicyName: "assume", PolicyDocument: documentOf(allow("s3:*")) }));
    await as(trustless, {}, own);
    expect(await refusal(as({ Arn: `arn:aws:iam::${ACCOUNT}:role/none` }))).toMatchObject({ code: "AccessDenied", status: 403 });
  });

  it("asks for the external id that the role was promised", async () => {
    const trust = documentOf({ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "secret-42" } } });
    const role = await createRole(platform.clients, "external", { trust });
    expect(await refusal(as(role))).toMatchObject({ code: "AccessDenied" });
    expect(await refusal(as(role, { ExternalId: "secret-43" }))).toMatchObject({ code: "AccessDenied" });
    await as(role, { ExternalId: "secret-42" });
  });

  it("keeps to the role's longest session, and to an hour in a chain", async () => {
    const [long, short] = [await createRole(platform.clients, "long", { MaxSessionDuration: 43_200 }), await createRole(platform.clients, "short")];
    expect(minutesOf((await as(short)).answer)).toBe(60);
    expect(minutesOf((await as(long)).answer)).toBe(60);
    expect(minutesOf((await as(long, { DurationSeconds: 43_200 })).answer)).toBe(720);
    expect(minutesOf((await as(short, { DurationSeconds: 900 })).answer)).toBe(15);
    expect(await refusal(as(short, { DurationSeconds: 3_601 }))).toEqual({ code: "ValidationError", status: 400, message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role." });
    expect(await refusal(as(short, { DurationSeconds: 60 }))).toMatchObject({ code: "ValidationError", message: expect.stringContaining("at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900") });
    await put("short", allow("sts:AssumeRole"));
    const chained = await as(short);
    expect(minutesOf((await as(long, {}, chained)).answer)).toBe(60);
    expect(await refusal(as(long, { DurationSeconds: 3_601 }, chained))).toEqual({ code: "ValidationError", status: 400, message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining" });
  });

  it("narrows a session to what its policies allow, and the role too", async () => {
    const role = await createRole(platform.clients, "narrow");
    await put("narrow", allow("s3:GetObject", "arn:aws:s3:::data/a"));
    const only = (...statements: object[]) => as(role, { Policy: documentOf(...statements) });
    await get(await as(role));
    await get(await only(allow("s3:*")));
    expect(await refusal(get(await only(allow("s3:*")), "b"))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining("because no identity-based policy allows") });
    expect(await refusal(get(await only(allow("s3:List*"))))).toMatchObject({ code: "AccessDenied", message: expect.stringMatching(/because no session policy allows the s3:GetObject action$/) });
    expect(await refusal(get(await only(allow("s3:*"), deny("s3:GetObject"))))).toMatchObject({ code: "AccessDenied", message: expect.stringMatching(/with an explicit deny in a session policy$/) });
    const PolicyArn = await createPolicy(platform.clients, "session-policy", documentOf(allow("s3:GetObject")));
    const managed = await as(role, { PolicyArns: [{ arn: PolicyArn }] });
    await get(managed);
    expect(managed.answer.PackedPolicySize).toBeGreaterThan(0);
    expect((await as(role)).answer.PackedPolicySize).toBeUndefined();
    // Two policies are one: what either allows, within the role.
    await get(await as(role, { Policy: documentOf(allow("sqs:*")), PolicyArns: [{ arn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }] }));
    expect(await refusal(get(await as(role, { PolicyArns: [{ arn: "arn:aws:iam::aws:policy/AmazonSQSFullAccess" }] })))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining("no session policy") });
  });

  it("takes no session policy that is none, that is nowhere, or that is too large", async () => {
    const role = await createRole(platform.clients, "strict");
    expect(await refusal(as(role, { Policy: "{" }))).toMatchObject({ code: "MalformedPolicyDocument", status: 400 });
    expect(await refusal(as(role, { Policy: documentOf(allow("everything")) }))).toMatchObject({ code: "MalformedPolicyDocument" });
    expect(await refusal(as(role, { PolicyArns: [{ arn: `arn:aws:iam::${ACCOUNT}:policy/none` }] }))).toMatchObject({ code: "ValidationError", message: expect.stringContaining("does not exist") });
    expect(await refusal(as(role, { PolicyArns: Array.from({ length: 11 }, () => ({ arn: "arn:aws:iam::aws:policy/AmazonSQSFullAccess" })) }))).toMatchObject({ code: "ValidationError" });
    const Tags = Array.from({ length: 20 }, (_, index) => ({ Key: `k${index}`, Value: "v".repeat(256) }));
    expect(await refusal(as(role, { Tags }))).toMatchObject({ code: "PackedPolicyTooLarge", status: 400, message: expect.stringMatching(/^Packed size of session tags and policy consumes \d+% of allotted space\.$/) });
  });

  it("is held within the role's boundary", async () => {
    const role = await createRole(platform.clients, "bounded");
    await put("bounded", allow("s3:*"));
    const session = await as(role);
    await get(session);
    await platform.clients.iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "bounded", PermissionsBoundary: await createPolicy(platform.clients, "sts-boundary", documentOf(allow("s3:ListBucket"))) }));
    expect(await refusal(get(session))).toMatchObject({ code: "AccessDenied", message: expect.stringMatching(/because no permissions boundary allows the s3:GetObject action$/) });
  });

  it("tags a session over the tags of its role, if the role lets itself be tagged", async () => {
    const role = await createRole(platform.clients, "tagged");
    await platform.clients.iam.send(new TagRoleCommand({ RoleName: "tagged", Tags: [{ Key: "Team", Value: "red" }, { Key: "floor", Value: "1" }] }));
    await put("tagged", allow("s3:GetObject", "*", { Condition: { StringEquals: { "aws:PrincipalTag/team": "blue", "aws:PrincipalTag/floor": "1" } } }));
    expect(await refusal(get(await as(role)))).toMatchObject({ code: "AccessDenied" });
    await get(await as(role, { Tags: [{ Key: "team", Value: "blue" }] }));
    const shy = await createRole(platform.clients, "shy", { trust: documentOf({ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" }) });
    expect(await refusal(as(shy, { Tags: [{ Key: "team", Value: "blue" }] }))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining(`is not authorized to perform: sts:TagSession on resource: ${shy.Arn}`) });
    const invalid = (message: string) => ({ code: "InvalidParameterValue", status: 400, message });
    expect(await refusal(as(role, { Tags: [{ Key: "a", Value: "" }, { Key: "A", Value: "" }] }))).toEqual(invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
    expect(await refusal(as(role, { Tags: [{ Key: "a", Value: "" }], TransitiveTagKeys: ["b"] }))).toEqual(invalid("The specified transitive tag key must be included in the requested tags."));
  });

  it("conditions a trust policy on the tags that are asked for", async () => {
    const trust = documentOf({ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: ["sts:AssumeRole", "sts:TagSession"], Condition: { StringEquals: { "aws:RequestTag/team": ["red", "blue"] }, "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } } });
    const role = await createRole(platform.clients, "by-tag", { trust });
    await as(role, { Tags: [{ Key: "team", Value: "blue" }] });
    for (const Tags of [[], [{ Key: "team", Value: "green" }], [{ Key: "team", Value: "blue" }, { Key: "more", Value: "" }]]) expect(await refusal(as(role, { Tags }))).toMatchObject({ code: "AccessDenied" });
  });

  it("hands transitive tags and the source identity on through a chain", async () => {
    const [first, second] = [await createRole(platform.clients, "chain-1"), await createRole(platform.clients, "chain-2")];
    await put("chain-1", allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]));
    await put("chain-2", allow("s3:GetObject", "*", { Condition: { StringEquals: { "aws:PrincipalTag/project": "x", "aws:SourceIdentity": "ann" }, Null: { "aws:PrincipalTag/local": "true" } } }));
    const one = await as(first, { Tags: [{ Key: "project", Value: "x" }, { Key: "local", Value: "y" }], TransitiveTagKeys: ["project"], SourceIdentity: "ann" });
    expect(one.answer.SourceIdentity).toBe("ann");
    const two = await as(second, {}, one);
    expect(two.answer.SourceIdentity).toBe("ann");
    await get(two);
    expect(await refusal(as(second, { Tags: [{ Key: "Project", Value: "z" }] }, one))).toMatchObject({ code: "InvalidParameterValue", message: "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session." });
    expect(await refusal(as(second, { SourceIdentity: "bob" }, one))).toMatchObject({ code: "AccessDenied" });
  });

  it("ends with the role: one made again under its name is another", async () => {
    const role = await createRole(platform.clients, "remade");
    await put("remade", allow("s3:*"));
    const old = await as(role);
    await get(old);
    await platform.clients.iam.send(new DeleteRolePolicyCommand({ RoleName: "remade", PolicyName: "own" }));
    await platform.clients.iam.send(new DeleteRoleCommand({ RoleName: "remade" }));
    expect(await refusal(get(old))).toMatchObject({ code: "AccessDenied" });
    const again = await createRole(platform.clients, "remade");
    await put("remade", allow("s3:*"));
    expect(await refusal(get(old))).toMatchObject({ code: "AccessDenied" });
    await get(await as(again));
  });

  it("can be ended for all that were made before now, as AWSRevokeOlderSessions does it", async () => {
    const role = await createRole(platform.clients, "revoked");
    const session = await as(role);
    const revokeBefore = (at: string) => put("revoked", allow("s3:*"), { Effect: "Deny", Action: "*", Resource: "*", Condition: { DateLessThan: { "aws:TokenIssueTime": at } } });
    await revokeBefore(new Date(Date.now() - MINUTE).toISOString());
    await get(session);
    await revokeBefore(new Date(Date.now() + MINUTE).toISOString());
    expect(await refusal(get(session))).toMatchObject({ code: "AccessDenied", message: expect.stringMatching(/with an explicit deny in an identity-based policy$/) });
  });

  it("has no second factor, and says so where a policy asks", async () => {
    const role = await createRole(platform.clients, "factor");
    await put("factor", allow("s3:*", "*", { Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } }));
    expect(await refusal(get(await as(role)))).toMatchObject({ code: "AccessDenied" });
    await put("factor", allow("s3:*", "*", { Condition: { Bool: { "aws:MultiFactorAuthPresent": "false" } } }));
    await get(await as(role));
  });

  it("crosses accounts where the role trusts the other account and its policies agree", async () => {
    const other = clientsOf(platform.endpoint, { accessKeyId: "111122223333", secretAccessKey: "test" });
    const role = await createRole(platform.clients, "guest", { trust: documentOf({ Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "sts:AssumeRole" }) });
    expect((await (await as(role, {}, other)).sts.send(new GetCallerIdentityCommand())).Account).toBe(ACCOUNT);
    expect(await refusal(as(await createRole(platform.clients, "home"), {}, other))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining("User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRole") });
  });
});

describe("a session token", () => {
  const made = async () => as(await createRole(platform.clients, `made-${random.uuid().slice(0, 8)}`));

  it("is refused once it is over", async () => {
    const key = readFileSync(join(platform.dataDirectory, "session.key"));
    const over = clientsOf(platform.endpoint, issueSession({ key, random }, { type: "role", account: ACCOUNT, roleArn: `arn:aws:iam::${ACCOUNT}:role/a`, roleId: "AROA", sessionName: "s", expiresAt: Date.now() - 1 }));
    expect(await refusal(over.sts.send(new GetCallerIdentityCommand()))).toEqual({ code: "ExpiredToken", status: 403, message: "The security token included in the request is expired" });
    expect(await refusal(over.lambda.send(new InvokeCommand({ FunctionName: "f" })))).toEqual({ code: "ExpiredTokenException", status: 403, message: "The security token included in the request is expired" });
    expect(await refusal(over.s3.send(new ListBucketsCommand()))).toEqual({ code: "ExpiredToken", status: 400, message: "The provided token has expired." });
  });

  it("is refused when it was altered, is another's, or was never made here", async () => {
    const { credentials } = await made();
    const { credentials: others } = await made();
    const stranger = issueSession({ key: Buffer.alloc(32, 1), random }, { type: "role", account: ACCOUNT, roleArn: `arn:aws:iam::${ACCOUNT}:role/a`, roleId: "AROA", sessionName: "s", expiresAt: Date.now() + MINUTE });
    const altered = `${credentials.sessionToken.slice(0, 40)}${credentials.sessionToken[40] === "A" ? "B" : "A"}${credentials.sessionToken.slice(41)}`;
    for (const bad of [{ ...credentials, sessionToken: altered }, { ...credentials, sessionToken: others.sessionToken }, stranger]) {
      const with_ = clientsOf(platform.endpoint, bad);
      expect(await refusal(with_.sts.send(new GetCallerIdentityCommand()))).toEqual({ code: "InvalidClientTokenId", status: 403, message: "The security token included in the request is invalid." });
      expect(await refusal(with_.lambda.send(new InvokeCommand({ FunctionName: "f" })))).toMatchObject({ code: "UnrecognizedClientException", status: 403 });
      expect(await refusal(with_.s3.send(new ListBucketsCommand()))).toMatchObject({ code: "InvalidToken", status: 400 });
    }
  });

  it("cannot be used with a secret that is not its own", async () => {
    const { credentials } = await made();
    const with_ = clientsOf(platform.endpoint, { ...credentials, secretAccessKey: "x".repeat(40) });
    expect(await refusal(with_.sts.send(new GetCallerIdentityCommand()))).toMatchObject({ code: "SignatureDoesNotMatch", status: 403 });
  });
});

describe("GetSessionToken", () => {
  it("is the user for a while, twelve hours if nothing else is asked", async () => {
    await createUser(platform.clients, "temporary");
    const own = await asUser(platform.clients, platform.endpoint, "temporary");
    await platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "temporary", PolicyName: "p", PolicyDocument: documentOf(allow("s3:GetObject", "arn:aws:s3:::data/a")) }));
    const answer = await own.sts.send(new GetSessionTokenCommand({}));
    expect(minutesOf(answer)).toBe(720);
    expect(minutesOf(await own.sts.send(new GetSessionTokenCommand({ DurationSeconds: 129_600 })))).toBe(2_160);
    const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials!;
    const session = clientsOf(platform.endpoint, { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! });
    expect((await session.sts.send(new GetCallerIdentityCommand())).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/temporary`);
    await get(session);
    expect(await refusal(get(session, "b"))).toMatchObject({ code: "AccessDenied" });
    expect(await refusal(session.sts.send(new GetSessionTokenCommand({})))).toEqual({ code: "AccessDenied", status: 403, message: "Cannot call GetSessionToken with session credentials" });
    expect(await refusal(session.iam.send(new ListRolesCommand()))).toEqual({ code: "InvalidClientTokenId", status: 403, message: "The security token included in the request is invalid" });
    expect(await refusal(own.sts.send(new GetSessionTokenCommand({ SerialNumber: "arn:aws:iam::1:mfa/x", TokenCode: "123456" })))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining("MultiFactorAuthentication failed") });
  });

  it("is an hour for the root, and nothing for a role", async () => {
    const answer = await platform.clients.sts.send(new GetSessionTokenCommand({ DurationSeconds: 43_200 }));
    expect(minutesOf(answer)).toBe(60);
    const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials!;
    const session = clientsOf(platform.endpoint, { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! });
    expect((await session.sts.send(new GetCallerIdentityCommand())).Arn).toBe(`arn:aws:iam::${ACCOUNT}:root`);
    await get(session);
    const role = await as(await createRole(platform.clients, "tokenless"));
    expect(await refusal(role.sts.send(new GetSessionTokenCommand({})))).toMatchObject({ code: "AccessDenied" });
  });
});

describe("GetAccessKeyInfo", () => {
  it("reads the account in the key, as it does in AWS's own keys", async () => {
    const info = async (AccessKeyId: string) => (await platform.clients.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId }))).Account;
    for (const account of ["000000000000", "111122223333", "999999999999"]) {
      const id = accessKeyIdOf(random, "AKIA", account);
      expect(accountOfAccessKey(id)).toBe(account);
      expect(await info(id)).toBe(account);
    }
    // The example of AWS's documentation of key ids.
    expect(await info("ASIAQNZGKIQY56JQ7WML")).toBe("029608264753");
    expect(await refusal(info("AKIA-is-not-a-key-id"))).toMatchObject({ code: "ValidationError" });
  });
});

describe("what is not built", () => {
  it("says so", async () => {
    expect(await refusal(platform.clients.sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: "x" })))).toMatchObject({ code: "NotImplemented", status: 501, message: expect.stringContaining("STS DecodeAuthorizationMessage is not built") });
  });
});

describe("a confused deputy", () => {
  it("cannot be made: no client sets what the platform says of the source", async () => {
    const { clients, endpoint } = platform;
    await clients.iam.send(new CreateRoleCommand({ RoleName: "fn", AssumeRolePolicyDocument: TRUST_LAMBDA }));
    await clients.lambda.send(new CreateFunctionCommand({ FunctionName: "door", Runtime: "python3.13", Handler: "app.handler", Role: `arn:aws:iam::${ACCOUNT}:role/fn`, Code: { ZipFile: await zipOf({ "app.py": "def handler(event, context): return 1" }) } }));
    await waitUntilFunctionActiveV2({ client: clients.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: "door" });
    const open = (StatementId: string, Principal: string) =>
      clients.lambda.send(new AddPermissionCommand({ FunctionName: "door", StatementId, Action: "lambda:InvokeFunction", Principal, SourceArn: "arn:aws:s3:::uploads", SourceAccount: ACCOUNT }));
    await open("bucket", "s3.amazonaws.com");
    await open("account", "111122223333");
    const other = clientsOf(endpoint, { accessKeyId: "111122223333", secretAccessKey: "test" });
    const claims = { "x-amz-source-arn": "arn:aws:s3:::uploads", "x-amz-source-account": ACCOUNT, "aws:SourceArn": "arn:aws:s3:::uploads", "x-amz-principal-service-name": "s3.amazonaws.com" };
    other.lambda.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { headers: Record<string, string> };
        for (const [name, value] of Object.entries(claims)) if (!name.includes(":")) request.headers[name] = value;
        return next(args);
      },
      { step: "build" },
    );
    expect(await refusal(other.lambda.send(new InvokeCommand({ FunctionName: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:door` })))).toMatchObject({ code: "AccessDeniedException", status: 403 });
  });

  it("nor by a session that names its tags like the platform's keys", async () => {
    const role = await createRole(platform.clients, "namer");
    await put("namer", allow("s3:GetObject", "*", { Condition: { StringEquals: { "aws:SourceAccount": ACCOUNT } } }));
    const named = await as(role, { Tags: [{ Key: "SourceAccount", Value: ACCOUNT }], RoleSessionName: "aws-SourceAccount" });
    expect(await refusal(get(named))).toMatchObject({ code: "AccessDenied" });
    expect(await refusal(as(role, { Tags: [{ Key: "aws:SourceAccount", Value: ACCOUNT }] }))).toMatchObject({ code: expect.stringMatching(/InvalidParameterValue|ValidationError/) });
  });

  it("nor does the role's trust take a service's word from a client", async () => {
    await createRole(platform.clients, "for-lambda", { trust: TRUST_LAMBDA });
    await createUser(platform.clients, "pretender");
    await platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "pretender", PolicyName: "p", PolicyDocument: documentOf(allow("*")) }));
    const own = await asUser(platform.clients, platform.endpoint, "pretender");
    expect(await refusal(own.sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/for-lambda`, RoleSessionName: "lambda.amazonaws.com" })))).toMatchObject({ code: "AccessDenied" });
  });
});
