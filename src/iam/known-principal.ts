import { isApiError } from "../kit/api-error.ts";
import type { Call } from "../kit/call.ts";
import { root } from "../kit/caller.ts";

/** Whether a policy of the account's may name it: a user or a role of its own must be there, under this very ARN; of other accounts' we know nothing. */
export const isKnownPrincipal = async (call: Call, principal: string, { account, region }: { account: string; region: string }): Promise<boolean> => {
  const [, owner, kind, name] = /^arn:aws[a-z-]*:iam::(\d{12}):(role|user)\/(?:.*\/)?([^/]+)$/.exec(principal) ?? [];
  if (name === undefined || owner !== account) return true;
  const options = { as: root(account), region };
  try {
    const found = kind === "role" ? (await call("iam", "GetRole", { RoleName: name }, options)).Role : (await call("iam", "GetUser", { UserName: name }, options)).User;
    return found?.Arn === principal;
  } catch (error) {
    if (isApiError(error, "NoSuchEntityException")) return false;
    throw error;
  }
};
