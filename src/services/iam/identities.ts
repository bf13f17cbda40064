import type { AccessKeyIdentity, Identities, Identity, NamedPolicy, RoleIdentity } from "../../iam/document.ts";
import { open } from "../../iam/seal.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Clock } from "../../kit/clock.ts";
import { sql, sqlOne, type Operation, type Store } from "../../store/store.ts";
import { asDocument, attachedPolicies, findRole, findUser, inlinePolicies, policyDocument, toUser, type PrincipalKind, type PrincipalRecord } from "./state.ts";

export interface CachedIdentities extends Identities {
  /** After every write: what is read next is what was written. */
  forget(): void;
}

interface Needs {
  store: Store;
  clock: Clock;
  /** Opens the secrets of access keys. */
  sessionKey: Buffer;
}

const CACHED_MAX = 10_000;
/** Milliseconds between two notes of a key's last use: a busy key is not written with every request. */
const LAST_USED_MS = 60_000;

function* readPolicies(kind: PrincipalKind, principal: PrincipalRecord): Operation<Identity> {
  const { account, name } = principal;
  const policies: NamedPolicy[] = (yield* inlinePolicies(kind, account, name)).map((policy) => ({ name: `inline policy "${policy.name}" of the ${kind} ${name}`, document: asDocument(policy.document) }));
  for (const policyArn of yield* attachedPolicies(kind, account, name)) {
    const document = yield* policyDocument(account, policyArn);
    if (document !== undefined) policies.push({ name: `policy ${policyArn}`, document: asDocument(document) });
  }
  const boundary = principal.boundaryArn === undefined ? undefined : yield* policyDocument(account, principal.boundaryArn);
  return {
    id: principal.id,
    arn: principal.arn,
    policies,
    tags: Object.fromEntries(principal.tags.map(({ Key, Value }) => [Key, Value])),
    ...(boundary === undefined ? {} : { permissionsBoundary: { name: `permissions boundary ${principal.boundaryArn}`, document: asDocument(boundary) } }),
  };
}

const nameOf = (arn: string): { account: string; name: string } => {
  const parsed = parseArn(arn);
  return { account: parsed?.account ?? "", name: parsed?.resource.split("/").at(-1) ?? "" };
};

function* readRole(roleArn: string): Operation<RoleIdentity | undefined> {
  const { account, name } = nameOf(roleArn);
  const role = yield* findRole(account, name);
  if (role === undefined || role.arn !== roleArn) return undefined;
  return { ...(yield* readPolicies("role", role)), trust: asDocument(role.trust), maxSessionDurationSeconds: role.maxSessionSeconds };
}

function* readUser(userArn: string): Operation<Identity | undefined> {
  const { account, name } = nameOf(userArn);
  const user = yield* findUser(account, name);
  return user === undefined || user.arn !== userArn ? undefined : yield* readPolicies("user", user);
}

function* readPolicy(account: string, policyArn: string): Operation<NamedPolicy | undefined> {
  const document = yield* policyDocument(account, policyArn);
  return document === undefined ? undefined : { name: policyArn, document: asDocument(document) };
}

function* readAccessKey(accessKeyId: string, sessionKey: Buffer): Operation<AccessKeyIdentity | undefined> {
  const key = yield* sqlOne("select * from iam_access_key where access_key_id = ?", accessKeyId);
  if (key === undefined) return undefined;
  const row = yield* sqlOne("select * from iam_user where account = ? and name = ?", key["account"]!, key["user_name"]!);
  // Sealed by an earlier key of this server: it is nobody's any more.
  const secretAccessKey = open(sessionKey, key["sealed_secret"] as string);
  if (row === undefined || typeof secretAccessKey !== "string") return undefined;
  const user = toUser(row);
  return { secretAccessKey, isActive: key["status"] === "Active", account: user.account, userName: user.name, userArn: user.arn, userId: user.id };
}

/** Principals with all that decides for them, in memory until something of IAM changes: every call asks. */
export const createIdentities = ({ store, clock, sessionKey }: Needs): CachedIdentities => {
  const caches: Map<string, unknown>[] = [];
  const cached = <T>(read: (key: string) => Operation<T>) => {
    const cache = new Map<string, Promise<T>>();
    caches.push(cache);
    return (key: string): Promise<T> => {
      let value = cache.get(key);
      if (value === undefined) {
        if (cache.size >= CACHED_MAX) cache.clear();
        value = store.read(() => read(key));
        cache.set(key, value);
        value.catch(() => cache.delete(key));
      }
      return value;
    };
  };
  const touched = new Map<string, number>();
  const policy = cached((key) => readPolicy(key.slice(0, key.indexOf(" ")), key.slice(key.indexOf(" ") + 1)));

  return {
    role: cached(readRole),
    user: cached(readUser),
    accessKey: cached((accessKeyId) => readAccessKey(accessKeyId, sessionKey)),
    policy: (account, policyArn) => policy(`${account} ${policyArn}`),
    touchAccessKey(accessKeyId, { service, region }) {
      const now = clock.now();
      if (now - (touched.get(accessKeyId) ?? 0) < LAST_USED_MS) return;
      if (touched.size >= CACHED_MAX) touched.clear();
      touched.set(accessKeyId, now);
      void store.run(() => sql("update iam_access_key set last_used_at = ?, last_used_service = ?, last_used_region = ? where access_key_id = ?", now, service, region, accessKeyId)).catch(() => undefined);
    },
    forget: () => caches.forEach((cache) => cache.clear()),
  };
};
