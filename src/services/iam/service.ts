import { ApiError } from "../../kit/api-error.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { accessKeyHandlers } from "./access-keys.ts";
import type { CachedIdentities } from "./identities.ts";
import { policyHandlers } from "./policies.ts";
import { roleHandlers } from "./roles.ts";
import { simulationHandlers } from "./simulate.ts";
import { findPolicy, findRole, findUser, type Tag } from "./state.ts";
import { userHandlers } from "./users.ts";

type Iam = typeof import("@aws-sdk/client-iam");
export type IamHandlers = Handlers<Iam, RequestContext>;

export interface IamNeeds {
  store: Store;
  clock: Clock;
  random: Random;
  identities: CachedIdentities;
  /** Seals the secrets of access keys. */
  sessionKey: Buffer;
}

interface Named {
  RoleName?: string | undefined;
  UserName?: string | undefined;
  PolicyArn?: string | undefined;
  PolicyName?: string | undefined;
  PermissionsBoundary?: string | undefined;
  PolicySourceArn?: string | undefined;
  Path?: string | undefined;
  Tags?: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined;
  TagKeys?: readonly string[] | undefined;
}

/** Operations that mean the caller when they name no user. */
const OF_CALLER = new Set(["GetUser", "CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey", "ListMFADevices"]);

const contextOf = ({ PolicyArn, PermissionsBoundary, Tags, TagKeys }: Named): NonNullable<Permission["context"]> => ({
  ...(PolicyArn === undefined ? {} : { "iam:PolicyARN": PolicyArn }),
  ...(PermissionsBoundary === undefined ? {} : { "iam:PermissionsBoundary": PermissionsBoundary }),
  ...Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value!])),
  ...(Tags === undefined && TagKeys === undefined ? {} : { "aws:TagKeys": TagKeys ?? Tags!.map(({ Key }) => Key!) }),
});

/** IAM's actions have its operations' names; the resource is the role, the user or the policy that is spoken of. */
const createPermissions = ({ store }: IamNeeds) => {
  /** With the path that it has, and the tags. */
  const principal = async (kind: "role" | "user", account: string, name: string, path: string | undefined): Promise<Target> => {
    const known = await store.run(() => (kind === "role" ? findRole(account, name) : findUser(account, name)));
    return { resource: path === undefined && known !== undefined ? known.arn : `arn:aws:iam::${account}:${kind}${path ?? "/"}${name}`, tags: known?.tags ?? [] };
  };
  const targetOf = async (operation: string, { RoleName, UserName, PolicyArn, PolicyName, PolicySourceArn, Path }: Named, { account, caller }: RequestContext): Promise<Target> => {
    if (RoleName !== undefined) return principal("role", account, RoleName, Path);
    if (UserName !== undefined) return principal("user", account, UserName, Path);
    if (caller.type === "user" && OF_CALLER.has(operation)) return principal("user", account, caller.userName, undefined);
    if (PolicyArn !== undefined) return { resource: PolicyArn, tags: (await store.run(() => findPolicy(account, PolicyArn)))?.tags ?? [] };
    if (PolicyName !== undefined) return { resource: `arn:aws:iam::${account}:policy${Path ?? "/"}${PolicyName}`, tags: [] };
    return { resource: PolicySourceArn ?? "*", tags: [] };
  };
  return async (operation: string, input: Named, context: RequestContext): Promise<Permission[]> => {
    refuseSessionToken(context);
    const { resource, tags } = await targetOf(operation, input, context);
    const resourceTags = Object.fromEntries(tags.flatMap(({ Key, Value }) => [[`aws:ResourceTag/${Key}`, Value], [`iam:ResourceTag/${Key}`, Value]]));
    return [{ action: `iam:${operation}`, resource, account: context.account, context: { ...contextOf(input), ...resourceTags } }];
  };
};

/** "You cannot call any IAM API operations unless MFA authentication information is included in the request" (GetSessionToken, API reference). */
const refuseSessionToken = ({ caller }: RequestContext): void => {
  if ((caller.type !== "user" && caller.type !== "root") || caller.expiresAt === undefined) return;
  throw new ApiError("InvalidClientTokenId", "The security token included in the request is invalid", { status: 403 });
};

interface Target {
  resource: string;
  tags: readonly Tag[];
}

/** Roles, users and policies. IAM is global: nothing of it belongs to a region. */
export const createIamService = (needs: IamNeeds): Service<Iam> => {
  const handlers = { ...roleHandlers(needs), ...userHandlers(needs), ...accessKeyHandlers(needs), ...policyHandlers(needs), ...simulationHandlers(needs) };
  const permissionsOf = createPermissions(needs);
  const permissions = Object.fromEntries(Object.keys(handlers).map((operation) => [operation, (input: Named, context: RequestContext) => permissionsOf(operation, input, context)]));
  return { handlers, permissions: permissions as Service<Iam>["permissions"] };
};
