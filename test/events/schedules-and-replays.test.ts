import type { ReplayState } from "@aws-sdk/client-eventbridge";
import { describe, expect, it } from "vitest";
import { ARCHIVE_SWEEP_EVENTS_MAX, EVENT_DELIVERIES_CHARACTERS_MAX, REPLAY_HOLD_MS, REPLAY_UNTRIED_MAX, RULE_TICKS_CHARACTERS_MAX } from "../../src/kit/limits/events.ts";
import { findReplay, saveReplay, type StoredReplay } from "../../src/services/events/replay-rows.ts";
import { sql } from "../../src/store/store.ts";
import { requestContext } from "../support/context.ts";
import { refusal } from "../support/refusal.ts";
import { eventually } from "../support/temporary.ts";
import { busArnOf, FUNCTION, openEvents, PLACE, QUEUE, refuses, ruleArnOf, type EventsGround } from "./data-ground.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2026, 10, 20, 10, 0, 30);

describe("a rule's schedule", () => {
  it("makes one event of each of its times, as AWS writes it", async () => {
    const on = openEvents({ start: START });
    await on.rule("rate", { scheduleExpression: "rate(5 minutes)", nextAt: START + 5 * MINUTE });
    await on.rule("cron", { scheduleExpression: "cron(2 10 * * ? *)", nextAt: Date.UTC(2026, 10, 20, 10, 2), targets: [{ Id: "1", Arn: `${FUNCTION}-cron` }] });
    await on.clock.advance(16 * MINUTE);
    await on.settled();
    const events = on.sent.map(({ input, text }) => ({ to: input["FunctionName"], ...(JSON.parse(text) as { id: string }) }));
    const arn = ruleArnOf("rate");
    expect(events.filter(({ to }) => to === FUNCTION)).toEqual(["10:05:30", "10:10:30", "10:15:30"].map((time) => ({
      to: FUNCTION, version: "0", id: expect.stringMatching(/^[0-9a-f-]{36}$/), "detail-type": "Scheduled Event", source: "aws.events", account: PLACE.account, time: `2026-11-20T${time}Z`, region: "us-east-1", resources: [arn], detail: {},
    })));
    expect(events.filter(({ to }) => to !== FUNCTION)).toMatchObject([{ time: "2026-11-20T10:02:00Z" }]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
    expect(on.counted.get("TriggeredRules rate")).toBe(3);
    expect(on.told[0]!.summary).toMatch(/^the rule cron is due \(cron\(2 10 \* \* \? \*\)\): the event .* goes to /);
  });

  it("is the rule's own: rules with a pattern do not see its events, and what is disabled, deleted or changed is not due", async () => {
    const on = openEvents({ start: START });
    await on.rule("all", { eventPattern: '{"source":["aws.events"]}', targets: [{ Id: "1", Arn: `${FUNCTION}-all` }] });
    await on.rule("a", { scheduleExpression: "rate(1 minute)", nextAt: START + MINUTE });
    await on.rule("b", { scheduleExpression: "rate(1 minute)", nextAt: START + MINUTE });
    await on.clock.advance(MINUTE);
    await on.rule("a", { scheduleExpression: "rate(1 minute)", state: "DISABLED" });
    await on.dropRule("b");
    await on.clock.advance(5 * MINUTE);
    await on.settled();
    expect(on.sent.map(({ input }) => input["FunctionName"])).toEqual([FUNCTION, FUNCTION]);
  });

  it("that came due while the server was down comes once, and goes on in its step", async () => {
    const first = openEvents({ start: START });
    await first.rule("r", { scheduleExpression: "rate(1 minute)", nextAt: START + MINUTE });
    await first.close();
    const on = openEvents({ path: first.path, start: START + 10 * MINUTE + 1_000 });
    await on.engine.start();
    await eventually("it is due", async () => on.sent.length === 1);
    expect(JSON.parse(on.sent[0]!.text)).toMatchObject({ time: "2026-11-20T10:01:30Z" });
    expect(await on.engine.pending!()).toBe(0);
    await on.clock.advance(MINUTE);
    await on.settled();
    expect(on.sent.map(({ text }) => (JSON.parse(text) as { time: string }).time)).toEqual(["2026-11-20T10:01:30Z", "2026-11-20T10:11:30Z"]);
  });

  it("of which no event can be made is told, counted and passed over until its next time; the others go on", async () => {
    const on = openEvents({ start: START });
    await on.rule("broken", { scheduleExpression: "rate(1 minute)", nextAt: START + MINUTE, targets: [{ Id: "1", Arn: QUEUE, InputTransformer: { InputTemplate: '"<a>"', InputPathsMap: { a: 1 as never } } }] });
    await on.rule("whole", { scheduleExpression: "rate(1 minute)", nextAt: START + MINUTE });
    await on.clock.advance(2 * MINUTE);
    await on.settled();
    expect(on.sent).toHaveLength(2);
    expect(on.told.filter(({ kind }) => kind === "drop").map(({ summary }) => summary)).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^the rule broken is due \(rate\(1 minute\)\): what its targets get of the event cannot be made \(TypeError/)));
    expect([on.counted.get("FailedInvocations broken"), on.counted.get("TriggeredRules broken"), on.counted.get("FailedInvocations whole")]).toEqual([2, 2, undefined]);
  });

  it("goes with others into one commit as far as there is room for what their targets get", async () => {
    const on = openEvents({ start: START });
    const enqueue = on.outbox.enqueue;
    const commits: number[] = [];
    const run = on.store.run;
    on.store.run = (operation, urgency) => {
      commits.push(0);
      return run.call(on.store, operation, urgency) as never;
    };
    on.outbox.enqueue = (delivery) => {
      commits[commits.length - 1]! += delivery.payload.length;
      return enqueue(delivery);
    };
    const template = JSON.stringify({ all: Array.from({ length: 200 }, () => "") }).replaceAll('""', "<aws.events.event.json>");
    const targets = Array.from({ length: 5 }, (_, index) => ({ Id: `${index}`, Arn: QUEUE, InputTransformer: { InputTemplate: template } }));
    for (let index = 0; index < 90; index++) await on.rule(`r-${index}`, { scheduleExpression: "rate(1 minute)", nextAt: START + MINUTE, targets });
    await on.clock.advance(MINUTE);
    expect(on.counted.get("TriggeredRules r-89")).toBe(1);
    const written = commits.filter((characters) => characters > 0);
    expect(written.length).toBeGreaterThan(1);
    expect(Math.max(...written)).toBeLessThanOrEqual(RULE_TICKS_CHARACTERS_MAX);
  });

  it("has one event for each time, whoever else runs on the same data", async () => {
    const first = openEvents({ start: START });
    await first.rule("r", { scheduleExpression: "rate(1 minute)", nextAt: START + MINUTE });
    const second = openEvents({ path: first.path, start: START });
    await second.engine.start();
    await Promise.all([first.clock.advance(3 * MINUTE), second.clock.advance(3 * MINUTE)]);
    await first.settled();
    const ids = [...first.sent, ...second.sent].map(({ options }) => options.requestId);
    expect(new Set(ids).size).toBe(3);
  });
});

