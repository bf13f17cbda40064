import type { Policy, PolicyVersion } from "@aws-sdk/client-iam";
import { ApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import { iamId } from "../../kit/ids.ts";
import { POLICY_VERSIONS_MAX } from "../../kit/limits/iam.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { checkManagedPolicy } from "./documents.ts";
import { managedPolicies, type ManagedPolicy } from "./managed-policies.ts";
import { encodeStrictUri, pageAfter } from "./pages.ts";
import { checkPolicyArn } from "./principal-policies.ts";
import type { IamHandlers, IamNeeds } from "./service.ts";
import { alreadyExists, attachmentsOf, boundariesOf, dateOf, deleteConflict, getPolicy, limitExceeded, noSuchEntity, toPolicy, type PolicyRecord } from "./state.ts";
import { mergeTags, readTags, withoutTags } from "./tags.ts";
import { createWrite } from "./write.ts";

/** More than a policy will ever have had; so that names made of what is left to it have one length. */
const VERSION_NUMBERS = 9_999_999_999;
/** When the oldest of AWS's policies were made; of the others only the version's date is known here. */
const AWS_POLICY_DATE = new Date("2015-02-06T18:40:00Z");

const describeAws = (arn: string): Policy | undefined => {
  const managed = managedPolicies.get(arn);
  return managed && {
    PolicyName: managed.name, PolicyId: managed.policyId, Arn: arn, Path: managed.path, DefaultVersionId: managed.versionId, IsAttachable: true, CreateDate: AWS_POLICY_DATE, UpdateDate: managed.updatedAt,
  };
};

const describeAwsVersion = ({ versionId, updatedAt }: ManagedPolicy): PolicyVersion => ({ VersionId: versionId, IsDefaultVersion: true, CreateDate: updatedAt });

const describe = (policy: PolicyRecord, attachments: number, boundaries: number): Policy => ({
  PolicyName: policy.name,
  PolicyId: policy.policyId,
  Arn: policy.arn,
  Path: policy.path,
  DefaultVersionId: policy.defaultVersion,
  AttachmentCount: attachments,
  PermissionsBoundaryUsageCount: boundaries,
  IsAttachable: true,
  CreateDate: dateOf(policy.createdAt),
  UpdateDate: dateOf(policy.updatedAt),
  ...(policy.description === undefined ? {} : { Description: policy.description }),
  ...(policy.tags.length === 0 ? {} : { Tags: policy.tags }),
});

const describeVersion = (row: Row, defaultVersion: string, withDocument: boolean): PolicyVersion => ({
  VersionId: row["version"] as string,
  IsDefaultVersion: row["version"] === defaultVersion,
  CreateDate: dateOf(row["created_at"] as number),
  ...(withDocument ? { Document: encodeStrictUri(row["document"] as string) } : {}),
});

/** A policy that may be changed: one of the account's own. */
function* getOwnPolicy(account: string, arn: string): Operation<PolicyRecord> {
  if (parseArn(arn)?.account !== account) throw new ApiError("AccessDenied", `The policy ${arn} belongs to ${arn.includes("::aws:") ? "AWS" : "another account"}: it can be read and attached, not changed`, { status: 403 });
  return yield* getPolicy(account, arn);
}

const noSuchVersion = (arn: string, version: string) => noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`);

/** Managed policies: the account's own, in versions, and AWS's, which are data. */
export const policyHandlers = (needs: IamNeeds) => {
  const { store, clock, random } = needs;
  const write = createWrite(needs);

  function* addVersion(account: string, policy: Pick<PolicyRecord, "arn" | "nextVersion">, document: string, isDefault: boolean): Operation<Row> {
    const version = `v${policy.nextVersion}`;
    yield* sql("insert into iam_policy_version (account, arn, version, number, document, created_at) values (?, ?, ?, ?, ?, ?)", account, policy.arn, version, policy.nextVersion, document, clock.now());
    yield* sql("update iam_policy set next_version = next_version + 1, updated_at = ? where account = ? and arn = ?", clock.now(), account, policy.arn);
    if (isDefault) yield* sql("update iam_policy set default_version = ? where account = ? and arn = ?", version, account, policy.arn);
    return (yield* sqlOne("select * from iam_policy_version where account = ? and arn = ? and version = ?", account, policy.arn, version))!;
  }

  return {
    async CreatePolicy(input, { account }) {
      checkManagedPolicy(input.PolicyDocument!);
      const tags = readTags(input.Tags);
      const path = input.Path ?? "/";
      const arn = `arn:aws:iam::${account}:policy${path}${input.PolicyName}`;
      const policy = await write(function* () {
        // One name is one policy, whatever its path.
        const taken = yield* sqlOne("select arn from iam_policy where account = ? and lower(name) = lower(?)", account, input.PolicyName!);
        if (taken !== undefined) throw alreadyExists(`A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`);
        yield* sql(
          "insert into iam_policy (account, arn, name, policy_id, path, description, default_version, next_version, tags, created_at, updated_at) values (?, ?, ?, ?, ?, ?, 'v1', 1, ?, ?, ?)",
          account, arn, input.PolicyName!, iamId(random, "ANPA"), path, input.Description ?? null, JSON.stringify(tags), clock.now(), clock.now(),
        );
        yield* addVersion(account, { arn, nextVersion: 1 }, input.PolicyDocument!, true);
        return yield* getPolicy(account, arn);
      });
      return { Policy: { ...describe(policy, 0, 0), Description: undefined } };
    },

    async GetPolicy(input, { account }) {
      const arn = input.PolicyArn!;
      checkPolicyArn(arn);
      return store.run(function* () {
        const aws = describeAws(arn);
        const [attachments, boundaries] = [yield* attachmentsOf(account, arn), yield* boundariesOf(account, arn)];
        return { Policy: aws === undefined ? describe(yield* getPolicy(account, arn), attachments, boundaries) : { ...aws, AttachmentCount: attachments, PermissionsBoundaryUsageCount: boundaries } };
      });
    },

    async ListPolicies(input, { account }) {
      const all = await store.run(function* () {
        const policies: Policy[] = [];
        const own = input.Scope === "AWS" ? [] : (yield* sql("select * from iam_policy where account = ?", account)).map(toPolicy);
        for (const policy of own) policies.push({ ...describe(policy, yield* attachmentsOf(account, policy.arn), yield* boundariesOf(account, policy.arn)), Tags: undefined, Description: undefined });
        for (const arn of input.Scope === "Local" ? [] : managedPolicies.keys()) {
          policies.push({ ...describeAws(arn)!, AttachmentCount: yield* attachmentsOf(account, arn), PermissionsBoundaryUsageCount: yield* boundariesOf(account, arn) });
        }
        return policies;
      });
      const isUsed = (policy: Policy) => (input.PolicyUsageFilter === "PermissionsBoundary" ? policy.PermissionsBoundaryUsageCount! > 0 : policy.AttachmentCount! > 0);
      const isWanted = (policy: Policy) => policy.Path!.startsWith(input.PathPrefix ?? "/") && (input.OnlyAttached !== true && input.PolicyUsageFilter !== "PermissionsBoundary" ? true : isUsed(policy));
      const { items, rest } = pageAfter(all.filter(isWanted).toSorted((a, b) => (a.Arn! < b.Arn! ? -1 : 1)), (policy) => policy.Arn!, input);
      return { Policies: items, ...rest };
    },

    async DeletePolicy(input, { account }) {
      await write(function* () {
        const policy = yield* getOwnPolicy(account, input.PolicyArn!);
        if ((yield* attachmentsOf(account, policy.arn)) + (yield* boundariesOf(account, policy.arn)) > 0) throw deleteConflict("Cannot delete a policy attached to entities.");
        const versions = yield* sql("select version from iam_policy_version where account = ? and arn = ?", account, policy.arn);
        if (versions.length > 1) throw deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.");
        yield* sql("delete from iam_policy_version where account = ? and arn = ?", account, policy.arn);
        yield* sql("delete from iam_policy where account = ? and arn = ?", account, policy.arn);
      });
    },

    async CreatePolicyVersion(input, { account }) {
      checkManagedPolicy(input.PolicyDocument!);
      const isDefault = input.SetAsDefault === true;
      const row = await write(function* () {
        const policy = yield* getOwnPolicy(account, input.PolicyArn!);
        const versions = yield* sql("select version from iam_policy_version where account = ? and arn = ?", account, policy.arn);
        if (versions.length >= POLICY_VERSIONS_MAX) throw limitExceeded(`A managed policy can have up to ${POLICY_VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`);
        return yield* addVersion(account, policy, input.PolicyDocument!, isDefault);
      });
      return { PolicyVersion: describeVersion(row, isDefault ? (row["version"] as string) : "", false) };
    },

    async GetPolicyVersion(input, { account }) {
      const managed = managedPolicies.get(input.PolicyArn!);
      if (managed !== undefined) {
        if (input.VersionId !== managed.versionId) throw noSuchVersion(managed.arn, input.VersionId!);
        return { PolicyVersion: { ...describeAwsVersion(managed), Document: encodeStrictUri(JSON.stringify(managed.document)) } };
      }
      return store.run(function* () {
        const policy = yield* getPolicy(account, input.PolicyArn!);
        const row = yield* sqlOne("select * from iam_policy_version where account = ? and arn = ? and version = ?", account, policy.arn, input.VersionId!);
        if (row === undefined) throw noSuchVersion(policy.arn, input.VersionId!);
        return { PolicyVersion: describeVersion(row, policy.defaultVersion, true) };
      });
    },

    async ListPolicyVersions(input, { account }) {
      const managed = managedPolicies.get(input.PolicyArn!);
      if (managed !== undefined) return { Versions: [describeAwsVersion(managed)], IsTruncated: false };
      const { policy, rows } = await store.run(function* () {
        const found = yield* getPolicy(account, input.PolicyArn!);
        return { policy: found, rows: yield* sql("select * from iam_policy_version where account = ? and arn = ? order by number desc", account, found.arn) };
      });
      // The newest first: a marker's name must grow, and the numbers go down.
      const { items, rest } = pageAfter(rows, (row) => String(VERSION_NUMBERS - (row["number"] as number)), input);
      return { Versions: items.map((row) => describeVersion(row, policy.defaultVersion, false)), ...rest };
    },

    async DeletePolicyVersion(input, { account }) {
      await write(function* () {
        const policy = yield* getOwnPolicy(account, input.PolicyArn!);
        if (policy.defaultVersion === input.VersionId) throw deleteConflict("Cannot delete the default version of a policy.");
        const gone = yield* sql("delete from iam_policy_version where account = ? and arn = ? and version = ? returning version", account, policy.arn, input.VersionId!);
        if (gone.length === 0) throw noSuchVersion(policy.arn, input.VersionId!);
      });
    },

    async SetDefaultPolicyVersion(input, { account }) {
      await write(function* () {
        const policy = yield* getOwnPolicy(account, input.PolicyArn!);
        const row = yield* sqlOne("select version from iam_policy_version where account = ? and arn = ? and version = ?", account, policy.arn, input.VersionId!);
        if (row === undefined) throw noSuchVersion(policy.arn, input.VersionId!);
        yield* sql("update iam_policy set default_version = ?, updated_at = ? where account = ? and arn = ?", input.VersionId!, clock.now(), account, policy.arn);
      });
    },

    async TagPolicy(input, { account }) {
      await write(function* () {
        const policy = yield* getOwnPolicy(account, input.PolicyArn!);
        yield* sql("update iam_policy set tags = ? where account = ? and arn = ?", JSON.stringify(mergeTags(policy.tags, input.Tags)), account, policy.arn);
      });
    },

    async UntagPolicy(input, { account }) {
      await write(function* () {
        const policy = yield* getOwnPolicy(account, input.PolicyArn!);
        yield* sql("update iam_policy set tags = ? where account = ? and arn = ?", JSON.stringify(withoutTags(policy.tags, input.TagKeys!)), account, policy.arn);
      });
    },

    async ListPolicyTags(input, { account }) {
      const { tags } = await store.run(() => getPolicy(account, input.PolicyArn!));
      const { items, rest } = pageAfter(tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1)), (tag) => tag.Key, input);
      return { Tags: items, ...rest };
    },

    async ListEntitiesForPolicy(input, { account }) {
      const arn = input.PolicyArn!;
      const isBoundary = input.PolicyUsageFilter === "PermissionsBoundary";
      const entities = await store.run(function* () {
        if (!managedPolicies.has(arn)) yield* getPolicy(account, arn);
        const found: { kind: "role" | "user"; name: string; id: string }[] = [];
        for (const kind of ["role", "user"] as const) {
          if (input.EntityFilter !== undefined && input.EntityFilter !== (kind === "role" ? "Role" : "User")) continue;
          const rows = isBoundary
            ? yield* sql(`select name, path, ${kind}_id as id from iam_${kind} where account = ? and boundary_arn = ? order by name`, account, arn)
            : yield* sql(
                `select p.name, p.path, p.${kind}_id as id from iam_${kind}_attachment a join iam_${kind} p on p.account = a.account and p.name = a.${kind}_name
                 where a.account = ? and a.policy_arn = ? order by p.name`,
                account, arn,
              );
          found.push(...rows.filter((row) => (row["path"] as string).startsWith(input.PathPrefix ?? "/")).map((row) => ({ kind, name: row["name"] as string, id: row["id"] as string })));
        }
        return found;
      });
      const { items, rest } = pageAfter(entities, ({ kind, name }) => `${kind}/${name}`, input);
      const of = (kind: "role" | "user") => items.filter((item) => item.kind === kind);
      return {
        PolicyGroups: [],
        PolicyUsers: of("user").map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of("role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...rest,
      };
    },
  } satisfies IamHandlers;
};
