import type { Role } from "@aws-sdk/client-iam";
import { SESSION_SECONDS_DEFAULT } from "../../kit/limits/iam.ts";
import { iamId } from "../../kit/ids.ts";
import { sql, sqlOne } from "../../store/store.ts";
import { checkTrustPolicy } from "./documents.ts";
import { encodeStrictUri, pageAfter } from "./pages.ts";
import { checkPolicyArn, principalPolicies } from "./principal-policies.ts";
import type { IamHandlers, IamNeeds } from "./service.ts";
import { alreadyExists, attachedPolicies, dateOf, deleteConflict, getRole, inlinePolicies, invalidInput, noSuchEntity, policyDocument, toRole, type RoleRecord } from "./state.ts";
import { readTags } from "./tags.ts";
import { checkTrustedPrincipals } from "./trusted-principals.ts";
import { createWrite } from "./write.ts";

const describe = (role: RoleRecord): Role => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: dateOf(role.createdAt),
  AssumeRolePolicyDocument: encodeStrictUri(role.trust),
  MaxSessionDuration: role.maxSessionSeconds,
  ...(role.description === undefined ? {} : { Description: role.description }),
  ...(role.boundaryArn === undefined ? {} : { PermissionsBoundary: { PermissionsBoundaryType: "Policy" as never, PermissionsBoundaryArn: role.boundaryArn } }),
  ...(role.tags.length === 0 ? {} : { Tags: role.tags }),
});

/** Roles: whom they trust, what is written into them and attached to them. */
export const roleHandlers = (needs: IamNeeds) => {
  const { store, clock, random } = needs;
  const write = createWrite(needs);
  const on = principalPolicies("role", needs);

  return {
    async CreateRole(input, { account }) {
      if (input.Path?.startsWith("/aws-service-role/") === true) throw invalidInput("Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles");
      checkTrustPolicy(input.AssumeRolePolicyDocument!);
      const tags = readTags(input.Tags);
      if (input.PermissionsBoundary !== undefined) checkPolicyArn(input.PermissionsBoundary);
      const role = await write(function* () {
        // Names are not distinguished by their case.
        if ((yield* sqlOne("select name from iam_role where account = ? and lower(name) = lower(?)", account, input.RoleName!)) !== undefined) throw alreadyExists(`Role with name ${input.RoleName} already exists.`);
        yield* checkTrustedPrincipals(input.AssumeRolePolicyDocument!);
        if (input.PermissionsBoundary !== undefined && (yield* policyDocument(account, input.PermissionsBoundary)) === undefined) throw noSuchEntity(`Scope ARN: ${input.PermissionsBoundary} does not exist or is not attachable.`);
        yield* sql(
          "insert into iam_role (account, name, role_id, path, trust, description, max_session_seconds, boundary_arn, tags, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          account, input.RoleName!, iamId(random, "AROA"), input.Path ?? "/", input.AssumeRolePolicyDocument!, input.Description ?? null,
          input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT, input.PermissionsBoundary ?? null, JSON.stringify(tags), clock.now(),
        );
        return yield* getRole(account, input.RoleName!);
      });
      return { Role: describe(role) };
    },

    async GetRole(input, { account }) {
      const role = await store.run(() => getRole(account, input.RoleName!));
      return { Role: { ...describe(role), RoleLastUsed: {} } };
    },

    async ListRoles(input, { account }) {
      const rows = await store.run(() => sql("select * from iam_role where account = ? order by name", account));
      const roles = rows.map(toRole).filter((role) => role.path.startsWith(input.PathPrefix ?? "/"));
      const { items, rest } = pageAfter(roles, (role) => role.name, input);
      return { Roles: items.map((role) => ({ ...describe(role), Tags: undefined, PermissionsBoundary: undefined })), ...rest };
    },

    async UpdateRole(input, { account }) {
      await write(function* () {
        const role = yield* getRole(account, input.RoleName!);
        yield* sql("update iam_role set description = ?, max_session_seconds = ? where account = ? and name = ?", input.Description ?? role.description ?? null, input.MaxSessionDuration ?? role.maxSessionSeconds, account, role.name);
      });
      return {};
    },

    /** The older way to change a description; unlike UpdateRole it answers with the role. */
    async UpdateRoleDescription(input, { account }) {
      const role = await write(function* () {
        yield* getRole(account, input.RoleName!);
        yield* sql("update iam_role set description = ? where account = ? and name = ?", input.Description!, account, input.RoleName!);
        return yield* getRole(account, input.RoleName!);
      });
      return { Role: describe(role) };
    },

    async UpdateAssumeRolePolicy(input, { account }) {
      checkTrustPolicy(input.PolicyDocument!);
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        yield* checkTrustedPrincipals(input.PolicyDocument!);
        yield* sql("update iam_role set trust = ? where account = ? and name = ?", input.PolicyDocument!, account, input.RoleName!);
      });
    },

    async DeleteRole(input, { account }) {
      await write(function* () {
        const role = yield* getRole(account, input.RoleName!);
        if ((yield* attachedPolicies("role", account, role.name)).length > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
        if ((yield* inlinePolicies("role", account, role.name)).length > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
        yield* sql("delete from iam_role where account = ? and name = ?", account, role.name);
      });
    },

    TagRole: (input, { account }) => on.tag(account, input.RoleName!, input.Tags!),
    UntagRole: (input, { account }) => on.untag(account, input.RoleName!, input.TagKeys!),
    ListRoleTags: (input, { account }) => on.listTags(account, input.RoleName!, input),
    PutRolePolicy: (input, { account }) => on.putInline(account, input.RoleName!, input.PolicyName!, input.PolicyDocument!),
    GetRolePolicy: async (input, { account }) => ({ RoleName: input.RoleName, ...(await on.getInline(account, input.RoleName!, input.PolicyName!)) }),
    ListRolePolicies: (input, { account }) => on.listInline(account, input.RoleName!, input),
    DeleteRolePolicy: (input, { account }) => on.deleteInline(account, input.RoleName!, input.PolicyName!),
    AttachRolePolicy: (input, { account }) => on.attach(account, input.RoleName!, input.PolicyArn!),
    DetachRolePolicy: (input, { account }) => on.detach(account, input.RoleName!, input.PolicyArn!),
    ListAttachedRolePolicies: (input, { account }) => on.listAttached(account, input.RoleName!, input),
    PutRolePermissionsBoundary: (input, { account }) => on.setBoundary(account, input.RoleName!, input.PermissionsBoundary!),
    DeleteRolePermissionsBoundary: (input, { account }) => on.setBoundary(account, input.RoleName!, null),

    /** There are no instance profiles here, so no role is in one; Terraform asks before it deletes a role. */
    async ListInstanceProfilesForRole(input, { account }) {
      await store.run(() => getRole(account, input.RoleName!));
      return { InstanceProfiles: [], IsTruncated: false };
    },
  } satisfies IamHandlers;
};
