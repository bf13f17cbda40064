import {
  AttachRolePolicyCommand, AttachUserPolicyCommand, CreateAccessKeyCommand, CreateUserCommand, DeleteAccessKeyCommand, DeleteLoginProfileCommand, DeleteUserCommand, DeleteUserPermissionsBoundaryCommand, DeleteUserPolicyCommand,
  DetachUserPolicyCommand, GetAccessKeyLastUsedCommand, GetLoginProfileCommand, GetUserCommand, GetUserPolicyCommand, ListAccessKeysCommand, ListAttachedUserPoliciesCommand, ListGroupsForUserCommand,
  ListMFADevicesCommand, ListSSHPublicKeysCommand, ListServiceSpecificCredentialsCommand, ListSigningCertificatesCommand, ListUserPoliciesCommand, ListUserTagsCommand, ListUsersCommand,
  PutUserPermissionsBoundaryCommand, PutUserPolicyCommand, TagUserCommand, UntagUserCommand, UpdateAccessKeyCommand, UpdateUserCommand,
} from "@aws-sdk/client-iam";
import { CreateFunctionCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetAccessKeyInfoCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { zipOf } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { startServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";
import { ACCOUNT, allow, asUser, createPolicy, createRole, createUser, documentOf, refusal, TRUST_LAMBDA } from "./support.ts";

const platform = usePlatform();
const iam = { send: ((command: never) => platform.clients.iam.send(command)) as typeof platform.clients.iam.send };
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const noUser = (name: string) => ({ code: "NoSuchEntity", status: 404, message: `The user with name ${name} cannot be found.` });

describe("a user", () => {
  it("is answered as AWS answers it", async () => {
    const { User } = await iam.send(new CreateUserCommand({ UserName: "ann", Path: "/team/", Tags: [{ Key: "a", Value: "b" }] }));
    expect(User).toMatchObject({ UserName: "ann", Path: "/team/", Arn: `arn:aws:iam::${ACCOUNT}:user/team/ann`, Tags: [{ Key: "a", Value: "b" }] });
    expect(User!.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/);
    expect((await iam.send(new GetUserCommand({ UserName: "ann" }))).User).toEqual(User);
    expect(await refusal(createUser(platform.clients, "Ann"))).toEqual({ code: "EntityAlreadyExists", status: 409, message: "User with name Ann already exists." });
  });

  it("is listed by path and in pages", async () => {
    for (const name of ["l1", "l2", "l3"]) await createUser(platform.clients, name, "/listed/");
    const first = await iam.send(new ListUsersCommand({ PathPrefix: "/listed/", MaxItems: 2 }));
    const rest = await iam.send(new ListUsersCommand({ PathPrefix: "/listed/", Marker: first.Marker }));
    expect([first.Users!.map(({ UserName }) => UserName), first.IsTruncated, rest.Users!.map(({ UserName }) => UserName), rest.IsTruncated]).toEqual([["l1", "l2"], true, ["l3"], false]);
  });

  it("goes on under another name, with all that is theirs", async () => {
    const { UserId } = await createUser(platform.clients, "before");
    await createUser(platform.clients, "taken");
    const own = await asUser(platform.clients, platform.endpoint, "before");
    await iam.send(new AttachUserPolicyCommand({ UserName: "before", PolicyArn: READ_ONLY }));
    expect(await refusal(iam.send(new UpdateUserCommand({ UserName: "before", NewUserName: "taken" })))).toMatchObject({ code: "EntityAlreadyExists" });
    await iam.send(new UpdateUserCommand({ UserName: "before", NewUserName: "after", NewPath: "/new/" }));
    expect((await iam.send(new GetUserCommand({ UserName: "after" }))).User).toMatchObject({ UserId, Arn: `arn:aws:iam::${ACCOUNT}:user/new/after` });
    expect((await iam.send(new ListAttachedUserPoliciesCommand({ UserName: "after" }))).AttachedPolicies).toHaveLength(1);
    expect((await own.sts.send(new GetCallerIdentityCommand())).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/new/after`);
    await own.s3.send(new ListBucketsCommand());
    expect(await refusal(iam.send(new GetUserCommand({ UserName: "before" })))).toEqual(noUser("before"));
  });

  it("is deleted once nothing is theirs", async () => {
    await createUser(platform.clients, "leaving");
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "leaving" }));
    await iam.send(new AttachUserPolicyCommand({ UserName: "leaving", PolicyArn: READ_ONLY }));
    await iam.send(new PutUserPolicyCommand({ UserName: "leaving", PolicyName: "own", PolicyDocument: documentOf(allow("s3:*")) }));
    const remove = () => iam.send(new DeleteUserCommand({ UserName: "leaving" }));
    const conflict = (message: string) => ({ code: "DeleteConflict", status: 409, message });
    expect(await refusal(remove())).toEqual(conflict("Cannot delete entity, must delete access keys first."));
    await iam.send(new DeleteAccessKeyCommand({ UserName: "leaving", AccessKeyId: AccessKey!.AccessKeyId! }));
    expect(await refusal(remove())).toEqual(conflict("Cannot delete entity, must detach all policies first."));
    await iam.send(new DetachUserPolicyCommand({ UserName: "leaving", PolicyArn: READ_ONLY }));
    expect(await refusal(remove())).toEqual(conflict("Cannot delete entity, must delete policies first."));
    await iam.send(new DeleteUserPolicyCommand({ UserName: "leaving", PolicyName: "own" }));
    await remove();
    expect(await refusal(remove())).toEqual(noUser("leaving"));
  });

  it("has inline and attached policies, a boundary and tags, as a role has", async () => {
    const UserName = "equipped";
    await createUser(platform.clients, UserName);
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument: documentOf(allow("s3:*")) }));
    const got = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: "own" }));
    expect([got.UserName, got.PolicyName, decodeURIComponent(got.PolicyDocument!)]).toEqual([UserName, "own", documentOf(allow("s3:*"))]);
    expect((await iam.send(new ListUserPoliciesCommand({ UserName }))).PolicyNames).toEqual(["own"]);
    expect(await refusal(iam.send(new GetUserPolicyCommand({ UserName, PolicyName: "none" })))).toEqual({ code: "NoSuchEntity", status: 404, message: "The user policy with name none cannot be found." });
    expect(await refusal(iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "big", PolicyDocument: documentOf(allow("s3:*", `arn:aws:s3:::${"x".repeat(2_048)}`)) })))).toMatchObject({ code: "LimitExceeded", message: `Maximum policy size of 2048 bytes exceeded for user ${UserName}` });
    const PermissionsBoundary = await createPolicy(platform.clients, "user-boundary");
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary }));
    expect((await iam.send(new GetUserCommand({ UserName }))).User!.PermissionsBoundary!.PermissionsBoundaryArn).toBe(PermissionsBoundary);
    await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName }));
    expect((await iam.send(new GetUserCommand({ UserName }))).User!.PermissionsBoundary).toBeUndefined();
    await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: "Team", Value: "red" }, { Key: "x", Value: "" }] }));
    await iam.send(new UntagUserCommand({ UserName, TagKeys: ["X"] }));
    expect((await iam.send(new ListUserTagsCommand({ UserName }))).Tags).toEqual([{ Key: "Team", Value: "red" }]);
  });

  it("that is not there is not found; what nobody can have here, nobody has", async () => {
    const UserName = "nobody";
    const refused = await Promise.all([
      iam.send(new GetUserCommand({ UserName })), iam.send(new DeleteUserCommand({ UserName })), iam.send(new UpdateUserCommand({ UserName, NewPath: "/a/" })), iam.send(new CreateAccessKeyCommand({ UserName })), iam.send(new ListAccessKeysCommand({ UserName })),
      iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "p", PolicyDocument: documentOf(allow("s3:*")) })), iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: READ_ONLY })), iam.send(new ListGroupsForUserCommand({ UserName })),
      iam.send(new ListMFADevicesCommand({ UserName })), iam.send(new GetLoginProfileCommand({ UserName })), iam.send(new ListSSHPublicKeysCommand({ UserName })),
    ].map(refusal));
    for (const one of refused) expect(one).toEqual(noUser(UserName));
    await createUser(platform.clients, "bare");
    expect((await iam.send(new ListGroupsForUserCommand({ UserName: "bare" }))).Groups).toEqual([]);
    expect((await iam.send(new ListMFADevicesCommand({ UserName: "bare" }))).MFADevices).toEqual([]);
    expect((await iam.send(new ListSSHPublicKeysCommand({ UserName: "bare" }))).SSHPublicKeys).toEqual([]);
    expect((await iam.send(new ListSigningCertificatesCommand({ UserName: "bare" }))).Certificates).toEqual([]);
    expect((await iam.send(new ListServiceSpecificCredentialsCommand({ UserName: "bare" }))).ServiceSpecificCredentials).toEqual([]);
    for (const command of [new GetLoginProfileCommand({ UserName: "bare" }), new DeleteLoginProfileCommand({ UserName: "bare" })]) {
      expect(await refusal(iam.send(command as never))).toEqual({ code: "NoSuchEntity", status: 404, message: "Login Profile for User bare cannot be found." });
    }
  });
});

describe("an access key", () => {
  it("is told once, listed without its secret, two of each user", async () => {
    await createUser(platform.clients, "keyed");
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "keyed" }));
    expect(AccessKey).toMatchObject({ UserName: "keyed", Status: "Active", AccessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/), SecretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/) });
    await iam.send(new CreateAccessKeyCommand({ UserName: "keyed" }));
    expect(await refusal(iam.send(new CreateAccessKeyCommand({ UserName: "keyed" })))).toEqual({ code: "LimitExceeded", status: 409, message: "Cannot exceed quota for AccessKeysPerUser: 2" });
    const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName: "keyed" }));
    expect(AccessKeyMetadata).toHaveLength(2);
    expect(JSON.stringify(AccessKeyMetadata)).not.toContain("Secret");
    expect((await platform.clients.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: AccessKey!.AccessKeyId! }))).Account).toBe(ACCOUNT);
  });

  it("signs as its user, who may what their policies allow", async () => {
    const { UserId } = await createUser(platform.clients, "signer");
    const own = await asUser(platform.clients, platform.endpoint, "signer");
    expect(await own.sts.send(new GetCallerIdentityCommand())).toMatchObject({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/signer`, UserId });
    await platform.clients.s3.send(new CreateBucketCommand({ Bucket: "home" }));
    await platform.clients.s3.send(new PutObjectCommand({ Bucket: "home", Key: "signer/a", Body: "mine" }));
    const get = (Key: string) => own.s3.send(new GetObjectCommand({ Bucket: "home", Key }));
    expect(await refusal(get("signer/a"))).toEqual({ code: "AccessDenied", status: 403, message: `User: arn:aws:iam::${ACCOUNT}:user/signer is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::home/signer/a" because no identity-based policy allows the s3:GetObject action` });
    await iam.send(new PutUserPolicyCommand({ UserName: "signer", PolicyName: "home", PolicyDocument: documentOf(allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")) }));
    expect(await (await get("signer/a")).Body!.transformToString()).toBe("mine");
    expect(await refusal(get("other/a"))).toMatchObject({ code: "AccessDenied" });
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: "signer", PermissionsBoundary: await createPolicy(platform.clients, "no-s3", documentOf(allow("sqs:*"))) }));
    expect(await refusal(get("signer/a"))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining("because no permissions boundary allows the s3:GetObject action") });
  });

  it("means its own user when none is named", async () => {
    await createUser(platform.clients, "self", "/people/");
    const own = await asUser(platform.clients, platform.endpoint, "self");
    await iam.send(new PutUserPolicyCommand({ UserName: "self", PolicyName: "self", PolicyDocument: documentOf(allow("iam:*", "arn:aws:iam::*:user/people/${aws:username}")) }));
    expect((await own.iam.send(new GetUserCommand({}))).User!.UserName).toBe("self");
    expect((await own.iam.send(new ListAccessKeysCommand({}))).AccessKeyMetadata!.map(({ AccessKeyId }) => AccessKeyId)).toEqual([own.credentials.accessKeyId]);
    expect((await own.iam.send(new CreateAccessKeyCommand({}))).AccessKey!.UserName).toBe("self");
    expect(await refusal(own.iam.send(new GetUserCommand({ UserName: "signer" })))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining(`iam:GetUser on resource: arn:aws:iam::${ACCOUNT}:user/signer`) });
    expect((await iam.send(new GetUserCommand({}))).User).toMatchObject({ Arn: `arn:aws:iam::${ACCOUNT}:root`, UserId: ACCOUNT });
    expect((await iam.send(new ListAccessKeysCommand({}))).AccessKeyMetadata).toEqual([]);
    expect(await refusal(iam.send(new CreateAccessKeyCommand({})))).toMatchObject({ code: "ValidationError", message: "Must specify userName when calling with non-User credentials" });
  });

  it("is nobody's while it is inactive, after it is deleted, and with another secret", async () => {
    await createUser(platform.clients, "shut");
    const own = await asUser(platform.clients, platform.endpoint, "shut");
    const key = { UserName: "shut", AccessKeyId: own.credentials.accessKeyId };
    const who = () => own.sts.send(new GetCallerIdentityCommand());
    await who();
    await iam.send(new UpdateAccessKeyCommand({ ...key, Status: "Inactive" }));
    expect(await refusal(who())).toMatchObject({ code: "InvalidClientTokenId", status: 403, message: expect.stringMatching(/^The security token included in the request is invalid\./) });
    expect(await refusal(own.s3.send(new ListBucketsCommand()))).toMatchObject({ code: "InvalidAccessKeyId" });
    expect((await iam.send(new ListAccessKeysCommand({ UserName: "shut" }))).AccessKeyMetadata![0]!.Status).toBe("Inactive");
    await iam.send(new UpdateAccessKeyCommand({ ...key, Status: "Active" }));
    await who();
    const guessed = clientsOf(platform.endpoint, { ...own.credentials, secretAccessKey: "guessed" });
    expect(await refusal(guessed.sts.send(new GetCallerIdentityCommand()))).toMatchObject({ code: "SignatureDoesNotMatch" });
    await iam.send(new DeleteAccessKeyCommand(key));
    expect(await refusal(who())).toMatchObject({ code: "InvalidClientTokenId" });
    expect(await refusal(iam.send(new DeleteAccessKeyCommand(key)))).toEqual({ code: "NoSuchEntity", status: 404, message: `The Access Key with id ${key.AccessKeyId} cannot be found.` });
    expect(await refusal(iam.send(new UpdateAccessKeyCommand({ ...key, Status: "Active" })))).toMatchObject({ code: "NoSuchEntity" });
  });

  it("remembers where it was used last", async () => {
    await createUser(platform.clients, "busy");
    const own = await asUser(platform.clients, platform.endpoint, "busy");
    const last = async () => (await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: own.credentials.accessKeyId }))).AccessKeyLastUsed!;
    expect(await last()).toMatchObject({ ServiceName: "N/A", Region: "N/A" });
    await own.sts.send(new GetCallerIdentityCommand());
    const used = await eventually("the use is noted", async () => {
      const now = await last();
      return now.LastUsedDate !== undefined && now;
    });
    expect(used).toMatchObject({ ServiceName: "sts", Region: "us-east-1" });
    expect(await refusal(iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: "AKIAAAAAAAAAAAAAAAAA" })))).toMatchObject({ code: "AccessDenied" });
  });
});

