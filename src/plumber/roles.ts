import { parseArn } from "../kit/arn.ts";
import type { Call } from "../kit/call.ts";
import { serviceCaller, type RoleSessionCaller } from "../kit/caller.ts";
import type { Clock } from "../kit/clock.ts";
import { SERVICE_ROLE_SESSION_MS, SERVICE_ROLE_SESSION_SPARE_MS, SERVICE_ROLE_SESSIONS_MAX } from "../kit/limits/deliveries.ts";

/** For whom a service acts: the account of an API, a rule, a schedule. */
export interface ActingFor {
  account: string;
  region: string;
  /** `aws:SourceArn` for the role's trust policy. */
  sourceArn?: string;
}

/** A role that a service acts as. */
export interface RoleSession {
  caller: RoleSessionCaller;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/**
 * Roles that a service takes on, as their trust policies let it. Rejects with the refusal. One session for all that a role does, until shortly before its end.
 * @param principal `apigateway.amazonaws.com`
 */
export const createServiceRoles = ({ call, wall, principal, sessionName }: { call: Call; wall: Clock; principal: string; sessionName: string }) => {
  const sessions = new Map<string, Promise<RoleSession>>();

  const assume = async ({ account, region, sourceArn }: ActingFor, roleArn: string): Promise<RoleSession> => {
    const input = { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: SERVICE_ROLE_SESSION_MS / 1000 };
    const as = serviceCaller(principal, account, sourceArn === undefined ? {} : { sourceArn, sourceAccount: account });
    const { Credentials, AssumedRoleUser } = await call("sts", "AssumeRole", input, { as, region });
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration } = Credentials!;
    const caller: RoleSessionCaller = {
      type: "role-session", account: parseArn(roleArn)!.account, arn: AssumedRoleUser!.Arn!, userId: AssumedRoleUser!.AssumedRoleId!, roleArn, sessionName, expiresAt: Expiration!.getTime(), accessKeyId: accessKeyId!,
    };
    return { caller, accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: sessionToken! };
  };

  return async (acting: ActingFor, roleArn: string): Promise<RoleSession> => {
    const key = `${acting.account} ${roleArn} ${acting.sourceArn ?? ""}`;
    const known = await sessions.get(key);
    if (known !== undefined && known.caller.expiresAt - SERVICE_ROLE_SESSION_SPARE_MS > wall.now()) return known;
    const made = assume(acting, roleArn);
    // The one that was taken on first is taken on anew when it is needed.
    if (sessions.size >= SERVICE_ROLE_SESSIONS_MAX) sessions.delete(sessions.keys().next().value!);
    sessions.set(key, made);
    made.catch(() => sessions.delete(key));
    return made;
  };
};

export type ServiceRoles = ReturnType<typeof createServiceRoles>;
