import type { PutRuleRequest } from "@aws-sdk/client-eventbridge";
import { deleteRule, findRule, listRuleNamesByTarget, listRules, ruleArn, saveRule, type RuleRecord, type RuleName, type StoredRule } from "../../plumber/events/rules.ts";
import type { Operation } from "../../store/store.ts";
import { getBus } from "./bus-rows.ts";
import { validation } from "./errors.ts";
import { busNamed, ruleNamed } from "./names.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";
import { createCheckRole } from "./role-check.ts";
import { getOwnRule, getRule, refuseManaged } from "./rule-rows.ts";
import { checkTriggers, scheduleOf } from "./rule-rules.ts";
import { checkTagCount, readTags } from "./tag-rules.ts";

/** What is not given is not there any more ("If you omit arguments in PutRule, the old values … are replaced with null values"). */
const settingsOf = ({ Description = "", EventPattern = "", ScheduleExpression = "", State = "ENABLED", RoleArn }: PutRuleRequest): Omit<StoredRule, "createdBy" | "createdAt" | "tags" | "targets"> => ({
  ...(Description === "" ? {} : { description: Description }),
  ...(EventPattern === "" ? {} : { eventPattern: EventPattern }),
  ...(ScheduleExpression === "" ? {} : { scheduleExpression: ScheduleExpression }),
  ...(RoleArn === undefined ? {} : { roleArn: RoleArn }),
  state: State,
});

/** A schedule that goes on keeps its step; a new one, or one that is switched on, begins now. */
const nextAtOf = ({ scheduleExpression, state }: StoredRule, before: RuleRecord | undefined, now: number): number | undefined => {
  if (scheduleExpression === undefined || state === "DISABLED") return undefined;
  if (before?.nextAt !== undefined && before.body.scheduleExpression === scheduleExpression) return before.nextAt;
  return scheduleOf(scheduleExpression, now).next(now);
};

const showRule = (named: RuleName, { description, eventPattern, scheduleExpression, state, roleArn, managedBy }: StoredRule) => ({
  Name: named.name,
  Arn: ruleArn(named),
  EventPattern: eventPattern,
  ScheduleExpression: scheduleExpression,
  State: state,
  Description: description,
  RoleArn: roleArn,
  ManagedBy: managedBy,
  EventBusName: named.bus,
});

export const ruleHandlers = ({ store, clock, rules, call }: EventsParts) => {
  const checkRole = createCheckRole({ call });
  /** One commit, and then the rule book is told. */
  const commit = async (named: RuleName, operation: () => Operation<void>): Promise<void> => {
    await store.run(operation);
    await rules.changed(named);
  };
  const setState = (named: RuleName, state: "ENABLED" | "DISABLED") =>
    commit(named, function* () {
      const rule = yield* getOwnRule(named);
      const body: StoredRule = { ...rule.body, state };
      yield* saveRule({ ...rule, body, nextAt: nextAtOf(body, rule, clock.now()) });
    });

  return {
    /** Tags of a rule that is there already stay as they are. */
    async PutRule({ Name, EventBusName, Tags, ...input }, context) {
      const named = ruleNamed(Name!, EventBusName, context);
      const tags = readTags(Tags);
      checkTagCount(tags);
      const onBus = { ...named, name: named.bus };
      await store.read(() => getBus(onBus));
      checkTriggers(input, named);
      if (input.RoleArn !== undefined) await checkRole(input.RoleArn, named);
      await commit(named, function* () {
        yield* getBus(onBus);
        const before = yield* findRule(named);
        if (before !== undefined) refuseManaged(before);
        const now = clock.now();
        const kept = before === undefined ? { createdBy: context.caller.account, createdAt: now, tags, targets: [] } : { createdBy: before.body.createdBy, createdAt: before.body.createdAt, tags: before.body.tags, targets: before.body.targets };
        const body: StoredRule = { ...settingsOf({ Name, ...input }), ...kept };
        yield* saveRule({ ...named, body, nextAt: nextAtOf(body, before, now) });
      });
      return { RuleArn: ruleArn(named) };
    },

    async DescribeRule({ Name, EventBusName }, context) {
      const named = ruleNamed(Name!, EventBusName, context);
      const { body } = await store.read(() => getRule(named));
      return { ...showRule(named, body), CreatedBy: body.createdBy };
    },

    /** Of a rule that is not there it is no error. */
    async DeleteRule({ Name, EventBusName, Force }, context) {
      const named = ruleNamed(Name!, EventBusName, context);
      await commit(named, function* () {
        yield* getBus({ ...named, name: named.bus });
        const rule = yield* findRule(named);
        if (rule === undefined) return;
        refuseManaged(rule, { force: Force, canForce: true });
        if (rule.body.targets.length > 0) throw validation("Rule can't be deleted since it has targets.");
        yield* deleteRule(named);
      });
    },

    EnableRule: ({ Name, EventBusName }, context) => setState(ruleNamed(Name!, EventBusName, context), "ENABLED"),
    DisableRule: ({ Name, EventBusName }, context) => setState(ruleNamed(Name!, EventBusName, context), "DISABLED"),

    async ListRules({ EventBusName, NamePrefix: prefix = "", ...input }, context) {
      const bus = busNamed(EventBusName, context);
      const page = readPage("ListRules", input);
      const found = await store.read(function* () {
        yield* getBus(bus);
        return yield* listRules({ ...bus, bus: bus.name }, { prefix, after: page.after, most: page.most + 1 });
      });
      const { rows, ...more } = cutPage("ListRules", found, page, ({ name }) => name);
      return { Rules: rows.map((rule) => showRule(rule, rule.body)), ...more };
    },

    async ListRuleNamesByTarget({ TargetArn, EventBusName, ...input }, context) {
      const bus = busNamed(EventBusName, context);
      const page = readPage("ListRuleNamesByTarget", input);
      const found = await store.read(function* () {
        yield* getBus(bus);
        return yield* listRuleNamesByTarget({ ...bus, bus: bus.name }, TargetArn!, { after: page.after, most: page.most + 1 });
      });
      const { rows, ...more } = cutPage("ListRuleNamesByTarget", found, page, (name) => name);
      return { RuleNames: [...rows], ...more };
    },
  } satisfies EventsHandlers;
};
