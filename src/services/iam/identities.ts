import type { Identities, NamedPolicy, RoleIdentity } from "../../iam/document.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Operation, Store } from "../../store/store.ts";
import { asDocument, attachedPolicies, findRole, inlinePolicies, policyDocument } from "./state.ts";

export interface CachedIdentities extends Identities {
  /** After every write: what is read next is what was written. */
  forget(): void;
}

const CACHED_MAX = 10_000;

function* readIdentity(roleArn: string): Operation<RoleIdentity | undefined> {
  const arn = parseArn(roleArn);
  const role = yield* findRole(arn?.account ?? "", arn?.resource.split("/").at(-1) ?? "");
  if (role === undefined || role.arn !== roleArn) return undefined;
  const policies: NamedPolicy[] = (yield* inlinePolicies(role.account, role.name)).map(({ name, document }) => ({ name: `inline policy "${name}" of the role ${role.name}`, document: asDocument(document) }));
  for (const policyArn of yield* attachedPolicies(role.account, role.name)) {
    const document = yield* policyDocument(role.account, policyArn);
    if (document !== undefined) policies.push({ name: `policy ${policyArn}`, document: asDocument(document) });
  }
  const boundary = role.boundaryArn === undefined ? undefined : yield* policyDocument(role.account, role.boundaryArn);
  return {
    arn: role.arn,
    roleId: role.roleId,
    trust: asDocument(role.trust),
    policies,
    ...(boundary === undefined ? {} : { permissionsBoundary: { name: `permissions boundary ${role.boundaryArn}`, document: asDocument(boundary) } }),
    maxSessionDurationSeconds: role.maxSessionSeconds,
  };
}

/** Roles with all that decides for them, in memory until something of IAM changes: every call of a function asks. */
export const createIdentities = ({ store }: { store: Store }): CachedIdentities => {
  const cache = new Map<string, Promise<RoleIdentity | undefined>>();
  return {
    role(roleArn) {
      let role = cache.get(roleArn);
      if (role === undefined) {
        if (cache.size >= CACHED_MAX) cache.clear();
        role = store.run(() => readIdentity(roleArn));
        cache.set(roleArn, role);
        role.catch(() => cache.delete(roleArn));
      }
      return role;
    },
    forget: () => cache.clear(),
  };
};
