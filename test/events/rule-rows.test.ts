import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { untriedOf } from "../../src/plumber/delivery-rows.ts";
import { listItems } from "../../src/plumber/events/rows.ts";
import { findRule, listRuleNamesByTarget, listRules } from "../../src/plumber/events/rules.ts";
import { countReplaysAtWork, forgetReplays, listReplaysAtWork } from "../../src/services/events/replay-rows.ts";
import { migrate } from "../../src/store/migrate.ts";
import { events } from "../../src/store/migrations/events.ts";
import { sql, type Operation, type Statement, type Store } from "../../src/store/store.ts";
import { requestContext } from "../support/context.ts";
import { refusal } from "../support/refusal.ts";
import { DEAD, openEvents, PLACE, QUEUE } from "./data-ground.ts";

const context = requestContext();
const refused = (asked: unknown) => refusal(Promise.resolve(asked));
const MINUTE_MS = 60_000;

/** How SQLite goes about the first thing that it asks. */
const planOf = async (store: Store, operation: Operation<unknown>): Promise<string> => {
  const asked = operation.next().value as Statement;
  return JSON.stringify(await store.run(() => sql(`explain query plan ${asked.sql}`, ...asked.values)));
};

it("a rule that a service of AWS's made can be changed by nobody, and deleted with Force", async () => {
  const { rule, handlers } = openEvents();
  await rule("theirs", { eventPattern: "{}", managedBy: "archive.events.amazonaws.com", targets: [{ Id: "1", Arn: QUEUE }] });
  const named = { Name: "theirs" };
  const changes = [
    () => handlers.PutRule({ ...named, EventPattern: '{"a":[1]}' }, context), () => handlers.DisableRule(named, context), () => handlers.EnableRule(named, context), () => handlers.PutTargets({ Rule: "theirs", Targets: [{ Id: "2", Arn: QUEUE }] }, context),
    () => handlers.RemoveTargets({ Rule: "theirs", Ids: ["1"] }, context), () => handlers.DeleteRule(named, context), () => handlers.TagResource({ ResourceARN: "arn:aws:events:us-east-1:000000000000:rule/theirs", Tags: [{ Key: "a", Value: "b" }] }, context),
  ];
  for (const change of changes) expect(await refused(change())).toMatch(/^ManagedRuleException: Rule theirs is managed by archive.events.amazonaws.com/);
  expect(await handlers.DescribeRule(named, context)).toMatchObject({ ManagedBy: "archive.events.amazonaws.com", State: "ENABLED" });
  await handlers.RemoveTargets({ Rule: "theirs", Ids: ["1"], Force: true }, context);
  await handlers.DeleteRule({ ...named, Force: true }, context);
  expect(await refused(handlers.DescribeRule(named, context))).toMatch(/^ResourceNotFoundException/);
});

it("an account has a hundred buses of its own in a region", async () => {
  const { bus, handlers } = openEvents();
  for (let count = 0; count < 99; count++) await bus(`b-${count}`);
  await handlers.PutPermission({ Action: "events:PutEvents", Principal: "111122223333", StatementId: "kept" }, context);
  await handlers.CreateEventBus({ Name: "b-99" }, context);
  expect(await refused(handlers.CreateEventBus({ Name: "one-more" }, context))).toBe("LimitExceededException: The requested resource exceeds the maximum number allowed.");
  await handlers.CreateEventBus({ Name: "one-more" }, requestContext({ region: "eu-west-1" }));
});

it("a schedule is due from when it is put or switched on, keeps its step while it stays the same, and is not due while it is switched off", async () => {
  const { clock, store, handlers } = openEvents();
  const nextAt = async () => (await store.read(() => findRule({ ...PLACE, bus: "default", name: "tick" })))?.nextAt;
  const put = (ScheduleExpression: string) => handlers.PutRule({ Name: "tick", ScheduleExpression }, context);
  const isIn = (at: number | undefined, from: number, ms: number) => at !== undefined && at >= from + ms && at < from + ms + 10_000;
  const start = clock.now();
  await put("rate(5 minutes)");
  const first = await nextAt();
  expect(isIn(first, start, 5 * MINUTE_MS)).toBe(true);
  await clock.advance(2 * MINUTE_MS);
  await put("rate(5 minutes)");
  expect(await nextAt()).toBe(first);
  await put("rate(1 hour)");
  expect(isIn(await nextAt(), start, 62 * MINUTE_MS)).toBe(true);
  await handlers.DisableRule({ Name: "tick" }, context);
  expect(await nextAt()).toBeUndefined();
  await clock.advance(MINUTE_MS);
  await handlers.EnableRule({ Name: "tick" }, context);
  expect(isIn(await nextAt(), start, 63 * MINUTE_MS)).toBe(true);
  await put("cron(0 0 1 1 ? 2030)");
  expect(await nextAt()).toBe(Date.UTC(2030, 0, 1));
});

