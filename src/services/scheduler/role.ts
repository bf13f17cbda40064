import { isApiError, ApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import { serviceCaller } from "../../kit/caller.ts";
import { invalid } from "./errors.ts";
import { groupArn, type ScheduleName } from "./names.ts";
import type { SchedulesParts } from "./needs.ts";

/** Only roles of one's own account are handed over, and only if they let Scheduler take them on: their trust policy sees the schedule's group as `aws:SourceArn` ("Confused deputy prevention"). */
export const checkRole = async ({ call, log }: Pick<SchedulesParts, "call" | "log">, roleArn: string, at: ScheduleName): Promise<void> => {
  if (parseArn(roleArn)?.account !== at.account) throw new ApiError("AccessDeniedException", "Cross-account pass role is not allowed.", { status: 403 });
  const as = serviceCaller("scheduler.amazonaws.com", at.account, { sourceArn: groupArn(at, at.group), sourceAccount: at.account });
  try {
    await call("sts", "AssumeRole", { RoleArn: roleArn, RoleSessionName: "scheduler" }, { as, region: at.region, expects: "all" });
  } catch (error) {
    if (!isApiError(error)) throw error;
    log.warn(`${roleArn} cannot be assumed by Scheduler: it must be there, and its trust policy must let the service scheduler.amazonaws.com do sts:AssumeRole`, { reason: error.message, sourceArn: groupArn(at, at.group) });
    throw invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
  }
};
