import type { Target } from "@aws-sdk/client-eventbridge";
import { EVENT_RULE_TARGETS_MAX } from "../../kit/limits/events.ts";
import { saveRule, type RuleRecord } from "../../plumber/events/rules.ts";
import type { Operation } from "../../store/store.ts";
import { limitExceeded, validation } from "./errors.ts";
import { ruleNamed } from "./names.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";
import { createCheckRole } from "./role-check.ts";
import { getOwnRule, getRule, refuseManaged } from "./rule-rows.ts";
import { checkTarget, withKeptRole } from "./target-rules.ts";

const byId = (one: Target, other: Target): number => (one.Id! < other.Id! ? -1 : one.Id === other.Id ? 0 : 1);

const checkIds = (targets: readonly Target[]): void => {
  const seen = new Set<string>();
  for (const { Id } of targets) {
    if (seen.has(Id!)) throw validation(`Parameter targets is not valid. Reason: More than one target with Id '${Id}' is provided.`);
    seen.add(Id!);
  }
};

function* saveTargets(rule: RuleRecord, targets: readonly Target[]): Operation<void> {
  yield* saveRule({ ...rule, body: { ...rule.body, targets: targets.toSorted(byId) } });
}

export const targetHandlers = ({ store, call, rules }: EventsParts) => {
  const checkRole = createCheckRole({ call });

  return {
    /** A target with an id that is there already replaces it. */
    async PutTargets({ Rule, EventBusName, Targets: given = [] }, context) {
      const named = ruleNamed(Rule!, EventBusName, context);
      checkIds(given);
      const { body } = await store.read(() => getOwnRule(named));
      const Targets = given.map((target) => withKeptRole(target, named, body));
      for (const target of Targets) checkTarget(target, named, body);
      for (const role of new Set(Targets.flatMap(({ RoleArn }) => RoleArn ?? []))) await checkRole(role, named);
      await store.run(function* () {
        const rule = yield* getOwnRule(named);
        const put = new Set(Targets.map(({ Id }) => Id));
        const targets = [...rule.body.targets.filter(({ Id }) => !put.has(Id)), ...Targets];
        if (targets.length > EVENT_RULE_TARGETS_MAX) throw limitExceeded("The requested resource exceeds the maximum number allowed.");
        yield* saveTargets(rule, targets);
      });
      await rules.changed(named);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },

    /** What is not there is told; the others go. */
    async RemoveTargets({ Rule, EventBusName, Ids = [], Force }, context) {
      const named = ruleNamed(Rule!, EventBusName, context);
      const missing = await store.run(function* () {
        const rule = yield* getRule(named);
        refuseManaged(rule, { force: Force, canForce: true });
        const there = new Set(rule.body.targets.map(({ Id }) => Id));
        yield* saveTargets(rule, rule.body.targets.filter(({ Id }) => !Ids.includes(Id!)));
        return [...new Set(Ids)].filter((id) => !there.has(id));
      });
      await rules.changed(named);
      const FailedEntries = missing.map((id) => ({ TargetId: id, ErrorCode: "ResourceNotFoundException", ErrorMessage: `Rule ${named.name} does not have a target with the Id ${id}.` }));
      return { FailedEntryCount: FailedEntries.length, FailedEntries };
    },

    async ListTargetsByRule({ Rule, EventBusName, ...input }, context) {
      const page = readPage("ListTargetsByRule", input);
      const { body } = await store.read(() => getRule(ruleNamed(Rule!, EventBusName, context)));
      const { rows, ...more } = cutPage("ListTargetsByRule", body.targets.filter(({ Id }) => Id! > page.after), page, ({ Id }) => Id!);
      return { Targets: [...rows], ...more };
    },
  } satisfies EventsHandlers;
};
