import type { Policy, PolicyVersion } from "@aws-sdk/client-iam";
import { parsePolicy } from "../../iam/policy.ts";
import { ApiError } from "../../kit/api-error.ts";
import { iamId } from "../../kit/ids.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { managedPolicies } from "./managed-policies.ts";
import { encodeStrictUri, isPast, page } from "./pages.ts";
import { mergeTags } from "./roles.ts";
import type { IamHandlers, IamNeeds } from "./service.ts";
import { findPolicy, getPolicy, noSuchEntity, toPolicy, type PolicyRecord } from "./state.ts";

const VERSIONS_MAX = 5;
const AWS_POLICY_DATE = new Date("2015-02-06T18:40:00Z");

const describeAws = (arn: string): Policy | undefined => {
  const managed = managedPolicies.get(arn);
  return managed && { PolicyName: managed.name, PolicyId: managed.name, Arn: arn, Path: managed.path, DefaultVersionId: "v1", IsAttachable: true, CreateDate: AWS_POLICY_DATE, UpdateDate: AWS_POLICY_DATE };
};

const describe = (policy: PolicyRecord, attachments: number): Policy => ({
  PolicyName: policy.name,
  PolicyId: policy.policyId,
  Arn: policy.arn,
  Path: policy.path,
  DefaultVersionId: policy.defaultVersion,
  AttachmentCount: attachments,
  PermissionsBoundaryUsageCount: 0,
  IsAttachable: true,
  CreateDate: new Date(policy.createdAt),
  UpdateDate: new Date(policy.updatedAt),
  ...(policy.description === undefined ? {} : { Description: policy.description }),
  ...(policy.tags.length === 0 ? {} : { Tags: policy.tags }),
});

const describeVersion = (row: Row, defaultVersion: string, withDocument: boolean): PolicyVersion => ({
  VersionId: row["version"] as string,
  IsDefaultVersion: row["version"] === defaultVersion,
  CreateDate: new Date(row["created_at"] as number),
  ...(withDocument ? { Document: encodeStrictUri(row["document"] as string) } : {}),
});

function* attachmentsOf(account: string, arn: string): Operation<number> {
  return (yield* sqlOne("select count(*) as n from iam_role_attachment where account = ? and policy_arn = ?", account, arn))!["n"] as number;
}

