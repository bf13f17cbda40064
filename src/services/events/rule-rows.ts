import { ApiError } from "../../kit/api-error.ts";
import { findRule, type RuleName, type RuleRecord } from "../../plumber/events/rules.ts";
import type { Operation } from "../../store/store.ts";
import { getBus } from "./bus-rows.ts";
import { ruleNotFound } from "./errors.ts";

/** Throws ResourceNotFoundException, of the bus or of the rule. */
export function* getRule(named: RuleName): Operation<RuleRecord> {
  yield* getBus({ account: named.account, region: named.region, name: named.bus });
  const rule = yield* findRule(named);
  if (rule === undefined) throw ruleNotFound(named);
  return rule;
}

/** A rule that a service of AWS's made is that service's own; what is about to delete it, or its targets, may insist. */
export const refuseManaged = ({ name, body }: RuleRecord, { force = false, canForce = false }: { force?: boolean | undefined; canForce?: boolean } = {}): void => {
  if (body.managedBy === undefined || force) return;
  throw new ApiError("ManagedRuleException", `Rule ${name} is managed by ${body.managedBy} and ${canForce ? "can be changed with Force only" : "cannot be changed"}.`);
};

/** Throws as `getRule` does, and ManagedRuleException. */
export function* getOwnRule(named: RuleName): Operation<RuleRecord> {
  const rule = yield* getRule(named);
  refuseManaged(rule);
  return rule;
}
