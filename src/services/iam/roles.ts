import type { Role } from "@aws-sdk/client-iam";
import { encodeStrictUri, isPast, page } from "./pages.ts";
import { parsePolicy } from "../../iam/policy.ts";
import { ApiError } from "../../kit/api-error.ts";
import { iamId } from "../../kit/ids.ts";
import { sql } from "../../store/store.ts";
import type { IamHandlers, IamNeeds } from "./service.ts";
import { attachedPolicies, findRole, getRole, inlinePolicies, noSuchEntity, policyDocument, toRole, type RoleRecord, type Tag } from "./state.ts";

const DEFAULT_SESSION_SECONDS = 3_600;

const describe = (role: RoleRecord): Role => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.roleId,
  Arn: role.arn,
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encodeStrictUri(role.trust),
  MaxSessionDuration: role.maxSessionSeconds,
  ...(role.description === undefined ? {} : { Description: role.description }),
  ...(role.boundaryArn === undefined ? {} : { PermissionsBoundary: { PermissionsBoundaryType: "Policy" as never, PermissionsBoundaryArn: role.boundaryArn } }),
  ...(role.tags.length === 0 ? {} : { Tags: role.tags }),
});

export const mergeTags = (tags: readonly Tag[], added: readonly { Key?: string | undefined; Value?: string | undefined }[]): Tag[] => {
  const merged = new Map(tags.map((tag) => [tag.Key, tag.Value]));
  for (const { Key, Value } of added) merged.set(Key!, Value!);
  return [...merged].map(([Key, Value]) => ({ Key, Value }));
};

