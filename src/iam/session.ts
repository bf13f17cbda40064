import { createHmac } from "node:crypto";
import type { RoleSessionCaller } from "../kit/caller.ts";
import { parseArn } from "../kit/arn.ts";
import { iamId } from "../kit/ids.ts";
import type { Random } from "../kit/random.ts";
import { open, seal } from "./seal.ts";

export interface SessionClaims {
  account: string;
  roleArn: string;
  roleId: string;
  sessionName: string;
  /** A policy document as JSON. */
  sessionPolicy?: string;
  /** Wall clock, milliseconds. */
  expiresAt: number;
}

export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** The secret follows from the key id: who holds the server's key can check it, and nothing has to be stored. */
const secretOf = (key: Buffer, accessKeyId: string): string => createHmac("sha256", key).update(`secret of ${accessKeyId}`).digest("base64").slice(0, 40);

/** Temporary credentials of a role. Everything there is to know of the session is sealed in its token. */
export const issueSession = ({ key, random }: { key: Buffer; random: Random }, claims: SessionClaims): SessionCredentials => {
  const accessKeyId = iamId(random, "ASIA");
  return { accessKeyId, secretAccessKey: secretOf(key, accessKeyId), sessionToken: seal(key, { accessKeyId, ...claims }, random) };
};

/** Undefined when the token was not made here, or for another access key. An expired session opens: the caller decides. */
export const openSession = (key: Buffer, accessKeyId: string, sessionToken: string): (SessionClaims & { secretAccessKey: string }) | undefined => {
  const claims = open(key, sessionToken) as (SessionClaims & { accessKeyId: string }) | undefined;
  if (claims === undefined || claims.accessKeyId !== accessKeyId) return undefined;
  return { ...claims, secretAccessKey: secretOf(key, accessKeyId) };
};

/** `arn:aws:sts::<account>:assumed-role/<role name without path>/<session name>` */
export const assumedRoleArn = ({ account, roleArn, sessionName }: Pick<SessionClaims, "account" | "roleArn" | "sessionName">): string =>
  `arn:aws:sts::${account}:assumed-role/${parseArn(roleArn)?.resource.split("/").at(-1)}/${sessionName}`;

export const sessionCaller = (claims: SessionClaims, accessKeyId?: string): RoleSessionCaller => ({
  type: "role-session",
  account: claims.account,
  arn: assumedRoleArn(claims),
  userId: `${claims.roleId}:${claims.sessionName}`,
  roleArn: claims.roleArn,
  sessionName: claims.sessionName,
  expiresAt: claims.expiresAt,
  ...(claims.sessionPolicy === undefined ? {} : { sessionPolicy: claims.sessionPolicy }),
  ...(accessKeyId === undefined ? {} : { accessKeyId }),
});
