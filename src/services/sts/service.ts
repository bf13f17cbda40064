import type { Identities } from "../../iam/document.ts";
import { parsePolicy } from "../../iam/policy.ts";
import { assumedRoleArn, issueSession } from "../../iam/session.ts";
import { ApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { Service } from "../service.ts";

type Sts = typeof import("@aws-sdk/client-sts");

interface Needs {
  identities: Identities;
  /** Credentials live on the wall clock. */
  wall: Clock;
  random: Random;
  sessionKey: Buffer;
}

const DEFAULT_SECONDS = 3_600;
const CHAINED_SECONDS_MAX = 3_600;
/** Lambda keeps the credentials of its environments for up to twelve hours, whatever the role says. */
const SERVICE_SECONDS_MAX = 43_200;

/** Who you are, and temporary credentials of a role. Sessions are sealed in their token: nothing is stored. */
export const createStsService = ({ identities, wall, random, sessionKey }: Needs): Service<Sts> => ({
  handlers: {
    async GetCallerIdentity(_input, { caller }) {
      return { UserId: caller.userId, Account: caller.account, Arn: caller.arn };
    },

    async AssumeRole(input, { caller }) {
      const role = await identities.role(input.RoleArn!);
      if (role === undefined) throw new ApiError("AccessDenied", `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`, { status: 403 });
      if (input.PolicyArns !== undefined && input.PolicyArns.length > 0) throw new ApiError("NotImplemented", "STS AssumeRole with PolicyArns is not built: give the session policy as Policy", { status: 501 });
      if (input.Tags !== undefined && input.Tags.length > 0) throw new ApiError("NotImplemented", "STS AssumeRole with session Tags is not built", { status: 501 });
      if (input.Policy !== undefined) parsePolicy(input.Policy);
      const seconds = input.DurationSeconds ?? Math.min(DEFAULT_SECONDS, role.maxSessionDurationSeconds);
      const most = caller.type === "service" ? SERVICE_SECONDS_MAX : role.maxSessionDurationSeconds;
      if (seconds > most) throw new ApiError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", { status: 400 });
      if (caller.type === "role-session" && seconds > CHAINED_SECONDS_MAX) throw new ApiError("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining", { status: 400 });
      const expiresAt = wall.now() + seconds * 1_000;
      const claims = {
        account: parseArn(role.arn)!.account,
        roleArn: role.arn,
        roleId: role.roleId,
        sessionName: input.RoleSessionName!,
        expiresAt,
        ...(input.Policy === undefined ? {} : { sessionPolicy: input.Policy }),
      };
      const { accessKeyId, secretAccessKey, sessionToken } = issueSession({ key: sessionKey, random }, claims);
      return {
        Credentials: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: new Date(expiresAt) },
        AssumedRoleUser: { AssumedRoleId: `${role.roleId}:${input.RoleSessionName}`, Arn: assumedRoleArn(claims) },
      };
    },
  },

  permissions: {
    // AWS asks for none: everybody may know who they are.
    GetCallerIdentity: () => [],
    AssumeRole: (input) => [
      { action: "sts:AssumeRole", resource: input.RoleArn!, context: { "sts:RoleSessionName": input.RoleSessionName!, ...(input.ExternalId === undefined ? {} : { "sts:ExternalId": input.ExternalId }) } },
    ],
  },

  /** A role's trust policy is the policy of the role as a resource. */
  async resourcePolicy({ action, resource }) {
    const role = action === "sts:AssumeRole" ? await identities.role(resource) : undefined;
    return role && { name: `trust policy of ${resource}`, document: role.trust };
  },

  ledgerKeys: (_operation, input) => [(input as { RoleArn?: string }).RoleArn ?? ""].filter((key) => key !== ""),
});
