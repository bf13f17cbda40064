import { issueSession, type SessionClaims } from "../../iam/session.ts";
import { ApiError } from "../../kit/api-error.ts";
import type { Caller } from "../../kit/caller.ts";
import { SESSION_TOKEN_SECONDS_DEFAULT, SESSION_TOKEN_SECONDS_ROOT_MAX } from "../../kit/limits/iam.ts";
import type { StsHandlers, StsNeeds } from "./service.ts";

const claimsOf = (caller: Caller, issuedAt: number, expiresAt: number): SessionClaims => {
  const isTemporary = caller.type === "role-session" || ((caller.type === "user" || caller.type === "root") && caller.expiresAt !== undefined);
  if (isTemporary) throw new ApiError("AccessDenied", "Cannot call GetSessionToken with session credentials", { status: 403 });
  if (caller.type === "user") return { type: "user", account: caller.account, userArn: caller.arn, userId: caller.userId, userName: caller.userName, issuedAt, expiresAt };
  return { type: "root", account: caller.account, issuedAt, expiresAt };
};

/** Nobody has a second factor here. */
const noSuchFactor = () =>
  new ApiError("AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.", { status: 403 });

/** Temporary credentials of whoever asks, to do what they may do anyway. */
export const sessionTokenHandlers = ({ wall, random, sessionKey }: StsNeeds) =>
  ({
    async GetSessionToken(input, { caller }) {
      if (input.SerialNumber !== undefined || input.TokenCode !== undefined) throw noSuchFactor();
      const asked = input.DurationSeconds ?? SESSION_TOKEN_SECONDS_DEFAULT;
      // AWS shortens what the root asks for; it does not refuse it.
      const seconds = caller.type === "root" ? Math.min(asked, SESSION_TOKEN_SECONDS_ROOT_MAX) : asked;
      // STS tells whole seconds.
      const issuedAt = Math.floor(wall.now() / 1_000) * 1_000;
      const expiresAt = issuedAt + seconds * 1_000;
      const { accessKeyId, secretAccessKey, sessionToken } = issueSession({ key: sessionKey, random }, claimsOf(caller, issuedAt, expiresAt));
      return { Credentials: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: new Date(expiresAt) } };
    },
  }) satisfies StsHandlers;