const ARCHIVE = { ArchiveName: "kept", EventSourceArn: busArnOf("default") };
const archiveArn = `arn:aws:events:us-east-1:${PLACE.account}:archive/kept`;

const at = (on: EventsGround) => {
  const { handlers } = on;
  const context = requestContext();
  return {
    create: async (over = {}) => handlers.CreateArchive({ ...ARCHIVE, ...over }, context),
    update: async (over = {}) => handlers.UpdateArchive({ ArchiveName: "kept", ...over }, context),
    describe: async () => handlers.DescribeArchive({ ArchiveName: "kept" }, context),
    remove: async () => handlers.DeleteArchive({ ArchiveName: "kept" }, context),
    list: async (over = {}) => handlers.ListArchives(over, context),
    start: async (over = {}) => handlers.StartReplay({ ReplayName: "again", EventSourceArn: archiveArn, EventStartTime: new Date(START), EventEndTime: new Date(START + DAY), Destination: { Arn: busArnOf("default") }, ...over }, context),
    cancel: async () => handlers.CancelReplay({ ReplayName: "again" }, context),
    replay: async (ReplayName = "again") => handlers.DescribeReplay({ ReplayName }, context),
    replays: async (over = {}) => handlers.ListReplays(over, context),
    over: (state = "COMPLETED", ReplayName = "again") => eventually(`it is ${state}`, async () => (await handlers.DescribeReplay({ ReplayName }, context)).State === state, undefined, 1),
  };
};

