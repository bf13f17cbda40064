import { isApiError } from "../../kit/api-error.ts";
import { serviceCaller } from "../../kit/caller.ts";
import { ruleArn, type RuleName } from "../../plumber/events/rules.ts";
import { validation } from "./errors.ts";
import type { EventsParts } from "./needs.ts";
import { EVENTS_PRINCIPAL } from "./rule-targets.ts";

/** Throws ValidationException where EventBridge could not take the role on for the rule. */
export type CheckRole = (roleArn: string, named: RuleName) => Promise<void>;

/** The role's trust policy is asked when a rule or a target is put, and again each time that something goes to the target. */
export const createCheckRole = ({ call }: Pick<EventsParts, "call">): CheckRole => async (roleArn, named) => {
  const as = serviceCaller(EVENTS_PRINCIPAL, named.account, { sourceArn: ruleArn(named), sourceAccount: named.account });
  try {
    await call("sts", "AssumeRole", { RoleArn: roleArn, RoleSessionName: "events" }, { as, region: named.region, isQuestion: true, expects: ["AccessDenied", "ValidationError", "NoSuchEntity"] });
  } catch (error) {
    throw isApiError(error) ? validation(`Provided role '${roleArn}' cannot be assumed by principal '${EVENTS_PRINCIPAL}'.`) : error;
  }
};
