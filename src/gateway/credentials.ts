import { openSession, sessionCaller } from "../iam/session.ts";
import { root, type Caller } from "../kit/caller.ts";
import type { Clock } from "../kit/clock.ts";
import { expiredToken, invalidToken, unknownKey, type AuthFamily } from "./auth-errors.ts";
import type { SignedRequest } from "./sigv4.ts";

const DEFAULT_ACCOUNT = "000000000000";

/** Whom a key id stands for with --any-credentials. */
export const anyRoot = (accessKeyId: string): Caller => root(/^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT, accessKeyId);

export type Credential = (family: AuthFamily, signed: Pick<SignedRequest, "accessKeyId" | "sessionToken">) => { secret: string; caller: Caller };

/** The secret that a key id must have been used with, and whom it stands for. */
export const createCredential = ({ wall, sessionKey }: { wall: Clock; sessionKey: Buffer }): Credential => (family, { accessKeyId, sessionToken }) => {
  if (sessionToken !== undefined && accessKeyId.startsWith("ASIA")) {
    const session = openSession(sessionKey, accessKeyId, sessionToken);
    if (session === undefined) throw invalidToken(family);
    if (session.expiresAt <= wall.now()) throw expiredToken(family);
    return { secret: session.secretAccessKey, caller: sessionCaller(session, accessKeyId) };
  }
  if (accessKeyId === "test") return { secret: "test", caller: root(DEFAULT_ACCOUNT, accessKeyId) };
  if (/^\d{12}$/.test(accessKeyId)) return { secret: "test", caller: root(accessKeyId, accessKeyId) };
  throw unknownKey(family, accessKeyId);
};