describe("an archive", () => {
  it("keeps the events that its pattern describes, in the commit that takes them, and says how many", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    expect(await archive.create({ EventPattern: '{"source":["shop"]}', Description: "d" })).toEqual({ ArchiveArn: archiveArn, State: "ENABLED", CreationTime: expect.any(Date) });
    await on.put();
    await on.put({ Source: "bank" });
    const described = await archive.describe();
    expect(described).toMatchObject({ ArchiveName: "kept", ArchiveArn: archiveArn, EventSourceArn: ARCHIVE.EventSourceArn, EventPattern: '{"source":["shop"]}', Description: "d", State: "ENABLED", RetentionDays: 0, EventCount: 1 });
    expect(described.SizeBytes).toBeGreaterThan(100);
    expect(on.told[0]!.summary).toContain("it is kept by the archive kept");
    await archive.update({ EventPattern: "" });
    await on.put({ Source: "bank" });
    expect((await archive.describe()).EventCount).toBe(2);
    expect((await archive.list({ NamePrefix: "k" })).Archives).toMatchObject([{ ArchiveName: "kept", EventCount: 2 }]);
    expect((await archive.list({ EventSourceArn: busArnOf("other") })).Archives).toEqual([]);
  });

  it("forgets what is older than its retention, and everything when it is deleted", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create({ RetentionDays: 2 });
    for (const pause of [DAY, DAY, DAY / 2]) {
      await on.put();
      await on.clock.advance(pause);
    }
    await eventually("the first is swept", async () => (await archive.describe()).EventCount === 2);
    await archive.remove();
    const left = () => on.store.read(function* () {
      return (yield { sql: "select (select count(*) from archived_event) + (select count(*) from event_archive) as n", values: [] })[0]!["n"];
    });
    await eventually("all is swept", async () => (await left()) === 0);
    expect(await refusal(archive.describe())).toBe("ResourceNotFoundException: Archive kept does not exist.");
    await archive.create();
    expect((await archive.describe()).EventCount).toBe(0);
  });

  it("is swept by its own retention, however many events go at once, and the others are left alone", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create({ RetentionDays: 1 });
    await archive.create({ ArchiveName: "longer", RetentionDays: 3 });
    await archive.create({ ArchiveName: "ever" });
    await on.put();
    const ids = (await on.store.read(() => sql("select id from event_archive where retention_days = 1"))).map((row) => row["id"] as string);
    await on.store.run(function* () {
      yield* sql("with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) insert into archived_event select ?, ?, 'e-' || i, ?, 0, 10, '{}' from n", 2 * ARCHIVE_SWEEP_EVENTS_MAX, ids[0]!, START, START);
      yield* sql("update event_archive set events = events + ?, bytes = bytes + ? where id = ?", 2 * ARCHIVE_SWEEP_EVENTS_MAX, 20 * ARCHIVE_SWEEP_EVENTS_MAX, ids[0]!);
    });
    await on.clock.advance(DAY + 60 * MINUTE);
    const counts = async () => Object.fromEntries(((await archive.list()).Archives ?? []).map(({ ArchiveName, EventCount, SizeBytes }) => [ArchiveName, [EventCount, SizeBytes! > 0]]));
    await eventually("the first is swept", async () => (await archive.describe()).EventCount === 0);
    expect(await counts()).toEqual({ kept: [0, false], longer: [1, true], ever: [1, true] });
  });

  it("keeps nothing that was looked at before it was deleted, and is written after", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    const { acceptance } = on.engine.parts;
    const event = { id: "e", source: "shop", detailType: "order", time: START, ingestedAt: START, json: '{"source":"shop"}', trace: { id: "1-0-0" }, isForwarded: false };
    const planned = await acceptance.plan({ ...PLACE, name: "default" }, event);
    expect(planned.wanting.archives).toHaveLength(1);
    await archive.remove();
    await on.store.run(() => acceptance.write([planned]));
    expect(await on.store.read(() => sql("select * from archived_event"))).toEqual([]);
  });

  it("keeps its bus from being deleted", async () => {
    const on = openEvents();
    const archive = at(on);
    await on.bus("orders");
    await archive.create({ EventSourceArn: busArnOf("orders") });
    const remove = async () => on.handlers.DeleteEventBus({ Name: "orders" }, requestContext());
    expect(await refusal(remove())).toBe("ValidationException: EventBus can't be deleted since it has rules. The archive kept keeps its events: delete it first.");
    await archive.remove();
    await remove();
    expect(await refusal(Promise.resolve(on.handlers.DescribeEventBus({ Name: "orders" }, requestContext())))).toMatch(/^ResourceNotFoundException/);
  });

  it("is refused as AWS refuses it", async () => {
    const archive = at(openEvents());
    await archive.create();
    expect(await refusal(archive.create())).toBe("ResourceAlreadyExistsException: Archive kept already exists.");
    expect(await refusal(archive.create({ ArchiveName: "x", EventSourceArn: busArnOf("none") }))).toBe("ResourceNotFoundException: Event bus none does not exist.");
    expect(await refusal(archive.create({ ArchiveName: "x", EventPattern: "{}" }))).toMatch(/^InvalidEventPatternException: Event pattern is not valid\. Reason: /);
    expect(await refusal(archive.create({ ArchiveName: "x", KmsKeyIdentifier: "alias/mine" }))).toMatch(/^NotImplemented: /);
    expect(await refusal(archive.create({ ArchiveName: "x", EventSourceArn: busArnOf("default").replace("aws", "aws-cn") }))).toBe("ValidationException: Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.");
    for (let index = 1; index < 100; index++) await archive.create({ ArchiveName: `kept-${index}` });
    expect(await refusal(archive.create({ ArchiveName: "x" }))).toBe("LimitExceededException: The requested resource exceeds the maximum number allowed.");
    expect(await refusal(archive.list({ NamePrefix: "x", State: "ENABLED" }))).toBe("ValidationException: At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.");
  });
});