/** Managed policies: the account's own, in versions, and AWS's, which are data. */
export const policyHandlers = ({ store, clock, random, identities }: IamNeeds) => {
  const write: typeof store.run = async (operation) => {
    try {
      return await store.run(operation);
    } finally {
      identities.forget();
    }
  };

  function* addVersion(account: string, policy: Pick<PolicyRecord, "arn" | "nextVersion">, document: string, isDefault: boolean): Operation<Row> {
    const version = `v${policy.nextVersion}`;
    yield* sql("insert into iam_policy_version (account, arn, version, number, document, created_at) values (?, ?, ?, ?, ?, ?)", account, policy.arn, version, policy.nextVersion, document, clock.now());
    yield* sql("update iam_policy set next_version = next_version + 1, updated_at = ? where account = ? and arn = ?", clock.now(), account, policy.arn);
    if (isDefault) yield* sql("update iam_policy set default_version = ? where account = ? and arn = ?", version, account, policy.arn);
    return (yield* sqlOne("select * from iam_policy_version where account = ? and arn = ? and version = ?", account, policy.arn, version))!;
  }

  return {
    async CreatePolicy(input, { account }) {
      parsePolicy(input.PolicyDocument);
      const path = input.Path ?? "/";
      const arn = `arn:aws:iam::${account}:policy${path}${input.PolicyName}`;
      const policy = await write(function* () {
        if ((yield* findPolicy(account, arn)) !== undefined) throw new ApiError("EntityAlreadyExistsException", `A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`, { status: 409 });
        yield* sql(
          "insert into iam_policy (account, arn, name, policy_id, path, description, default_version, next_version, tags, created_at, updated_at) values (?, ?, ?, ?, ?, ?, 'v1', 1, ?, ?, ?)",
          account, arn, input.PolicyName!, iamId(random, "ANPA"), path, input.Description ?? null, JSON.stringify(input.Tags ?? []), clock.now(), clock.now(),
        );
        yield* addVersion(account, { arn, nextVersion: 1 }, input.PolicyDocument!, true);
        return yield* getPolicy(account, arn);
      });
      return { Policy: { ...describe(policy, 0), Description: undefined } };
    },

    async GetPolicy(input, { account }) {
      const aws = describeAws(input.PolicyArn!);
      if (aws !== undefined) return { Policy: { ...aws, AttachmentCount: await store.run(() => attachmentsOf(account, input.PolicyArn!)) } };
      return store.run(function* () {
        return { Policy: describe(yield* getPolicy(account, input.PolicyArn!), yield* attachmentsOf(account, input.PolicyArn!)) };
      });
    },

    async ListPolicies(input, { account }) {
      const own = await store.run(function* () {
        const policies: Policy[] = [];
        for (const row of yield* sql("select * from iam_policy where account = ?", account)) {
          const policy = toPolicy(row);
          policies.push({ ...describe(policy, yield* attachmentsOf(account, policy.arn)), Tags: undefined, Description: undefined });
        }
        return policies;
      });
      const aws = await Promise.all([...managedPolicies.keys()].map(async (arn) => ({ ...describeAws(arn)!, AttachmentCount: await store.run(() => attachmentsOf(account, arn)) })));
      const scoped = [...(input.Scope === "AWS" ? [] : own), ...(input.Scope === "Local" ? [] : aws)];
      const wanted = scoped
        .filter((policy) => policy.Path!.startsWith(input.PathPrefix ?? "/") && (input.OnlyAttached !== true || policy.AttachmentCount! > 0) && isPast(policy.Arn!, input.Marker))
        .toSorted((a, b) => (a.Arn! < b.Arn! ? -1 : 1));
      const { items, rest } = page(wanted, (policy) => policy.Arn!, input.MaxItems);
      return { Policies: items, ...rest };
    },

    async DeletePolicy(input, { account }) {
      await write(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        const conflict = (message: string) => new ApiError("DeleteConflictException", message, { status: 409 });
        if ((yield* attachmentsOf(account, policy.arn)) > 0) throw conflict("Cannot delete a policy attached to entities.");
        const versions = yield* sql("select version from iam_policy_version where account = ? and arn = ?", account, policy.arn);
        if (versions.length > 1) throw conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.");
        yield* sql("delete from iam_policy_version where account = ? and arn = ?", account, policy.arn);
        yield* sql("delete from iam_policy where account = ? and arn = ?", account, policy.arn);
      });
    },

    async CreatePolicyVersion(input, { account }) {
      parsePolicy(input.PolicyDocument);
      const isDefault = input.SetAsDefault === true;
      const row = await write(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        const versions = yield* sql("select version from iam_policy_version where account = ? and arn = ?", account, policy.arn);
        if (versions.length >= VERSIONS_MAX) throw new ApiError("LimitExceededException", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.", { status: 409 });
        return yield* addVersion(account, policy, input.PolicyDocument!, isDefault);
      });
      return { PolicyVersion: describeVersion(row, isDefault ? (row["version"] as string) : "", false) };
    },

    async GetPolicyVersion(input, { account }) {
      const managed = managedPolicies.get(input.PolicyArn!);
      if (managed !== undefined && input.VersionId === "v1") {
        return { PolicyVersion: { VersionId: "v1", IsDefaultVersion: true, CreateDate: AWS_POLICY_DATE, Document: encodeStrictUri(JSON.stringify(managed.document)) } };
      }
      return store.run(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        const row = yield* sqlOne("select * from iam_policy_version where account = ? and arn = ? and version = ?", account, policy.arn, input.VersionId!);
        if (row === undefined) throw noSuchEntity(`Policy ${policy.arn} version ${input.VersionId} does not exist or is not attachable.`);
        return { PolicyVersion: describeVersion(row, policy.defaultVersion, true) };
      });
    },

    async ListPolicyVersions(input, { account }) {
      if (managedPolicies.has(input.PolicyArn!)) return { Versions: [{ VersionId: "v1", IsDefaultVersion: true, CreateDate: AWS_POLICY_DATE }], IsTruncated: false };
      return store.run(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        const rows = yield* sql("select * from iam_policy_version where account = ? and arn = ? order by number desc", account, policy.arn);
        return { Versions: rows.map((row) => describeVersion(row, policy.defaultVersion, false)), IsTruncated: false };
      });
    },

    async DeletePolicyVersion(input, { account }) {
      await write(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        if (policy.defaultVersion === input.VersionId) throw new ApiError("DeleteConflictException", "Cannot delete the default version of a policy.", { status: 409 });
        const gone = yield* sql("delete from iam_policy_version where account = ? and arn = ? and version = ? returning version", account, policy.arn, input.VersionId!);
        if (gone.length === 0) throw noSuchEntity(`Policy ${policy.arn} version ${input.VersionId} does not exist or is not attachable.`);
      });
    },

    async SetDefaultPolicyVersion(input, { account }) {
      await write(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        const row = yield* sqlOne("select version from iam_policy_version where account = ? and arn = ? and version = ?", account, policy.arn, input.VersionId!);
        if (row === undefined) throw noSuchEntity(`Policy ${policy.arn} version ${input.VersionId} does not exist or is not attachable.`);
        yield* sql("update iam_policy set default_version = ?, updated_at = ? where account = ? and arn = ?", input.VersionId!, clock.now(), account, policy.arn);
      });
    },

    async TagPolicy(input, { account }) {
      await write(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        yield* sql("update iam_policy set tags = ? where account = ? and arn = ?", JSON.stringify(mergeTags(policy.tags, input.Tags ?? [])), account, policy.arn);
      });
    },

    async UntagPolicy(input, { account }) {
      await write(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        yield* sql("update iam_policy set tags = ? where account = ? and arn = ?", JSON.stringify(policy.tags.filter((tag) => !input.TagKeys!.includes(tag.Key))), account, policy.arn);
      });
    },

    async ListPolicyTags(input, { account }) {
      const policy = await store.run(() => getPolicy(account, input.PolicyArn!));
      return { Tags: policy.tags, IsTruncated: false };
    },

    async ListEntitiesForPolicy(input, { account }) {
      return store.run(function* () {
        if (!managedPolicies.has(input.PolicyArn!)) yield* getPolicy(account, input.PolicyArn!);
        const rows = yield* sql("select r.name, r.role_id from iam_role_attachment a join iam_role r on r.account = a.account and r.name = a.role_name where a.account = ? and a.policy_arn = ? order by r.name", account, input.PolicyArn!);
        return { PolicyGroups: [], PolicyUsers: [], PolicyRoles: rows.map((row) => ({ RoleName: row["name"] as string, RoleId: row["role_id"] as string })), IsTruncated: false };
      });
    },
  } satisfies IamHandlers;
};
