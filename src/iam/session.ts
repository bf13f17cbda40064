import { createHmac } from "node:crypto";
import type { Caller, RoleSessionCaller } from "../kit/caller.ts";
import { root } from "../kit/caller.ts";
import { parseArn } from "../kit/arn.ts";
import { accessKeyIdOf } from "../kit/ids.ts";
import type { Random } from "../kit/random.ts";
import { open, seal } from "./seal.ts";

interface Claims {
  account: string;
  /** Wall clock, milliseconds. */
  expiresAt: number;
  issuedAt?: number;
}

/** A session of a role: AssumeRole. */
export interface RoleSessionClaims extends Claims, Pick<RoleSessionCaller, "sessionPolicies" | "sessionPolicyArns" | "tags" | "transitiveTagKeys" | "sourceIdentity"> {
  type: "role";
  roleArn: string;
  roleId: string;
  sessionName: string;
}

/** A user, or the root, with temporary credentials: GetSessionToken. */
export interface UserSessionClaims extends Claims {
  type: "user";
  userArn: string;
  userId: string;
  userName: string;
}

export interface RootSessionClaims extends Claims {
  type: "root";
}

export type SessionClaims = RoleSessionClaims | UserSessionClaims | RootSessionClaims;

export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** The secret follows from the key id: who holds the server's key can check it, and nothing has to be stored. */
const secretOf = (key: Buffer, accessKeyId: string): string => createHmac("sha256", key).update(`secret of ${accessKeyId}`).digest("base64").slice(0, 40);

/** Temporary credentials. Everything there is to know of the session is sealed in its token. */
export const issueSession = ({ key, random }: { key: Buffer; random: Random }, claims: SessionClaims): SessionCredentials => {
  const accessKeyId = accessKeyIdOf(random, "ASIA", claims.account);
  return { accessKeyId, secretAccessKey: secretOf(key, accessKeyId), sessionToken: seal(key, { accessKeyId, ...claims }, random) };
};

/** Undefined when the token was not made here, or for another access key. An expired session opens: the caller decides. */
export const openSession = (key: Buffer, accessKeyId: string, sessionToken: string): (SessionClaims & { secretAccessKey: string }) | undefined => {
  const claims = open(key, sessionToken) as (SessionClaims & { accessKeyId: string }) | undefined;
  if (claims === undefined || claims.accessKeyId !== accessKeyId) return undefined;
  return { ...claims, secretAccessKey: secretOf(key, accessKeyId) };
};

/** `arn:aws:sts::<account>:assumed-role/<role name without path>/<session name>` */
export const assumedRoleArn = ({ account, roleArn, sessionName }: Pick<RoleSessionClaims, "account" | "roleArn" | "sessionName">): string =>
  `arn:aws:sts::${account}:assumed-role/${parseArn(roleArn)?.resource.split("/").at(-1)}/${sessionName}`;

const optional = ({ sessionPolicies, sessionPolicyArns, tags, transitiveTagKeys, sourceIdentity }: RoleSessionClaims) => ({
  ...(sessionPolicies === undefined ? {} : { sessionPolicies }),
  ...(sessionPolicyArns === undefined ? {} : { sessionPolicyArns }),
  ...(tags === undefined ? {} : { tags }),
  ...(transitiveTagKeys === undefined ? {} : { transitiveTagKeys }),
  ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
});

/** Whom a session's credentials stand for. */
export const sessionCaller = (claims: SessionClaims, accessKeyId?: string): Caller => {
  const { account, expiresAt, issuedAt } = claims;
  const key = { ...(accessKeyId === undefined ? {} : { accessKeyId }), ...(issuedAt === undefined ? {} : { issuedAt }) };
  if (claims.type === "root") return { ...root(account), expiresAt, ...key };
  if (claims.type === "user") return { type: "user", account, arn: claims.userArn, userId: claims.userId, userName: claims.userName, expiresAt, ...key };
  const { roleArn, roleId, sessionName } = claims;
  return { type: "role-session", account, arn: assumedRoleArn(claims), userId: `${roleId}:${sessionName}`, roleArn, sessionName, expiresAt, ...optional(claims), ...key };
};
