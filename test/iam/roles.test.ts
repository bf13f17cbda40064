import {
  AttachRolePolicyCommand, CreateRoleCommand, DeleteRoleCommand, DeleteRolePermissionsBoundaryCommand, DeleteRolePolicyCommand, DetachRolePolicyCommand, GetRoleCommand, GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand, ListInstanceProfilesForRoleCommand, ListRolePoliciesCommand, ListRoleTagsCommand, ListRolesCommand, PutRolePermissionsBoundaryCommand, PutRolePolicyCommand, TagRoleCommand,
  UntagRoleCommand, UpdateAssumeRolePolicyCommand, UpdateRoleCommand, UpdateRoleDescriptionCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { usePlatform } from "../support/platform.ts";
import { ACCOUNT, allow, attach, createPolicy, createRole, documentOf, refusal, TRUST_ACCOUNT, TRUST_LAMBDA } from "./support.ts";

const platform = usePlatform();
const iam = { send: ((command: never) => platform.clients.iam.send(command)) as typeof platform.clients.iam.send };
const noRole = (name: string) => ({ code: "NoSuchEntity", status: 404, message: `The role with name ${name} cannot be found.` });

describe("a role", () => {
  it("is answered as AWS answers it", async () => {
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "full", Path: "/service/", AssumeRolePolicyDocument: TRUST_LAMBDA, Description: "a role", MaxSessionDuration: 7200, Tags: [{ Key: "team", Value: "red" }] }));
    expect(Role).toMatchObject({ RoleName: "full", Path: "/service/", Arn: `arn:aws:iam::${ACCOUNT}:role/service/full`, Description: "a role", MaxSessionDuration: 7200, Tags: [{ Key: "team", Value: "red" }] });
    expect(Role!.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(Math.abs(Role!.CreateDate!.getTime() - Date.now())).toBeLessThan(60_000);
    expect(Role!.CreateDate!.getMilliseconds()).toBe(0);
    expect(Role!.AssumeRolePolicyDocument).toMatch(/^%7B%22Version%22%3A%222012-10-17%22/);
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(TRUST_LAMBDA);
    const got = await iam.send(new GetRoleCommand({ RoleName: "full" }));
    expect(got.Role).toEqual({ ...Role, RoleLastUsed: {} });
  });

  it("has an hour per session, the path / and no description by default", async () => {
    const role = await createRole(platform.clients, "plain");
    expect(role).toMatchObject({ MaxSessionDuration: 3600, Path: "/", Arn: `arn:aws:iam::${ACCOUNT}:role/plain` });
    expect([role.Description, role.Tags, role.PermissionsBoundary]).toEqual([undefined, undefined, undefined]);
  });

  it("has a name of its own, whatever its case", async () => {
    await createRole(platform.clients, "Once");
    for (const name of ["Once", "once"]) {
      expect(await refusal(createRole(platform.clients, name))).toEqual({ code: "EntityAlreadyExists", status: 409, message: `Role with name ${name} already exists.` });
    }
  });

  it.each([
    ["{", "This policy contains invalid Json"],
    [documentOf({ Effect: "Allow", Action: "sts:AssumeRole" }), "Missing required field Principal"],
    [documentOf({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole", Resource: "*" }), "Has prohibited field Resource"],
    [documentOf({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "s3:GetObject" }), "AssumeRole policy may only specify STS AssumeRole actions."],
    [documentOf({ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/nobody` }, Action: "sts:AssumeRole" }), `Invalid principal in policy: "AWS":"arn:aws:iam::${ACCOUNT}:role/nobody"`],
    [documentOf({ Effect: "Allow", Principal: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/nobody/session` }, Action: "sts:AssumeRole" }), `Invalid principal in policy: "AWS":"arn:aws:sts::${ACCOUNT}:assumed-role/nobody/session"`],
    [documentOf({ Effect: "Allow", Principal: "*", Action: "sts:AssumeRole" }), 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'],
    [documentOf({ Effect: "Allow", Principal: { AWS: "nobody" }, Action: "sts:AssumeRole" }), 'Invalid principal in policy: "AWS":"nobody"'],
    [documentOf({ Effect: "Allow", Principal: { Service: "lambda" }, Action: "sts:AssumeRole" }), 'Invalid principal in policy: "SERVICE":"lambda"'],
  ])("trusts nobody with the policy %s", async (trust, message) => {
    const refused = { code: "MalformedPolicyDocument", status: 400, message };
    expect(await refusal(createRole(platform.clients, "untrusting", { trust }))).toEqual(refused);
    await createRole(platform.clients, "untrusting");
    expect(await refusal(iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "untrusting", PolicyDocument: trust })))).toEqual(refused);
    await iam.send(new DeleteRoleCommand({ RoleName: "untrusting" }));
  });

  it("trusts a role that is there, and no more than its trust policy has room for", async () => {
    const { Arn } = await createRole(platform.clients, "trusted", { Path: "/a/b/" });
    const trust = (arns: string[]) => documentOf({ Effect: "Allow", Principal: { AWS: arns }, Action: "sts:AssumeRole" });
    await createRole(platform.clients, "trusting", { trust: trust([Arn!]) });
    expect(await refusal(createRole(platform.clients, "too-trusting", { trust: trust(Array.from({ length: 50 }, () => Arn!)) }))).toEqual({ code: "LimitExceeded", status: 409, message: "Cannot exceed quota for ACLSizePerRole: 2048" });
    expect(await refusal(createRole(platform.clients, "too-trusting", { trust: trust([Arn!.replace("/a/b/", "/")]) }))).toMatchObject({ code: "MalformedPolicyDocument" });
  });

  it("is validated by its model", async () => {
    expect(await refusal(createRole(platform.clients, "a b"))).toMatchObject({ code: "ValidationError", message: "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-" });
    expect(await refusal(createRole(platform.clients, "linked", { Path: "/aws-service-role/" }))).toEqual({ code: "InvalidInput", status: 400, message: "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles" });
    expect(await refusal(createRole(platform.clients, "short", { MaxSessionDuration: 60 }))).toMatchObject({ code: "ValidationError", message: expect.stringContaining("at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600") });
  });

  it("is changed member by member", async () => {
    await createRole(platform.clients, "changing");
    await iam.send(new UpdateRoleCommand({ RoleName: "changing", Description: "new" }));
    await iam.send(new UpdateRoleCommand({ RoleName: "changing", MaxSessionDuration: 43_200 }));
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "changing", PolicyDocument: TRUST_LAMBDA }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "changing" }));
    expect(Role).toMatchObject({ Description: "new", MaxSessionDuration: 43_200 });
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(TRUST_LAMBDA);
    const answer = await iam.send(new UpdateRoleDescriptionCommand({ RoleName: "changing", Description: "newer" }));
    expect(answer.Role).toMatchObject({ RoleName: "changing", Description: "newer" });
  });

  it("is listed by path and in pages", async () => {
    for (const name of ["p1", "p2", "p3", "p4", "p5"]) await createRole(platform.clients, name, { Path: name === "p3" ? "/paged/deep/" : "/paged/" });
    const first = await iam.send(new ListRolesCommand({ PathPrefix: "/paged/", MaxItems: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, Roles: [{ RoleName: "p1" }, { RoleName: "p2" }] });
    const second = await iam.send(new ListRolesCommand({ PathPrefix: "/paged/", MaxItems: 2, Marker: first.Marker }));
    const last = await iam.send(new ListRolesCommand({ PathPrefix: "/paged/", MaxItems: 2, Marker: second.Marker }));
    expect([second.Roles!.map((role) => role.RoleName), last.Roles!.map((role) => role.RoleName), last.IsTruncated, last.Marker]).toEqual([["p3", "p4"], ["p5"], false, undefined]);
    expect((await iam.send(new ListRolesCommand({ PathPrefix: "/paged/deep/" }))).Roles).toHaveLength(1);
    expect(await refusal(iam.send(new ListRolesCommand({ Marker: "nonsense!" })))).toMatchObject({ code: "InvalidInput", status: 400 });
  });

  it("is deleted once nothing hangs on it", async () => {
    await createRole(platform.clients, "leaving");
    await attach(platform.clients, "leaving", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
    await iam.send(new PutRolePolicyCommand({ RoleName: "leaving", PolicyName: "own", PolicyDocument: documentOf(allow("s3:*")) }));
    const remove = () => iam.send(new DeleteRoleCommand({ RoleName: "leaving" }));
    expect(await refusal(remove())).toEqual({ code: "DeleteConflict", status: 409, message: "Cannot delete entity, must detach all policies first." });
    await iam.send(new DetachRolePolicyCommand({ RoleName: "leaving", PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));
    expect(await refusal(remove())).toEqual({ code: "DeleteConflict", status: 409, message: "Cannot delete entity, must delete policies first." });
    await iam.send(new DeleteRolePolicyCommand({ RoleName: "leaving", PolicyName: "own" }));
    expect((await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName: "leaving" }))).InstanceProfiles).toEqual([]);
    await remove();
    expect(await refusal(remove())).toEqual(noRole("leaving"));
  });

  it("that is not there is not found, whatever is asked of it", async () => {
    const RoleName = "nobody";
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    const PolicyDocument = documentOf(allow("s3:*"));
    const calls: Promise<unknown>[] = [
      iam.send(new GetRoleCommand({ RoleName })), iam.send(new DeleteRoleCommand({ RoleName })), iam.send(new UpdateRoleCommand({ RoleName })), iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: "" })),
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: TRUST_ACCOUNT })), iam.send(new TagRoleCommand({ RoleName, Tags: [] })), iam.send(new UntagRoleCommand({ RoleName, TagKeys: [] })), iam.send(new ListRoleTagsCommand({ RoleName })),
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument })), iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "p" })), iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "p" })),
      iam.send(new ListRolePoliciesCommand({ RoleName })), iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn })), iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })), iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
      iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: PolicyArn })), iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })), iam.send(new ListInstanceProfilesForRoleCommand({ RoleName })),
    ];
    for (const refused of await Promise.all(calls.map(refusal))) expect(refused).toEqual(noRole(RoleName));
  });
});