describe("a role that is handed to a function", () => {
  it("must be the user's to hand on: iam:PassRole", async () => {
    const { Arn: Role } = await createRole(platform.clients, "execution", { trust: TRUST_LAMBDA });
    await createUser(platform.clients, "deployer");
    const own = await asUser(platform.clients, platform.endpoint, "deployer");
    const allowed = (...statements: object[]) => iam.send(new PutUserPolicyCommand({ UserName: "deployer", PolicyName: "deploy", PolicyDocument: documentOf(allow("lambda:*"), ...statements) }));
    const ZipFile = await zipOf({ "app.py": "def handler(event, context): return 1" });
    const create = () => own.lambda.send(new CreateFunctionCommand({ FunctionName: "deployed", Runtime: "python3.13", Handler: "app.handler", Role, Code: { ZipFile } }));
    await allowed();
    expect(await refusal(create())).toEqual({
      code: "AccessDeniedException", status: 403,
      message: `User: arn:aws:iam::${ACCOUNT}:user/deployer is not authorized to perform: iam:PassRole on resource: ${Role} because no identity-based policy allows the iam:PassRole action`,
    });
    await allowed(allow("iam:PassRole", Role, { Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } } }));
    expect(await refusal(create())).toMatchObject({ code: "AccessDeniedException" });
    await allowed(allow("iam:PassRole", Role, { Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } } }));
    expect((await create()).Role).toBe(Role);
    await waitUntilFunctionActiveV2({ client: own.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: "deployed" });
    const { Arn: other } = await createRole(platform.clients, "execution-2", { trust: TRUST_LAMBDA });
    expect(await refusal(own.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "deployed", Role: other })))).toMatchObject({ code: "AccessDeniedException", message: expect.stringContaining(`iam:PassRole on resource: ${other}`) });
    await own.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "deployed", Timeout: 9 }));
  });
});

