import type { User } from "@aws-sdk/client-iam";
import { ApiError } from "../../kit/api-error.ts";
import { iamId } from "../../kit/ids.ts";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { pageAfter } from "./pages.ts";
import { checkPolicyArn, principalPolicies } from "./principal-policies.ts";
import type { IamHandlers, IamNeeds } from "./service.ts";
import { alreadyExists, attachedPolicies, dateOf, deleteConflict, getUser, inlinePolicies, noSuchEntity, policyDocument, toUser, type UserRecord } from "./state.ts";
import { readTags } from "./tags.ts";
import { createWrite } from "./write.ts";

const describe = (user: UserRecord): User => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: user.arn,
  CreateDate: dateOf(user.createdAt),
  ...(user.boundaryArn === undefined ? {} : { PermissionsBoundary: { PermissionsBoundaryType: "Policy" as never, PermissionsBoundaryArn: user.boundaryArn } }),
  ...(user.tags.length === 0 ? {} : { Tags: user.tags }),
});

/** Whom a call without a UserName means: the user whose key signed it. */
export const userNameOf = (given: string | undefined, { caller }: RequestContext): string => {
  if (given !== undefined) return given;
  if (caller.type === "user") return caller.userName;
  throw new ApiError("ValidationError", "Must specify userName when calling with non-User credentials", { status: 400 });
};

/** Tables that name a user; a rename goes through all of them. */
const OF_USER = ["iam_user_policy", "iam_user_attachment", "iam_access_key"];

function* hasAccessKeys(account: string, name: string): Operation<boolean> {
  return (yield* sqlOne("select 1 as n from iam_access_key where account = ? and user_name = ?", account, name)) !== undefined;
}

