import type { Identities } from "../../iam/document.ts";
import { ApiError } from "../../kit/api-error.ts";
import type { Clock } from "../../kit/clock.ts";
import { accountOfAccessKey } from "../../kit/ids.ts";
import type { Random } from "../../kit/random.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { assumeRoleHandlers, assumeRolePermissions } from "./assume-role.ts";
import { sessionTokenHandlers } from "./session-token.ts";

type Sts = typeof import("@aws-sdk/client-sts");
export type StsHandlers = Handlers<Sts, RequestContext>;

export interface StsNeeds {
  identities: Identities;
  /** Credentials live on the wall clock. */
  wall: Clock;
  random: Random;
  sessionKey: Buffer;
}

/** Actions that a role's trust policy is asked for. */
const TRUST_ACTIONS = new Set(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]);

/** Who you are, and temporary credentials. Sessions are sealed in their token: nothing is stored. */
export const createStsService = (needs: StsNeeds): Service<Sts> => ({
  handlers: {
    async GetCallerIdentity(_input, { caller }) {
      return { UserId: caller.userId, Account: caller.account, Arn: caller.arn };
    },

    /** The account is written in the key's id, as it is in AWS's. */
    async GetAccessKeyInfo(input) {
      const account = accountOfAccessKey(input.AccessKeyId!) ?? /^\d{12}$/.exec(input.AccessKeyId!)?.[0];
      if (account === undefined) throw new ApiError("ValidationError", `Invalid access key: ${input.AccessKeyId}`, { status: 400 });
      return { Account: account };
    },

    ...assumeRoleHandlers(needs),
    ...sessionTokenHandlers(needs),
  },

  permissions: {
    // AWS asks for none: everybody may know who they are, and have a token for what they may do already.
    GetCallerIdentity: () => [],
    GetSessionToken: () => [],
    GetAccessKeyInfo: (): Permission[] => [{ action: "sts:GetAccessKeyInfo", resource: "*" }],
    AssumeRole: assumeRolePermissions,
  },

  /** A role's trust policy is the policy of the role as a resource. */
  async resourcePolicy({ action, resource }) {
    const role = TRUST_ACTIONS.has(action) ? await needs.identities.role(resource) : undefined;
    return role && { name: `trust policy of ${resource}`, document: role.trust };
  },

  ledgerKeys: (_operation, input) => [(input as { RoleArn?: string }).RoleArn ?? ""].filter((key) => key !== ""),
});