describe("policies of a role", () => {
  it("inline: written, read as they were written, replaced, listed in pages, removed", async () => {
    await createRole(platform.clients, "inline");
    const text = `{ "Version": "2012-10-17",\n  "Statement": [{ "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/(b)!'*" }] }`;
    await iam.send(new PutRolePolicyCommand({ RoleName: "inline", PolicyName: "b", PolicyDocument: documentOf(allow("s3:*")) }));
    await iam.send(new PutRolePolicyCommand({ RoleName: "inline", PolicyName: "b", PolicyDocument: text }));
    await iam.send(new PutRolePolicyCommand({ RoleName: "inline", PolicyName: "a", PolicyDocument: text }));
    const got = await iam.send(new GetRolePolicyCommand({ RoleName: "inline", PolicyName: "b" }));
    expect(got).toMatchObject({ RoleName: "inline", PolicyName: "b" });
    expect(got.PolicyDocument).not.toMatch(/[!'()* {]/);
    expect(decodeURIComponent(got.PolicyDocument!)).toBe(text);
    const first = await iam.send(new ListRolePoliciesCommand({ RoleName: "inline", MaxItems: 1 }));
    expect(first).toMatchObject({ PolicyNames: ["a"], IsTruncated: true });
    expect(await iam.send(new ListRolePoliciesCommand({ RoleName: "inline", Marker: first.Marker }))).toMatchObject({ PolicyNames: ["b"], IsTruncated: false });
    await iam.send(new DeleteRolePolicyCommand({ RoleName: "inline", PolicyName: "a" }));
    const gone = { RoleName: "inline", PolicyName: "a" };
    const refused = { code: "NoSuchEntity", status: 404, message: "The role policy with name a cannot be found." };
    expect(await refusal(iam.send(new DeleteRolePolicyCommand(gone)))).toEqual(refused);
    expect(await refusal(iam.send(new GetRolePolicyCommand(gone)))).toEqual(refused);
  });

  it("inline: refused when malformed, or too much together, white space not counted", async () => {
    await createRole(platform.clients, "sized");
    const put = (PolicyName: string, PolicyDocument: string) => iam.send(new PutRolePolicyCommand({ RoleName: "sized", PolicyName, PolicyDocument }));
    expect(await refusal(put("p", "{"))).toEqual({ code: "MalformedPolicyDocument", status: 400, message: "Syntax errors in policy." });
    expect(await refusal(put("p", documentOf({ ...allow("s3:*"), Principal: "*" })))).toMatchObject({ code: "MalformedPolicyDocument", message: "Policy document should not specify a principal." });
    const sized = (characters: number) => documentOf(allow("s3:*", `arn:aws:s3:::${"x".repeat(characters)}`));
    await put("one", `${" ".repeat(9_000)}${sized(6_000)}`);
    await put("one", sized(6_000));
    expect(await refusal(put("two", sized(6_000)))).toEqual({ code: "LimitExceeded", status: 409, message: "Maximum policy size of 10240 bytes exceeded for role sized" });
  });

  it("attached: once, twenty at most, listed by path and in pages, detached", async () => {
    await createRole(platform.clients, "attached");
    const arns: string[] = [];
    for (let index = 0; index < 21; index++) arns.push(await createPolicy(platform.clients, `attached-${String(index).padStart(2, "0")}`, undefined, index === 3 ? { Path: "/deep/" } : {}));
    for (const arn of arns.slice(0, 20)) await attach(platform.clients, "attached", arn);
    await attach(platform.clients, "attached", arns[0]!);
    expect(await refusal(attach(platform.clients, "attached", arns[20]!))).toEqual({ code: "LimitExceeded", status: 409, message: "Cannot exceed quota for PoliciesPerRole: 20" });
    const first = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "attached", MaxItems: 7 }));
    const rest = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "attached", Marker: first.Marker }));
    expect([first.AttachedPolicies!.length, first.IsTruncated, rest.AttachedPolicies!.length, rest.IsTruncated]).toEqual([7, true, 13, false]);
    expect((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "attached", PathPrefix: "/deep/" }))).AttachedPolicies).toEqual([{ PolicyName: "attached-03", PolicyArn: arns[3] }]);
    await iam.send(new DetachRolePolicyCommand({ RoleName: "attached", PolicyArn: arns[3]! }));
    expect(await refusal(iam.send(new DetachRolePolicyCommand({ RoleName: "attached", PolicyArn: arns[3]! })))).toEqual({ code: "NoSuchEntity", status: 404, message: `Policy ${arns[3]} was not found.` });
  });

  it("attached: only what there is", async () => {
    await createRole(platform.clients, "picky");
    const missing = `arn:aws:iam::${ACCOUNT}:policy/nothing`;
    expect(await refusal(attach(platform.clients, "picky", missing))).toEqual({ code: "NoSuchEntity", status: 404, message: `Policy ${missing} does not exist or is not attachable.` });
    expect(await refusal(attach(platform.clients, "picky", "arn:aws:iam::aws:policy/AmazonNothingAccess"))).toMatchObject({ code: "NoSuchEntity", message: expect.stringMatching(/^Policy arn:aws:iam::aws:policy\/AmazonNothingAccess does not exist or is not attachable\. .*list-policies --scope AWS/) });
    expect(await refusal(attach(platform.clients, "picky", "AmazonS3ReadOnlyAccess"))).toEqual({ code: "InvalidInput", status: 400, message: "ARN AmazonS3ReadOnlyAccess is not valid." });
    expect(await refusal(attach(platform.clients, "picky", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"))).toEqual({ code: "ValidationError", status: 400, message: "Invalid ARN partition" });
  });

  it("a boundary: set, seen, counted, taken away", async () => {
    const PermissionsBoundary = await createPolicy(platform.clients, "boundary");
    await createRole(platform.clients, "bounded");
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "bounded", PermissionsBoundary }));
    expect((await iam.send(new GetRoleCommand({ RoleName: "bounded" }))).Role!.PermissionsBoundary).toEqual({ PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: PermissionsBoundary });
    await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: "bounded" }));
    expect((await iam.send(new GetRoleCommand({ RoleName: "bounded" }))).Role!.PermissionsBoundary).toBeUndefined();
    const missing = `arn:aws:iam::${ACCOUNT}:policy/none`;
    const refused = { code: "NoSuchEntity", status: 404, message: `Scope ARN: ${missing} does not exist or is not attachable.` };
    expect(await refusal(iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "bounded", PermissionsBoundary: missing })))).toEqual(refused);
    expect(await refusal(iam.send(new CreateRoleCommand({ RoleName: "unbounded", AssumeRolePolicyDocument: TRUST_ACCOUNT, PermissionsBoundary: missing })))).toEqual(refused);
  });
});

