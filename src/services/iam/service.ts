import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import type { CachedIdentities } from "./identities.ts";
import { policyHandlers } from "./policies.ts";
import { roleHandlers } from "./roles.ts";

type Iam = typeof import("@aws-sdk/client-iam");
export type IamHandlers = Handlers<Iam, RequestContext>;

export interface IamNeeds {
  store: Store;
  clock: Clock;
  random: Random;
  identities: CachedIdentities;
}

interface Named {
  RoleName?: string | undefined;
  PolicyArn?: string | undefined;
  PolicyName?: string | undefined;
  Path?: string | undefined;
}

/** IAM's actions have its operations' names; the resource is the role or the policy that is spoken of. */
const permissionsOf = (operation: string, { RoleName, PolicyArn, PolicyName, Path }: Named, { account }: RequestContext): Permission[] => {
  const action = `iam:${operation}`;
  if (RoleName !== undefined) return [{ action, resource: `arn:aws:iam::${account}:role${Path ?? "/"}${RoleName}`, ...(PolicyArn === undefined ? {} : { context: { "iam:PolicyARN": PolicyArn } }) }];
  if (PolicyArn !== undefined) return [{ action, resource: PolicyArn, account }];
  if (PolicyName !== undefined) return [{ action, resource: `arn:aws:iam::${account}:policy${Path ?? "/"}${PolicyName}` }];
  return [{ action, resource: "*" }];
};

/** Roles and policies. IAM is global: nothing of it belongs to a region. */
export const createIamService = (needs: IamNeeds): Service<Iam> => {
  const handlers = { ...roleHandlers(needs), ...policyHandlers(needs) };
  const permissions = Object.fromEntries(Object.keys(handlers).map((operation) => [operation, (input: Named, context: RequestContext) => permissionsOf(operation, input, context)]));
  return { handlers, permissions: permissions as Service<Iam>["permissions"] };
};
