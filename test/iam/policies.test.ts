import {
  AttachUserPolicyCommand, CreatePolicyCommand, CreatePolicyVersionCommand, DeletePolicyCommand, DeletePolicyVersionCommand, DetachRolePolicyCommand, GetPolicyCommand, GetPolicyVersionCommand,
  ListEntitiesForPolicyCommand, ListPoliciesCommand, ListPolicyTagsCommand, ListPolicyVersionsCommand, PutRolePermissionsBoundaryCommand, SetDefaultPolicyVersionCommand, TagPolicyCommand, UntagPolicyCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { managedPolicies } from "../../src/services/iam/managed-policies.ts";
import { parsePolicy } from "../../src/iam/policy.ts";
import { usePlatform } from "../support/platform.ts";
import { ACCOUNT, allow, attach, createPolicy, createRole, createUser, documentOf, refusal } from "./support.ts";

const platform = usePlatform();
const iam = { send: ((command: never) => platform.clients.iam.send(command)) as typeof platform.clients.iam.send };
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const missing = `arn:aws:iam::${ACCOUNT}:policy/missing`;

describe("a policy", () => {
  it("is answered as AWS answers it", async () => {
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: "Full", Path: "/team/", PolicyDocument: documentOf(allow("s3:*")), Description: "all of S3", Tags: [{ Key: "a", Value: "b" }] }));
    const Arn = `arn:aws:iam::${ACCOUNT}:policy/team/Full`;
    expect(Policy).toMatchObject({ PolicyName: "Full", Path: "/team/", Arn, DefaultVersionId: "v1", AttachmentCount: 0, PermissionsBoundaryUsageCount: 0, IsAttachable: true, Tags: [{ Key: "a", Value: "b" }] });
    expect(Policy!.PolicyId).toMatch(/^ANPA[A-Z2-7]{17}$/);
    expect(Policy!.UpdateDate).toEqual(Policy!.CreateDate);
    const got = await iam.send(new GetPolicyCommand({ PolicyArn: Arn }));
    expect(got.Policy).toEqual({ ...Policy, Description: "all of S3" });
  });

  it("has a name of its own, whatever its path and its case", async () => {
    await createPolicy(platform.clients, "Once");
    expect(await refusal(createPolicy(platform.clients, "once", undefined, { Path: "/elsewhere/" }))).toEqual({ code: "EntityAlreadyExists", status: 409, message: "A policy called once already exists. Duplicate names are not allowed." });
  });

  it.each([
    ["{", "MalformedPolicyDocument", "Syntax errors in policy."],
    [documentOf({ Effect: "Allow", Resource: "*" }), "MalformedPolicyDocument", "Policy statement must contain actions."],
    [documentOf({ Effect: "Allow", Action: "s3:*" }), "MalformedPolicyDocument", "Policy statement must contain resources."],
    [documentOf(allow("everything")), "MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."],
    [documentOf(allow("s3:*", "bucket")), "MalformedPolicyDocument", 'Resource bucket must be in ARN format or "*".'],
    [documentOf(allow("s3:*", `arn:aws:s3:::${"x".repeat(6_200)}`)), "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"],
  ])("is not made of %.60s", async (document, code, message) => {
    expect(await refusal(createPolicy(platform.clients, "Bad", document))).toMatchObject({ code, message });
    const PolicyArn = await createPolicy(platform.clients, "Good");
    expect(await refusal(iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document })))).toMatchObject({ code, message });
    await iam.send(new DeletePolicyCommand({ PolicyArn }));
  });

  it("has five versions at most, one of them the default", async () => {
    const PolicyArn = await createPolicy(platform.clients, "Versions");
    const add = (SetAsDefault?: boolean) => iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: documentOf(allow("s3:Get*")), ...(SetAsDefault === undefined ? {} : { SetAsDefault }) }));
    expect((await add()).PolicyVersion).toMatchObject({ VersionId: "v2", IsDefaultVersion: false });
    expect((await add(true)).PolicyVersion).toMatchObject({ VersionId: "v3", IsDefaultVersion: true });
    await add();
    await add();
    expect(await refusal(add())).toEqual({ code: "LimitExceeded", status: 409, message: "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version." });
    expect(await refusal(iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v3" })))).toEqual({ code: "DeleteConflict", status: 409, message: "Cannot delete the default version of a policy." });
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
    expect(await refusal(iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v2" })))).toEqual({ code: "NoSuchEntity", status: 404, message: `Policy ${PolicyArn} version v2 does not exist or is not attachable.` });
    expect((await add()).PolicyVersion!.VersionId).toBe("v6");
    const first = await iam.send(new ListPolicyVersionsCommand({ PolicyArn, MaxItems: 3 }));
    const rest = await iam.send(new ListPolicyVersionsCommand({ PolicyArn, Marker: first.Marker }));
    expect([...first.Versions!, ...rest.Versions!].map(({ VersionId, IsDefaultVersion, Document }) => [VersionId, IsDefaultVersion, Document])).toEqual([["v6", false, undefined], ["v5", false, undefined], ["v4", false, undefined], ["v3", true, undefined], ["v1", false, undefined]]);
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v1" }));
    expect((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy!.DefaultVersionId).toBe("v1");
    expect(await refusal(iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v2" })))).toMatchObject({ code: "NoSuchEntity" });
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v4" }));
    expect(PolicyVersion!.Document).toMatch(/^%7B%22Version/);
    expect(JSON.parse(decodeURIComponent(PolicyVersion!.Document!))).toEqual({ Version: "2012-10-17", Statement: [allow("s3:Get*")] });
    expect(await refusal(iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v2" })))).toMatchObject({ code: "NoSuchEntity" });
  });

  it("is deleted with its last version, once nobody has it", async () => {
    const PolicyArn = await createPolicy(platform.clients, "Leaving");
    await createRole(platform.clients, "holder");
    await attach(platform.clients, "holder", PolicyArn);
    const remove = () => iam.send(new DeletePolicyCommand({ PolicyArn }));
    expect(await refusal(remove())).toEqual({ code: "DeleteConflict", status: 409, message: "Cannot delete a policy attached to entities." });
    await iam.send(new DetachRolePolicyCommand({ RoleName: "holder", PolicyArn }));
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: documentOf(allow("s3:*")) }));
    expect(await refusal(remove())).toEqual({ code: "DeleteConflict", status: 409, message: "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy." });
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
    await remove();
    expect(await refusal(remove())).toEqual({ code: "NoSuchEntity", status: 404, message: `Policy ${PolicyArn} was not found.` });
  });

  it("that is not there is not found", async () => {
    const PolicyArn = missing;
    const PolicyDocument = documentOf(allow("s3:*"));
    const refused = await Promise.all([
      iam.send(new GetPolicyCommand({ PolicyArn })), iam.send(new ListPolicyVersionsCommand({ PolicyArn })), iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument })), iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v1" })),
      iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: "v1" })), iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v1" })), iam.send(new TagPolicyCommand({ PolicyArn, Tags: [] })),
      iam.send(new UntagPolicyCommand({ PolicyArn, TagKeys: [] })), iam.send(new ListPolicyTagsCommand({ PolicyArn })), iam.send(new ListEntitiesForPolicyCommand({ PolicyArn })),
    ].map(refusal));
    for (const one of refused) expect(one).toEqual({ code: "NoSuchEntity", status: 404, message: `Policy ${missing} was not found.` });
    expect(await refusal(iam.send(new GetPolicyCommand({ PolicyArn: "not an arn, but long enough" })))).toEqual({ code: "InvalidInput", status: 400, message: "ARN not an arn, but long enough is not valid." });
  });

  it("has tags", async () => {
    const PolicyArn = await createPolicy(platform.clients, "Tagged");
    await iam.send(new TagPolicyCommand({ PolicyArn, Tags: [{ Key: "b", Value: "1" }, { Key: "a", Value: "2" }] }));
    await iam.send(new TagPolicyCommand({ PolicyArn, Tags: [{ Key: "B", Value: "3" }] }));
    await iam.send(new UntagPolicyCommand({ PolicyArn, TagKeys: ["a"] }));
    expect((await iam.send(new ListPolicyTagsCommand({ PolicyArn }))).Tags).toEqual([{ Key: "B", Value: "3" }]);
  });

  it("knows who has it", async () => {
    const PolicyArn = await createPolicy(platform.clients, "Shared");
    const [one, two] = [await createRole(platform.clients, "sharer-1", { Path: "/x/" }), await createRole(platform.clients, "sharer-2")];
    const user = await createUser(platform.clients, "sharer");
    for (const role of [one, two]) await attach(platform.clients, role.RoleName!, PolicyArn);
    await iam.send(new AttachUserPolicyCommand({ UserName: "sharer", PolicyArn }));
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "sharer-2", PermissionsBoundary: PolicyArn }));
    const list = async (input: Partial<ConstructorParameters<typeof ListEntitiesForPolicyCommand>[0]> = {}) => {
      const { PolicyRoles, PolicyUsers, PolicyGroups } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn, ...input }));
      expect(PolicyGroups).toEqual([]);
      return [PolicyRoles!.map(({ RoleName, RoleId }) => [RoleName, RoleId]), PolicyUsers!.map(({ UserName, UserId }) => [UserName, UserId])];
    };
    expect(await list()).toEqual([[["sharer-1", one.RoleId], ["sharer-2", two.RoleId]], [["sharer", user.UserId]]]);
    expect(await list({ EntityFilter: "User" })).toEqual([[], [["sharer", user.UserId]]]);
    expect(await list({ PathPrefix: "/x/" })).toEqual([[["sharer-1", one.RoleId]], []]);
    expect(await list({ PolicyUsageFilter: "PermissionsBoundary" })).toEqual([[["sharer-2", two.RoleId]], []]);
    const first = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn, MaxItems: 2 }));
    expect([first.IsTruncated, first.PolicyRoles!.length, first.PolicyUsers!.length]).toEqual([true, 2, 0]);
    expect((await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn, Marker: first.Marker }))).PolicyUsers).toHaveLength(1);
    expect((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy).toMatchObject({ AttachmentCount: 3, PermissionsBoundaryUsageCount: 1 });
  });

  it("is listed by scope, path and use, in pages", async () => {
    await createPolicy(platform.clients, "Listed", undefined, { Path: "/listed/" });
    const arns = async (input: ConstructorParameters<typeof ListPoliciesCommand>[0]) => {
      const found: string[] = [];
      for (let Marker: string | undefined, more = true; more; ) {
        const answer = await iam.send(new ListPoliciesCommand({ ...input, MaxItems: 7, ...(Marker === undefined ? {} : { Marker }) }));
        found.push(...answer.Policies!.map(({ Arn }) => Arn!));
        [Marker, more] = [answer.Marker, answer.IsTruncated === true];
      }
      return found;
    };
    expect(await arns({ Scope: "AWS" })).toEqual([...managedPolicies.keys()].toSorted());
    expect((await arns({ Scope: "Local" })).every((arn) => arn.startsWith(`arn:aws:iam::${ACCOUNT}:`))).toBe(true);
    expect(await arns({ PathPrefix: "/listed/" })).toEqual([`arn:aws:iam::${ACCOUNT}:policy/listed/Listed`]);
    expect(await arns({ Scope: "AWS", PathPrefix: "/service-role/" })).toContain(BASIC);
    const attached = await arns({ OnlyAttached: true });
    expect(attached).toContain(`arn:aws:iam::${ACCOUNT}:policy/Shared`);
    expect(attached).not.toContain(`arn:aws:iam::${ACCOUNT}:policy/listed/Listed`);
    expect(await arns({ PolicyUsageFilter: "PermissionsBoundary" })).toEqual([`arn:aws:iam::${ACCOUNT}:policy/Shared`]);
  });
});