describe("tags of a role", () => {
  const tags = async (RoleName: string) => Object.fromEntries((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags!.map(({ Key, Value }) => [Key, Value]));

  it("are kept with their case and compared without it", async () => {
    await createRole(platform.clients, "tagged");
    await iam.send(new TagRoleCommand({ RoleName: "tagged", Tags: [{ Key: "Team", Value: "red" }, { Key: "cost", Value: "" }] }));
    await iam.send(new TagRoleCommand({ RoleName: "tagged", Tags: [{ Key: "team", Value: "blue" }] }));
    expect(await tags("tagged")).toEqual({ team: "blue", cost: "" });
    await iam.send(new UntagRoleCommand({ RoleName: "tagged", TagKeys: ["COST", "unknown"] }));
    expect(await tags("tagged")).toEqual({ team: "blue" });
  });

  it("are listed in pages", async () => {
    await createRole(platform.clients, "many-tags");
    await iam.send(new TagRoleCommand({ RoleName: "many-tags", Tags: ["c", "a", "b"].map((Key) => ({ Key, Value: Key })) }));
    const first = await iam.send(new ListRoleTagsCommand({ RoleName: "many-tags", MaxItems: 2 }));
    expect(first).toMatchObject({ Tags: [{ Key: "a" }, { Key: "b" }], IsTruncated: true });
    expect(await iam.send(new ListRoleTagsCommand({ RoleName: "many-tags", Marker: first.Marker }))).toMatchObject({ Tags: [{ Key: "c" }], IsTruncated: false });
  });

  it("are fifty at most, each once, and none of AWS's own", async () => {
    await createRole(platform.clients, "full-tags");
    const tag = (...keys: string[]) => iam.send(new TagRoleCommand({ RoleName: "full-tags", Tags: keys.map((Key) => ({ Key, Value: "v" })) }));
    await tag(...Array.from({ length: 50 }, (_, index) => `k${index}`));
    await tag("K1");
    expect(await refusal(tag("one-more"))).toMatchObject({ code: "LimitExceeded", status: 409 });
    expect(await refusal(tag("same", "Same"))).toEqual({ code: "InvalidInput", status: 400, message: "Duplicate tag keys found. Please note that Tag keys are case insensitive." });
    expect(await refusal(tag("aws:own"))).toMatchObject({ code: "InvalidInput" });
    expect(await refusal(tag(...Array.from({ length: 51 }, (_, index) => `n${index}`)))).toMatchObject({ code: "ValidationError", message: expect.stringContaining("at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50") });
    expect(await refusal(iam.send(new CreateRoleCommand({ RoleName: "dup", AssumeRolePolicyDocument: TRUST_ACCOUNT, Tags: [{ Key: "a", Value: "" }, { Key: "A", Value: "" }] })))).toMatchObject({ code: "InvalidInput" });
  });
});