describe("what a server keeps of keys", () => {
  it("survives a restart, and gives no secret away", async () => {
    const first = await startServer({ flags: ["--isolation", "process"] });
    const clients = clientsOf(first.endpoint);
    await createUser(clients, "kept");
    const { credentials } = await asUser(clients, first.endpoint, "kept");
    await first.stop();
    const bytes = readdirSync(first.dataDirectory).filter((name) => name.startsWith("state.db")).map((name) => readFileSync(join(first.dataDirectory, name)).toString("latin1")).join("");
    expect(bytes).toContain(credentials.accessKeyId);
    expect(bytes).not.toContain(credentials.secretAccessKey);
    const second = await startServer({ dataDirectory: first.dataDirectory, flags: ["--isolation", "process"] });
    expect((await clientsOf(second.endpoint, credentials).sts.send(new GetCallerIdentityCommand())).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/kept`);
  });
});

describe("what IAM itself is asked with", () => {
  const guarded = async (name: string, ...statements: object[]) => {
    await createUser(platform.clients, name);
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: "own", PolicyDocument: documentOf(...statements) }));
    return asUser(platform.clients, platform.endpoint, name);
  };

  it("roles by their path, policies by their ARN", async () => {
    await createRole(platform.clients, "inside", { Path: "/apps/" });
    await createRole(platform.clients, "outside");
    const own = await guarded("attacher", allow("iam:AttachRolePolicy", `arn:aws:iam::${ACCOUNT}:role/apps/*`, { Condition: { ArnEquals: { "iam:PolicyARN": READ_ONLY } } }));
    const attach = (RoleName: string, PolicyArn: string) => own.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await attach("inside", READ_ONLY);
    expect(await refusal(attach("outside", READ_ONLY))).toMatchObject({ code: "AccessDenied", message: expect.stringContaining(`iam:AttachRolePolicy on resource: arn:aws:iam::${ACCOUNT}:role/outside`) });
    expect(await refusal(attach("inside", "arn:aws:iam::aws:policy/AdministratorAccess"))).toMatchObject({ code: "AccessDenied" });
  });

  it("boundaries that must be set, tags that must be given and tags that are there", async () => {
    const boundary = await createPolicy(platform.clients, "must-have");
    const own = await guarded(
      "delegate",
      allow("iam:CreateUser", "*", { Condition: { StringEquals: { "iam:PermissionsBoundary": boundary } } }),
      allow("iam:TagUser", "*", { Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] }, StringEquals: { "aws:RequestTag/team": "red" } } }),
      allow("iam:DeleteUser", "*", { Condition: { StringEquals: { "aws:ResourceTag/team": "red" } } }),
    );
    expect(await refusal(own.iam.send(new CreateUserCommand({ UserName: "made" })))).toMatchObject({ code: "AccessDenied" });
    await own.iam.send(new CreateUserCommand({ UserName: "made", PermissionsBoundary: boundary }));
    expect(await refusal(own.iam.send(new DeleteUserCommand({ UserName: "made" })))).toMatchObject({ code: "AccessDenied" });
    expect(await refusal(own.iam.send(new TagUserCommand({ UserName: "made", Tags: [{ Key: "team", Value: "blue" }] })))).toMatchObject({ code: "AccessDenied" });
    await own.iam.send(new TagUserCommand({ UserName: "made", Tags: [{ Key: "team", Value: "red" }] }));
    await own.iam.send(new DeleteUserCommand({ UserName: "made" }));
  });
});
