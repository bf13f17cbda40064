import type { Identities } from "../iam/document.ts";
import { openSession, sessionCaller } from "../iam/session.ts";
import { root, type Caller } from "../kit/caller.ts";
import type { Clock } from "../kit/clock.ts";
import { expiredToken, invalidToken, unknownKey, type AuthFamily } from "./auth-errors.ts";
import type { SignedRequest } from "./sigv4.ts";

const DEFAULT_ACCOUNT = "000000000000";

export interface Credential {
  secret: string;
  caller: Caller;
}

export interface Credentials {
  /** The secret that a key id must have been used with, and whom it stands for. Throws AWS's refusals of keys and tokens. */
  find(family: AuthFamily, signed: Pick<SignedRequest, "accessKeyId" | "sessionToken">): Promise<Credential>;
  /** Whom a key stands for whose signature is not asked for, with --any-credentials. Keys of users, and temporary ones, stay what they are. */
  anybody(accessKeyId: string): Promise<Caller | undefined>;
  /** For IAM's "last used". */
  noteUse(caller: Caller, at: { service: string; region: string }): void;
}

interface Needs {
  identities: Identities;
  wall: Clock;
  sessionKey: Buffer;
  anyCredentials: boolean;
}

export const createCredentials = ({ identities, wall, sessionKey, anyCredentials }: Needs): Credentials => {
  const ofSession = (family: AuthFamily, accessKeyId: string, sessionToken: string): Credential => {
    const session = openSession(sessionKey, accessKeyId, sessionToken);
    if (session === undefined) throw invalidToken(family);
    if (session.expiresAt <= wall.now()) throw expiredToken(family);
    return { secret: session.secretAccessKey, caller: sessionCaller(session, accessKeyId) };
  };
  /** A key that is not active is none. */
  const ofUser = async (accessKeyId: string): Promise<Credential | undefined> => {
    const key = accessKeyId.startsWith("AKIA") ? await identities.accessKey(accessKeyId) : undefined;
    if (key === undefined || !key.isActive) return undefined;
    const { account, userArn, userId, userName, secretAccessKey } = key;
    return { secret: secretAccessKey, caller: { type: "user", account, arn: userArn, userId, userName, accessKeyId } };
  };

  return {
    async find(family, { accessKeyId, sessionToken }) {
      if (sessionToken !== undefined && accessKeyId.startsWith("ASIA")) return ofSession(family, accessKeyId, sessionToken);
      if (accessKeyId === "test") return { secret: "test", caller: root(DEFAULT_ACCOUNT, accessKeyId) };
      if (/^\d{12}$/.test(accessKeyId)) return { secret: "test", caller: root(accessKeyId, accessKeyId) };
      const user = await ofUser(accessKeyId);
      if (user === undefined) throw unknownKey(family, accessKeyId);
      return user;
    },
    async anybody(accessKeyId) {
      if (!anyCredentials || accessKeyId.startsWith("ASIA") || (await ofUser(accessKeyId)) !== undefined) return undefined;
      return root(/^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT, accessKeyId);
    },
    noteUse(caller, at) {
      if (caller.type === "user" && caller.accessKeyId !== undefined) identities.touchAccessKey(caller.accessKeyId, at);
    },
  };
};
