import { ApiError, isApiError } from "../kit/api-error.ts";
import type { Call } from "../kit/call.ts";
import { serviceCaller, type RoleSessionCaller } from "../kit/caller.ts";
import type { EnvironmentCredentials, FunctionTarget } from "./executor.ts";

/** How long an environment's credentials live: it is retired before they end. */
const SESSION_SECONDS = 6 * 60 * 60;

/** The session is named after the function, within the lengths that STS allows. */
const sessionNameOf = (name: string): string => name.slice(0, 64).padEnd(2, "_");

/** Credentials of the function's role, as Lambda assumes it: the role's trust policy is asked. */
export const assumeExecutionRole = async (call: Call, target: Pick<FunctionTarget, "account" | "region" | "roleArn" | "name">): Promise<EnvironmentCredentials> => {
  const { account, region, roleArn } = target;
  const sessionName = sessionNameOf(target.name);
  try {
    const { Credentials, AssumedRoleUser } = await call("sts", "AssumeRole", { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: SESSION_SECONDS }, { as: serviceCaller("lambda.amazonaws.com", account), region });
    const expiresAt = Credentials!.Expiration!.getTime();
    const caller: RoleSessionCaller = {
      type: "role-session", account, arn: AssumedRoleUser!.Arn!, userId: AssumedRoleUser!.AssumedRoleId!, roleArn, sessionName, expiresAt, accessKeyId: Credentials!.AccessKeyId!,
    };
    return { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken!, expiresAt, caller };
  } catch (error) {
    if (!isApiError(error)) throw error;
    throw new ApiError("AccessDeniedException", `Lambda cannot assume the role ${roleArn}: ${error.message} Let its trust policy name the service lambda.amazonaws.com`, { status: 403, cause: error });
  }
};