it("rules are listed by a prefix, page by page, without looking at those before it", async () => {
  const { rule, store } = openEvents();
  for (const name of ["a", "b", "b-1", "b.2", "bb", "c"]) await rule(name);
  const list = async (prefix: string, after = "", most = -1) => (await store.read(() => listRules({ ...PLACE, bus: "default" }, { prefix, after, most }))).map(({ name }) => name);
  expect([await list(""), await list("b"), await list("b", "b-1", 2), await list("b", "a"), await list("b", "c"), await list("", "bb")]).toEqual([["a", "b", "b-1", "b.2", "bb", "c"], ["b", "b-1", "b.2", "bb"], ["b.2", "bb"], ["b", "b-1", "b.2", "bb"], [], ["c"]]);
  expect(await planOf(store, listRules({ ...PLACE, bus: "default" }, { prefix: "b" }))).toContain("name>? AND name<?");
});

it("rules are found by a target of theirs as they are now, without looking at others", async () => {
  const { rule, dropRule, store } = openEvents();
  const queue = { Id: "1", Arn: QUEUE };
  await rule("a", { targets: [queue, { ...queue, Id: "2" }] });
  await rule("b", { targets: [{ Id: "1", Arn: DEAD }] });
  await rule("c", { targets: [queue] });
  await rule("d", { targets: [queue] });
  const find = (after = "", most = 10) => listRuleNamesByTarget({ ...PLACE, bus: "default" }, QUEUE, { after, most });
  expect(await store.read(() => find())).toEqual(["a", "c", "d"]);
  expect(await store.read(() => find("a", 1))).toEqual(["c"]);
  await rule("a", { targets: [] });
  await dropRule("c");
  await rule("b", { targets: [queue] });
  expect(await store.read(() => find())).toEqual(["b", "d"]);
  expect(await planOf(store, find())).toContain("target_arn=? AND rule>?");
});

it("rules of earlier versions are found by a target, too", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database, events.slice(0, 1));
  const rule = database.prepare("insert into event_rule (account, region, bus, name, body) values ('a', 'r', 'default', ?, ?)");
  rule.run("some", JSON.stringify({ targets: [{ Id: "1", Arn: QUEUE }, { Id: "2", Arn: QUEUE }, { Id: "3", Arn: DEAD }] }));
  rule.run("none", JSON.stringify({ targets: [] }));
  migrate(database, events);
  expect(database.prepare("select rule, target_arn from event_rule_target order by target_arn").all()).toMatchObject([{ rule: "some", target_arn: DEAD }, { rule: "some", target_arn: QUEUE }]);
  database.close();
});

it("replays and archives are found by what is in them, without looking at others", async () => {
  const { store } = openEvents();
  const plan = (operation: Operation<unknown>) => planOf(store, operation);
  expect(await plan(listItems(PLACE, "archive", { having: { sourceArn: "x" } }))).toContain("event_item_by_source (account=? AND region=? AND kind=? AND <expr>=? AND name>?)");
  expect(await plan(listItems(PLACE, "replay", { having: { state: "RUNNING" } }))).toContain("event_item_by_state (kind=? AND <expr>=? AND account=? AND region=? AND name>?)");
  expect(await plan(listItems(PLACE, "replay", { prefix: "a" }))).toContain("(account=? AND region=? AND kind=? AND name>? AND name<?)");
  expect(await plan(countReplaysAtWork(PLACE))).toContain("event_item_by_state (kind=? AND <expr>=? AND account=? AND region=?)");
  expect(await plan(listReplaysAtWork())).toContain("event_item_by_state (kind=? AND <expr>=?)");
  expect(await plan(forgetReplays(1, 1))).toContain("event_item_by_end (kind=? AND <expr><?)");
  expect(await plan(untriedOf(["x"]))).toContain("(id=?)");
});