describe("a policy of AWS", () => {
  it("has an id, a version and their dates, always the same", async () => {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: "arn:aws:iam::aws:policy/AWSLambda_FullAccess" }));
    expect(Policy).toMatchObject({ PolicyId: expect.stringMatching(/^ANPA[A-Z2-7]{17}$/), DefaultVersionId: "v5", UpdateDate: new Date("2026-02-11T22:18:56Z") });
    expect(new Set([...managedPolicies.values()].map(({ policyId }) => policyId)).size).toBe(managedPolicies.size);
    expect(await refusal(iam.send(new GetPolicyVersionCommand({ PolicyArn: READ_ONLY, VersionId: "v9" })))).toMatchObject({ code: "NoSuchEntity" });
  });

  it("can be read and attached, not changed", async () => {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: BASIC }));
    expect(Policy).toMatchObject({ PolicyName: "AWSLambdaBasicExecutionRole", Path: "/service-role/", Arn: BASIC, IsAttachable: true });
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: BASIC, VersionId: Policy!.DefaultVersionId! }));
    expect(JSON.parse(decodeURIComponent(PolicyVersion!.Document!))).toEqual({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }] });
    expect((await iam.send(new ListPolicyVersionsCommand({ PolicyArn: READ_ONLY }))).Versions!.filter(({ IsDefaultVersion }) => IsDefaultVersion)).toHaveLength(1);
    const changes = [new DeletePolicyCommand({ PolicyArn: READ_ONLY }), new CreatePolicyVersionCommand({ PolicyArn: READ_ONLY, PolicyDocument: documentOf(allow("s3:*")) }), new TagPolicyCommand({ PolicyArn: READ_ONLY, Tags: [] })];
    for (const change of changes) expect(await refusal(iam.send(change as never))).toMatchObject({ code: "AccessDenied", status: 403 });
  });

  it.each([...managedPolicies.values()].map(({ arn, document }) => [arn, document] as const))("%s is one that could be written", (_arn, document) => {
    expect(parsePolicy(document)).toBe(document);
  });
});