/** Roles: whom they trust, what is written into them and attached to them. */
export const roleHandlers = ({ store, clock, random, identities }: IamNeeds) => {
  /** Every write of IAM is seen by the next decision. */
  const write: typeof store.run = async (operation) => {
    try {
      return await store.run(operation);
    } finally {
      identities.forget();
    }
  };

  return {
    async CreateRole(input, { account }) {
      parsePolicy(input.AssumeRolePolicyDocument, "trust");
      const role = await write(function* () {
        if ((yield* findRole(account, input.RoleName!)) !== undefined) throw new ApiError("EntityAlreadyExistsException", `Role with name ${input.RoleName} already exists.`, { status: 409 });
        if (input.PermissionsBoundary !== undefined && (yield* policyDocument(account, input.PermissionsBoundary)) === undefined) throw noSuchEntity(`Scope ARN: ${input.PermissionsBoundary} does not exist or is not attachable.`);
        yield* sql(
          "insert into iam_role (account, name, role_id, path, trust, description, max_session_seconds, boundary_arn, tags, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          account, input.RoleName!, iamId(random, "AROA"), input.Path ?? "/", input.AssumeRolePolicyDocument!, input.Description ?? null,
          input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS, input.PermissionsBoundary ?? null, JSON.stringify(input.Tags ?? []), clock.now(),
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
      const roles = rows.map(toRole).filter((role) => role.path.startsWith(input.PathPrefix ?? "/") && isPast(role.name, input.Marker));
      const { items, rest } = page(roles, (role) => role.name, input.MaxItems);
      return { Roles: items.map((role) => ({ ...describe(role), Tags: undefined })), ...rest };
    },

    async UpdateRole(input, { account }) {
      await write(function* () {
        const role = yield* getRole(account, input.RoleName!);
        yield* sql("update iam_role set description = ?, max_session_seconds = ? where account = ? and name = ?", input.Description ?? role.description ?? null, input.MaxSessionDuration ?? role.maxSessionSeconds, account, role.name);
      });
      return {};
    },

    async UpdateAssumeRolePolicy(input, { account }) {
      parsePolicy(input.PolicyDocument, "trust");
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        yield* sql("update iam_role set trust = ? where account = ? and name = ?", input.PolicyDocument!, account, input.RoleName!);
      });
    },

    async DeleteRole(input, { account }) {
      await write(function* () {
        const role = yield* getRole(account, input.RoleName!);
        const conflict = (message: string) => new ApiError("DeleteConflictException", message, { status: 409 });
        if ((yield* attachedPolicies(account, role.name)).length > 0) throw conflict("Cannot delete entity, must detach all policies first.");
        if ((yield* inlinePolicies(account, role.name)).length > 0) throw conflict("Cannot delete entity, must delete policies first.");
        yield* sql("delete from iam_role where account = ? and name = ?", account, role.name);
      });
    },

    async TagRole(input, { account }) {
      await write(function* () {
        const role = yield* getRole(account, input.RoleName!);
        yield* sql("update iam_role set tags = ? where account = ? and name = ?", JSON.stringify(mergeTags(role.tags, input.Tags ?? [])), account, role.name);
      });
    },

    async UntagRole(input, { account }) {
      await write(function* () {
        const role = yield* getRole(account, input.RoleName!);
        yield* sql("update iam_role set tags = ? where account = ? and name = ?", JSON.stringify(role.tags.filter((tag) => !input.TagKeys!.includes(tag.Key))), account, role.name);
      });
    },

    async ListRoleTags(input, { account }) {
      const role = await store.run(() => getRole(account, input.RoleName!));
      const { items, rest } = page(role.tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1)).filter((tag) => isPast(tag.Key, input.Marker)), (tag) => tag.Key, input.MaxItems);
      return { Tags: items, ...rest };
    },

    async PutRolePolicy(input, { account }) {
      parsePolicy(input.PolicyDocument);
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        yield* sql(
          "insert into iam_role_policy (account, role_name, name, document) values (?, ?, ?, ?) on conflict (account, role_name, name) do update set document = excluded.document",
          account, input.RoleName!, input.PolicyName!, input.PolicyDocument!,
        );
      });
    },

    async GetRolePolicy(input, { account }) {
      const found = await store.run(function* () {
        yield* getRole(account, input.RoleName!);
        return (yield* inlinePolicies(account, input.RoleName!)).find((policy) => policy.name === input.PolicyName);
      });
      if (found === undefined) throw noSuchEntity(`The role policy with name ${input.PolicyName} cannot be found.`);
      return { RoleName: input.RoleName, PolicyName: found.name, PolicyDocument: encodeStrictUri(found.document) };
    },

    async ListRolePolicies(input, { account }) {
      const names = await store.run(function* () {
        yield* getRole(account, input.RoleName!);
        return (yield* inlinePolicies(account, input.RoleName!)).map((policy) => policy.name);
      });
      const { items, rest } = page(names.filter((name) => isPast(name, input.Marker)), (name) => name, input.MaxItems);
      return { PolicyNames: items, ...rest };
    },

    async DeleteRolePolicy(input, { account }) {
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        const gone = yield* sql("delete from iam_role_policy where account = ? and role_name = ? and name = ? returning name", account, input.RoleName!, input.PolicyName!);
        if (gone.length === 0) throw noSuchEntity(`The role policy with name ${input.PolicyName} cannot be found.`);
      });
    },

    async AttachRolePolicy(input, { account }) {
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        if ((yield* policyDocument(account, input.PolicyArn!)) === undefined) {
          const hint = input.PolicyArn!.startsWith("arn:aws:iam::aws:") ? " This AWS managed policy is not among those that lambdad brings (aws iam list-policies --scope AWS): create one of your own with create-policy." : "";
          throw noSuchEntity(`Policy ${input.PolicyArn} does not exist or is not attachable.${hint}`);
        }
        yield* sql("insert into iam_role_attachment (account, role_name, policy_arn, attached_at) values (?, ?, ?, ?) on conflict do nothing", account, input.RoleName!, input.PolicyArn!, clock.now());
      });
    },

    async DetachRolePolicy(input, { account }) {
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        const gone = yield* sql("delete from iam_role_attachment where account = ? and role_name = ? and policy_arn = ? returning policy_arn", account, input.RoleName!, input.PolicyArn!);
        if (gone.length === 0) throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`);
      });
    },

    async ListAttachedRolePolicies(input, { account }) {
      const arns = await store.run(function* () {
        yield* getRole(account, input.RoleName!);
        return yield* attachedPolicies(account, input.RoleName!);
      });
      const { items, rest } = page(arns.toSorted().filter((arn) => isPast(arn, input.Marker)), (arn) => arn, input.MaxItems);
      return { AttachedPolicies: items.map((arn) => ({ PolicyName: arn.split("/").at(-1)!, PolicyArn: arn })), ...rest };
    },

    async PutRolePermissionsBoundary(input, { account }) {
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        if ((yield* policyDocument(account, input.PermissionsBoundary!)) === undefined) throw noSuchEntity(`Policy ${input.PermissionsBoundary} does not exist or is not attachable.`);
        yield* sql("update iam_role set boundary_arn = ? where account = ? and name = ?", input.PermissionsBoundary!, account, input.RoleName!);
      });
    },

    async DeleteRolePermissionsBoundary(input, { account }) {
      await write(function* () {
        yield* getRole(account, input.RoleName!);
        yield* sql("update iam_role set boundary_arn = null where account = ? and name = ?", account, input.RoleName!);
      });
    },

    /** There are no instance profiles here, so no role is in one; Terraform asks before it deletes a role. */
    async ListInstanceProfilesForRole(input, { account }) {
      await store.run(() => getRole(account, input.RoleName!));
      return { InstanceProfiles: [], IsTruncated: false };
    },
  } satisfies IamHandlers;
};