describe("a replay", () => {
  const SHOP = { eventPattern: '{"source":["shop"]}' };
  const puts = async (on: EventsGround, count: number) => {
    for (let index = 0; index < count; index++) await on.put({ Detail: JSON.stringify({ index }), Time: new Date(START + index * 1_000) });
  };

  it("gives the events of its time to the rules of the bus once more, under their own names, and is not archived", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await puts(on, 5);
    await on.rule("late", SHOP);
    expect(await archive.start({ EventStartTime: new Date(START + 1_000), EventEndTime: new Date(START + 3_000) })).toEqual({ ReplayArn: `arn:aws:events:us-east-1:${PLACE.account}:replay/again`, State: "STARTING", ReplayStartTime: expect.any(Date) });
    await archive.over();
    await on.settled();
    const events = on.sent.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    expect(events.map(({ detail }) => (detail as { index: number }).index).toSorted()).toEqual([1, 2, 3]);
    expect(events.every((event) => event["replay-name"] === "again")).toBe(true);
    expect((await archive.describe()).EventCount).toBe(5);
    expect(await archive.replay()).toMatchObject({
      State: "COMPLETED", EventSourceArn: archiveArn, Destination: { Arn: busArnOf("default"), FilterArns: [] }, EventLastReplayedTime: new Date(START + 3_000), ReplayEndTime: expect.any(Date),
    });
    expect((await archive.replays({ State: "COMPLETED" })).Replays).toMatchObject([{ ReplayName: "again", EventStartTime: new Date(START + 1_000) }]);
    await eventually("it is told", () => on.told.some(({ summary }) => summary === "the replay again is completed"));
  });

  it("puts no more into one commit than may be in one, and leaves none out", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await puts(on, 5);
    await on.rule("late", SHOP);
    const { acceptance } = on.engine.parts;
    const plan = acceptance.plan;
    const share = EVENT_DELIVERIES_CHARACTERS_MAX * 0.4;
    acceptance.plan = async (bus, event, options = {}) => (options.room !== undefined && options.room < share ? plan(bus, event, { ...options, room: 0 }) : { ...(await plan(bus, event)), characters: share });
    await archive.start();
    await archive.over();
    await on.settled();
    expect(on.sent.map(({ text }) => (JSON.parse(text) as { detail: { index: number } }).detail.index).toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  it("holds while what it has written waits for a first try, and goes on with targets that fail", async () => {
    let isOpen = false;
    const gates: (() => void)[] = [];
    const on = openEvents({ start: START, behave: () => (isOpen ? refuses("ServiceException")() : new Promise<void>((resolve) => gates.push(resolve))) });
    const archive = at(on);
    await archive.create();
    await puts(on, 400);
    const targets = Array.from({ length: 5 }, (_, index) => ({ Id: `${index}`, Arn: `${FUNCTION}-${index}` }));
    await on.rule("late", { ...SHOP, targets });
    await archive.start();
    // It looks again while nothing is tried, and writes nothing more: a hundred events, of five targets each, are a commit.
    for (let looks = 0; looks < 3; looks++) await eventually("it holds", async () => (await on.wall.advance(REPLAY_HOLD_MS)).length > 0);
    expect(await on.deliveries()).toHaveLength(REPLAY_UNTRIED_MAX + 500);
    expect((await archive.replay()).State).toBe("RUNNING");
    isOpen = true;
    gates.forEach((open) => open());
    await archive.over();
    expect((await on.deliveries()).some((row) => row["attempts"] !== 0)).toBe(true);
    await eventually("all are tried", () => new Set(on.sent.map(({ options }) => options.requestId)).size === 2_000);
  });

  it("is one of ten at work, however many are over, and is listed by its state and its archive", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await archive.create({ ArchiveName: "more" });
    const replay = (ReplayName: string, state: ReplayState, over: Partial<StoredReplay> = {}) =>
      on.store.run(() => saveReplay({ ...PLACE, name: ReplayName }, { sourceArn: archiveArn, archiveId: "x", destinationArn: busArnOf("default"), from: START, until: START + DAY, state, startedAt: START, ...over }));
    for (let index = 0; index < 12; index++) await replay(`over-${index}`, "COMPLETED", { endedAt: START });
    for (let index = 0; index < 9; index++) await replay(`on-${index}`, "RUNNING", { sourceArn: `${archiveArn}x` });
    expect((await archive.start()).State).toBe("STARTING");
    await archive.over();
    await replay("on-9", "CANCELLING");
    expect(await refusal(archive.start({ ReplayName: "tenth" }))).toBe("LimitExceededException: There are 10 replays at work already: wait for one, or cancel it.");
    const list = async (over: object) => ((await archive.replays(over)).Replays ?? []).map(({ ReplayName }) => ReplayName);
    expect(await list({ State: "CANCELLING" })).toEqual(["on-9"]);
    expect(await list({ EventSourceArn: `${archiveArn}x`, Limit: 2 })).toEqual(["on-0", "on-1"]);
    expect(await list({ NamePrefix: "over-1" })).toEqual(["over-1", "over-10", "over-11"]);
    const { NextToken } = await archive.replays({ State: "COMPLETED", Limit: 12 });
    expect(await list({ State: "COMPLETED", NextToken })).toEqual(["over-9"]);
  });

  it("is forgotten after ninety days, though no archive has anything to sweep", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await archive.start();
    await archive.over();
    await on.clock.advance(91 * DAY);
    await eventually("it is forgotten", async () => (await archive.replays()).Replays!.length === 0);
  });

  it("goes to the rules it names alone, and to a target that has had the event it is another delivery", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await on.rule("a", SHOP);
    await on.rule("b", { ...SHOP, targets: [{ Id: "1", Arn: `${FUNCTION}-b` }] });
    await puts(on, 1);
    await archive.start({ Destination: { Arn: busArnOf("default"), FilterArns: [ruleArnOf("a")] } });
    await archive.over();
    await on.settled();
    expect(on.sent.map(({ input }) => input["FunctionName"]).toSorted()).toEqual([FUNCTION, FUNCTION, `${FUNCTION}-b`]);
    expect(new Set(on.sent.map(({ options }) => options.requestId)).size).toBe(3);
  });

  it("is known by its name on other buses, too: it is another delivery there, and archived by none", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await on.bus("next");
    await archive.create();
    await archive.create({ ArchiveName: "of-next", EventSourceArn: busArnOf("next") });
    await on.rule("forward", { ...SHOP, targets: [{ Id: "1", Arn: busArnOf("next") }] });
    await on.rule("there", { ...SHOP, bus: "next" });
    await puts(on, 1);
    await eventually("it is there", () => on.sent.some(({ service }) => service === "lambda"));
    await archive.start();
    await archive.over();
    await on.settled();
    const there = on.sent.filter(({ service }) => service === "lambda");
    expect(there.map(({ text }) => (JSON.parse(text) as Record<string, unknown>)["replay-name"])).toEqual([undefined, "again"]);
    expect(new Set(there.map(({ options }) => options.requestId)).size).toBe(2);
    expect((await archive.list()).Archives).toMatchObject([{ ArchiveName: "kept", EventCount: 1 }, { ArchiveName: "of-next", EventCount: 1 }]);
  });

  it("goes on after a restart where it was, and gives each event once", async () => {
    const first = openEvents({ start: START });
    await at(first).create();
    await puts(first, 250);
    await first.rule("late", SHOP);
    await at(first).start();
    await eventually("some are replayed", async () => (await at(first).replay()).EventLastReplayedTime !== undefined, undefined, 0);
    await first.close();
    const on = openEvents({ path: first.path, start: START + MINUTE });
    expect(["RUNNING", "COMPLETED"]).toContain((await at(on).replay()).State);
    await on.engine.start();
    on.outbox.poke();
    await at(on).over();
    await on.settled();
    const ids = [...first.sent, ...on.sent].map(({ options }) => options.requestId);
    expect(new Set(ids).size).toBe(250);
  });

  it("can be cancelled while it is at work, and not after", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await puts(on, 3);
    await archive.start();
    await archive.over();
    await on.rule("late", SHOP);
    // As an earlier process would have left it.
    await on.store.run(function* () {
      const replay = (yield* findReplay(PLACE, "again"))!;
      const { last: _, endedAt: __, ...begun } = replay;
      yield* saveReplay({ ...PLACE, name: "again" }, { ...begun, state: "RUNNING" });
    });
    expect(await archive.cancel()).toMatchObject({ State: "CANCELLING" });
    await archive.over("CANCELLED");
    expect(await on.deliveries()).toEqual([]);
    expect(await refusal(archive.cancel())).toBe("IllegalStatusException: Replay again is not in a valid state for this operation.");
    expect(await refusal(archive.replay("none"))).toBe("ResourceNotFoundException: Replay none does not exist.");
  });

  it("is refused as AWS refuses it", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await on.bus("other");
    expect(await refusal(archive.start({ EventEndTime: new Date(START) }))).toBe("ValidationException: Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
    expect(await refusal(archive.start({ EventSourceArn: `${archiveArn}x` }))).toBe("ValidationException: Parameter EventSourceArn is not valid. Reason: Archive keptx does not exist.");
    expect(await refusal(archive.start({ EventSourceArn: archiveArn.replace("aws", "aws-cn") }))).toBe("ValidationException: Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.");
    expect(await refusal(archive.start({ Destination: { Arn: FUNCTION } }))).toBe("ValidationException: Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.");
    expect(await refusal(archive.start({ Destination: { Arn: busArnOf("other") } }))).toBe("ValidationException: Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.");
    expect(await refusal(archive.start({ Destination: { Arn: busArnOf("default"), FilterArns: [FUNCTION] } }))).toMatch(/^ValidationException: Parameter Destination.FilterArns is not valid/);
    await archive.start();
    await archive.over();
    expect(await refusal(archive.start())).toBe("ResourceAlreadyExistsException: Replay again already exists.");
    expect(await refusal(archive.replays({ NamePrefix: "a", State: "RUNNING" }))).toMatch(/^ValidationException: At most one filter/);
  });

  it("fails when its archive is gone, and says so", async () => {
    const on = openEvents({ start: START });
    const archive = at(on);
    await archive.create();
    await puts(on, 1);
    await on.store.run(() => saveReplay({ ...PLACE, name: "again" }, { sourceArn: archiveArn, archiveId: "gone", destinationArn: busArnOf("default"), from: START, until: START + DAY, state: "STARTING", startedAt: START }));
    await on.engine.start();
    await archive.over("FAILED");
    expect(await archive.replay()).toMatchObject({ StateReason: "The archive was deleted." });
    await eventually("it is told", () => on.told.some(({ kind, summary }) => kind === "drop" && summary === "the replay again is failed: The archive was deleted."));
  });
});
