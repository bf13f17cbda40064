import { ApiError, isApiError } from "../../../kit/api-error.ts";
import { parseArn } from "../../../kit/arn.ts";
import { serviceCaller } from "../../../kit/caller.ts";
import type { RequestContext } from "../../service.ts";
import { invalid } from "../errors.ts";
import type { LambdaNeeds } from "../needs.ts";

/** Refuses a role that Lambda could not assume when it runs the function. The server's own log says what to do about it; AWS's text does not. */
export const checkRole = async ({ call, log }: LambdaNeeds, role: string, { account, region }: RequestContext): Promise<void> => {
  if (parseArn(role)?.account !== account) throw new ApiError("AccessDeniedException", "Cross-account pass role is not allowed.", { status: 403, members: { Type: "User" } });
  try {
    await call("sts", "AssumeRole", { RoleArn: role, RoleSessionName: "lambda" }, { as: serviceCaller("lambda.amazonaws.com", account), region });
  } catch (error) {
    if (!isApiError(error)) throw error;
    log.warn(`${role} cannot be assumed by Lambda: it must be there, and its trust policy must let the service lambda.amazonaws.com do sts:AssumeRole`, { reason: error.message });
    throw invalid("The role defined for the function cannot be assumed by Lambda.");
  }
};