/** Users: people and machines with keys of their own. */
export const userHandlers = (needs: IamNeeds) => {
  const { store, clock, random } = needs;
  const write = createWrite(needs);
  const on = principalPolicies("user", needs);
  const existing = (name: string, account: string) => store.run(() => getUser(account, name));
  function* checkFree(account: string, name: string): Operation<void> {
    const taken = yield* sqlOne("select name from iam_user where account = ? and lower(name) = lower(?)", account, name);
    if (taken !== undefined) throw alreadyExists(`User with name ${name} already exists.`);
  }

  return {
    async CreateUser(input, { account }) {
      const tags = readTags(input.Tags);
      if (input.PermissionsBoundary !== undefined) checkPolicyArn(input.PermissionsBoundary);
      const user = await write(function* () {
        yield* checkFree(account, input.UserName!);
        if (input.PermissionsBoundary !== undefined && (yield* policyDocument(account, input.PermissionsBoundary)) === undefined) throw noSuchEntity(`Scope ARN: ${input.PermissionsBoundary} does not exist or is not attachable.`);
        yield* sql(
          "insert into iam_user (account, name, user_id, path, boundary_arn, tags, created_at) values (?, ?, ?, ?, ?, ?, ?)",
          account, input.UserName!, iamId(random, "AIDA"), input.Path ?? "/", input.PermissionsBoundary ?? null, JSON.stringify(tags), clock.now(),
        );
        return yield* getUser(account, input.UserName!);
      });
      return { User: describe(user) };
    },

    async GetUser(input, context) {
      const { caller, account } = context;
      if (input.UserName === undefined && caller.type === "root") return { User: { Path: undefined, UserName: undefined, UserId: account, Arn: caller.arn, CreateDate: new Date(0) } };
      return { User: describe(await existing(userNameOf(input.UserName, context), account)) };
    },

    async ListUsers(input, { account }) {
      const rows = await store.run(() => sql("select * from iam_user where account = ? order by name", account));
      const users = rows.map(toUser).filter((user) => user.path.startsWith(input.PathPrefix ?? "/"));
      const { items, rest } = pageAfter(users, (user) => user.name, input);
      return { Users: items.map((user) => ({ ...describe(user), Tags: undefined, PermissionsBoundary: undefined })), ...rest };
    },

    async UpdateUser(input, { account }) {
      const { UserName: name = "", NewUserName: newName = name, NewPath } = input;
      await write(function* () {
        const user = yield* getUser(account, name);
        if (newName.toLowerCase() !== name.toLowerCase()) yield* checkFree(account, newName);
        yield* sql("update iam_user set name = ?, path = ? where account = ? and name = ?", newName, NewPath ?? user.path, account, name);
        for (const table of newName === name ? [] : OF_USER) yield* sql(`update ${table} set user_name = ? where account = ? and user_name = ?`, newName, account, name);
      });
    },

    async DeleteUser(input, { account }) {
      await write(function* () {
        const { name } = yield* getUser(account, input.UserName!);
        if (yield* hasAccessKeys(account, name)) throw deleteConflict("Cannot delete entity, must delete access keys first.");
        if ((yield* attachedPolicies("user", account, name)).length > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
        if ((yield* inlinePolicies("user", account, name)).length > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
        yield* sql("delete from iam_user where account = ? and name = ?", account, name);
      });
    },

    TagUser: (input, { account }) => on.tag(account, input.UserName!, input.Tags!),
    UntagUser: (input, { account }) => on.untag(account, input.UserName!, input.TagKeys!),
    ListUserTags: (input, { account }) => on.listTags(account, input.UserName!, input),
    PutUserPolicy: (input, { account }) => on.putInline(account, input.UserName!, input.PolicyName!, input.PolicyDocument!),
    GetUserPolicy: async (input, { account }) => ({ UserName: input.UserName, ...(await on.getInline(account, input.UserName!, input.PolicyName!)) }),
    ListUserPolicies: (input, { account }) => on.listInline(account, input.UserName!, input),
    DeleteUserPolicy: (input, { account }) => on.deleteInline(account, input.UserName!, input.PolicyName!),
    AttachUserPolicy: (input, { account }) => on.attach(account, input.UserName!, input.PolicyArn!),
    DetachUserPolicy: (input, { account }) => on.detach(account, input.UserName!, input.PolicyArn!),
    ListAttachedUserPolicies: (input, { account }) => on.listAttached(account, input.UserName!, input),
    PutUserPermissionsBoundary: (input, { account }) => on.setBoundary(account, input.UserName!, input.PermissionsBoundary!),
    DeleteUserPermissionsBoundary: (input, { account }) => on.setBoundary(account, input.UserName!, null),

    // What a user cannot have here, a user has none of; Terraform asks for all of it before it deletes one.
    async ListGroupsForUser(input, { account }) {
      await existing(input.UserName!, account);
      return { Groups: [], IsTruncated: false };
    },
    async ListMFADevices(input, context) {
      if (input.UserName !== undefined || context.caller.type === "user") await existing(userNameOf(input.UserName, context), context.account);
      return { MFADevices: [], IsTruncated: false };
    },
    async ListSSHPublicKeys(input, context) {
      await existing(userNameOf(input.UserName, context), context.account);
      return { SSHPublicKeys: [], IsTruncated: false };
    },
    async ListSigningCertificates(input, context) {
      await existing(userNameOf(input.UserName, context), context.account);
      return { Certificates: [], IsTruncated: false };
    },
    async ListServiceSpecificCredentials(input, context) {
      await existing(userNameOf(input.UserName, context), context.account);
      return { ServiceSpecificCredentials: [] };
    },
    async ListAccountAliases() {
      return { AccountAliases: [], IsTruncated: false };
    },
    async GetLoginProfile(input, context) {
      const { name } = await existing(userNameOf(input.UserName, context), context.account);
      throw noSuchEntity(`Login Profile for User ${name} cannot be found.`);
    },
    async DeleteLoginProfile(input, context) {
      const { name } = await existing(userNameOf(input.UserName, context), context.account);
      throw noSuchEntity(`Login Profile for User ${name} cannot be found.`);
    },
  } satisfies IamHandlers;
};

