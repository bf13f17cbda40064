import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import { root, serviceCaller } from "../../src/kit/caller.ts";
import { PatternTooCostly } from "../../src/patterns/errors.ts";
import { requestContext } from "../support/context.ts";
import { watched } from "../support/watched.ts";
import { refusal } from "../support/refusal.ts";
import { busArnOf, FUNCTION, openEvents, PLACE, QUEUE, ruleArnOf } from "./data-ground.ts";

const SHOP = { eventPattern: '{"source":["shop"]}' };
const first = (answer: unknown) => (answer as { Entries: { EventId?: string; ErrorCode?: string; ErrorMessage?: string }[] }).Entries[0]!;

describe("PutEvents", () => {
  it("gives the event to the targets of the rules that match it: its members in AWS's order, its time to the second, its detail as it was written", async () => {
    const on = openEvents();
    await on.rule("orders", SHOP);
    await on.rule("others", { eventPattern: '{"source":["bank"]}' });
    const answer = await on.put({ Detail: '{ "n": 1.0, "big": 12345678901234567890, "text": "a  b" }', Time: new Date("2026-11-20T10:00:00.987Z"), Resources: ["arn:a", "b"] });
    const { EventId } = first(answer);
    expect(answer).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.stringMatching(/^[0-9a-f-]{36}$/) }] });
    await on.settled();
    expect(on.sent).toMatchObject([{
      service: "lambda", operation: "Invoke",
      input: { FunctionName: FUNCTION, InvocationType: "Event" },
      options: { as: { type: "service", service: "events.amazonaws.com", sourceArn: ruleArnOf("orders"), sourceAccount: PLACE.account } },
      text: `{"version":"0","id":"${EventId}","detail-type":"order","source":"shop","account":"000000000000","time":"2026-11-20T10:00:00Z","region":"us-east-1","resources":["arn:a","b"],"detail":{"n":1.0,"big":12345678901234567890,"text":"a  b"}}`,
    }]);
    expect(on.told).toMatchObject([{ kind: "match", keys: [EventId, busArnOf("default"), expect.any(String)], summary: expect.stringContaining(`1 rule matches: orders (${FUNCTION})`) }]);
    expect(Object.fromEntries(on.counted)).toMatchObject({
      PutEventsApproximateCallCount: 1, PutEventsEntriesCount: 1, PutEventsFailedEntriesCount: 0, MatchedEvents: 1, "MatchedEvents orders": 1, "TriggeredRules orders": 1, InvocationsCreated: 1,
      Invocations: 1, "Invocations orders": 1, "InvocationAttempts orders": 1, "SuccessfulInvocationAttempts orders": 1,
      "MatchedEvents default": 1, "TriggeredRules default": 1, TriggeredRules: 1, "InvocationAttempts default": 1, InvocationAttempts: 1,
    });
    expect([...on.counted.keys()].filter((key) => key.startsWith("IngestionTo")).toSorted()).toEqual(
      ["Complete", "Start", "Success"].flatMap((which) => ["", " default", " orders"].map((of) => `IngestionToInvocation${which}Latency${of}`)),
    );
  });

  it("counts an event once for its bus, and once for each rule that matches it", async () => {
    const on = openEvents();
    for (const name of ["first", "second"]) await on.rule(name, { ...SHOP, targets: [{ Id: "1", Arn: FUNCTION }] });
    await on.put();
    await on.settled();
    expect(Object.fromEntries(on.counted)).toMatchObject({ MatchedEvents: 1, "MatchedEvents default": 1, "MatchedEvents first": 1, "MatchedEvents second": 1, "TriggeredRules default": 2, TriggeredRules: 2, InvocationsCreated: 2 });
  });

  it("names each delivery by event, rule and target, so that a repeat is one, and by who forwards it", async () => {
    const on = openEvents();
    await on.rule("orders", { ...SHOP, targets: [{ Id: "1", Arn: FUNCTION }, { Id: "2", Arn: FUNCTION }] });
    const event = '{"version":"0","id":"e","detail-type":"order","source":"shop","account":"1","time":"2026-11-20T10:00:00Z","region":"us-east-1","resources":[],"detail":{}}';
    for (let count = 0; count < 2; count++) await on.putAll({ Entries: [{ Detail: "{}" }] }, { forwardedEvent: event, requestId: "by-one-rule" });
    await on.settled();
    const idsSent = () => on.sent.map(({ options }) => options.requestId);
    expect(new Set(idsSent()).size).toBe(2);
    await on.putAll({ Entries: [{ Detail: "{}" }] }, { forwardedEvent: event, requestId: "by-another" });
    await on.settled();
    const ids = idsSent();
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/.test(id!))).toBe(true);
  });

  it("says of each entry by itself why it is not taken", async () => {
    const on = openEvents();
    await on.rule("all", { eventPattern: '{"account":["000000000000"]}' });
    const entry = { Source: "shop", DetailType: "order", Detail: "{}" };
    const deep = `${'{"a":'.repeat(1_000)}{}${"}".repeat(1_000)}`;
    const answer = await on.putAll(
      { Entries: [{}, { ...entry, DetailType: "" }, { ...entry, Detail: "" }, { ...entry, Detail: "[1]" }, { ...entry, Detail: "{" }, { ...entry, Detail: deep }, { ...entry, Source: "aws.ec2" }, { ...entry, Time: new Date(Number.NaN) }, entry] },
    );
    const required = (name: string) => ({ ErrorCode: "InvalidArgument", ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.` });
    const malformed = { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    expect(answer).toEqual({
      FailedEntryCount: 8,
      Entries: [
        required("Source"), required("DetailType"), required("Detail"), malformed, malformed, malformed,
        { ErrorCode: "NotAuthorizedForSource", ErrorMessage: "Not authorized for the source." }, expect.objectContaining({ ErrorCode: "InvalidArgument" }), { EventId: expect.any(String) },
      ],
    });
    await on.settled();
    expect(on.sent).toHaveLength(1);
    expect(on.counted.get("PutEventsFailedEntriesCount")).toBe(8);
  });

  it("refuses more than a megabyte in all, and endpoints, which are not there", async () => {
    const on = openEvents();
    const Detail = JSON.stringify({ text: "ä".repeat(300_000) });
    expect(await refusal(on.putAll({ Entries: [{ Source: "s", DetailType: "d", Detail }, { Source: "s", DetailType: "d", Detail }] }))).toBe("ValidationException: Total size of the entries in the request is over the limit.");
    expect(await refusal(on.putAll({ EndpointId: "a.b", Entries: [] }))).toMatch(/^NotImplemented: EndpointId /);
    expect(on.counted.get("PutEventsApproximateFailedCount")).toBe(2);
    expect(first(await on.put({ Detail })).EventId).toBeDefined();
  });

  it("writes nothing where nothing matches, and drops what is for a bus that is not there, as AWS does; a delivery is told", async () => {
    const on = openEvents();
    const dropped = first(await on.put({ EventBusName: "nowhere" })).EventId!;
    const unwanted = first(await on.put({})).EventId!;
    expect(await on.deliveries()).toEqual([]);
    expect(on.told.map(({ kind, keys, summary }) => [kind, keys[0], summary])).toEqual([
      ["drop", dropped, `the event ${dropped} is dropped: there is no event bus nowhere`],
      ["event", unwanted, `the event ${unwanted} (order, from shop) is put on the bus default: no rule matches it`],
    ]);
    expect(await refusal(on.put({ EventBusName: busArnOf("nowhere") }, { isInternal: true }))).toBe("ResourceNotFoundException: Event bus nowhere does not exist.");
  });

  it("takes a bus by its name or its ARN, and asks the bus of another account for each entry", async () => {
    const on = openEvents();
    await on.bus("mine");
    await on.bus("theirs", "111111111111");
    await on.rule("r", { ...SHOP, bus: "mine" });
    const asked: unknown[] = [];
    const refusalOf = async (permission: { resource: string; context?: Record<string, unknown> }) => {
      asked.push(permission);
      return permission.context!["events:detail-type"] === "secret" ? new ApiError("AccessDeniedException", "no, you may not", { status: 403 }) : undefined;
    };
    const theirs = busArnOf("theirs", "111111111111");
    const Entries = [{ EventBusName: "mine" }, { EventBusName: busArnOf("mine") }, { EventBusName: theirs, DetailType: "secret" }, { EventBusName: theirs }].map((over) => ({ Source: "shop", DetailType: "order", Detail: "{}", ...over }));
    const context = requestContext({ refusalOf: refusalOf as never });
    expect(await on.handlers.PutEvents({ Entries }, context)).toMatchObject({ FailedEntryCount: 1, Entries: [{ EventId: expect.any(String) }, { EventId: expect.any(String) }, { ErrorCode: "AccessDeniedException", ErrorMessage: "no, you may not" }, { EventId: expect.any(String) }] });
    expect(asked).toEqual(["secret", "order"].map((detailType) => ({ action: "events:PutEvents", resource: theirs, context: { "events:source": "shop", "events:detail-type": detailType, "events:eventBusInvocation": "false" } })));
    expect(await on.service.permissions.PutEvents!({ Entries }, context)).toMatchObject([{ action: "events:PutEvents", resource: busArnOf("mine") }]);
    await on.settled();
    expect(on.sent).toHaveLength(2);
    expect(on.counted.get("TriggeredRules mine r")).toBe(2);
  });

  it("asks with the tags of the bus", async () => {
    const on = openEvents();
    await on.handlers.CreateEventBus({ Name: "tagged", Tags: [{ Key: "team", Value: "shop" }] }, requestContext());
    const Entries = [{ Source: "shop", DetailType: "order", Detail: "{}", EventBusName: "tagged" }];
    expect(await on.service.permissions.PutEvents!({ Entries }, requestContext())).toMatchObject([{ resource: busArnOf("tagged"), context: { "aws:ResourceTag/team": "shop" } }]);
    const asked: unknown[] = [];
    await on.putAll({ Entries: [{ ...Entries[0], EventBusName: busArnOf("tagged") }] }, { caller: root("111111111111"), account: "111111111111", refusalOf: async (permission) => void asked.push(permission) as undefined });
    expect(asked).toMatchObject([{ context: { "aws:ResourceTag/team": "shop" } }]);
  });

  it("writes what is too much for one commit by several", async () => {
    const on = openEvents();
    const [run, writes] = [on.store.run, [] as number[]];
    on.store.run = (operation, urgency) => {
      let inserts = 0;
      const counted = () => watched(operation, (sql) => void (sql.startsWith("insert into delivery") && inserts++));
      return run(counted, urgency).finally(() => void (inserts > 0 && writes.push(inserts)));
    };
    for (let index = 0; index < 40; index++) await on.rule(`rule-${index}`, SHOP);
    await on.put({ Detail: JSON.stringify({ text: "x".repeat(900_000) }) });
    await on.settled();
    expect(on.sent).toHaveLength(40);
    expect(writes).toEqual([10, 10, 10, 10]);
  });

  it("delivers each once, although what the first of several commits wrote is found on the disk before the last", async () => {
    const on = openEvents();
    const { run } = on.store;
    on.store.run = async (operation, urgency) => {
      let isWritten = false;
      const result = await run(() => watched(operation, (sql) => void (isWritten ||= sql.startsWith("insert into delivery"))), urgency);
      if (isWritten) {
        on.outbox.poke();
        await on.settled();
      }
      return result;
    };
    for (let index = 0; index < 12; index++) await on.rule(`rule-${index}`, SHOP);
    await on.put({ Detail: JSON.stringify({ text: "x".repeat(900_000) }) });
    await on.settled();
    expect(on.sent).toHaveLength(12);
  });

  it("reads a bus's rules again when a change of them could not be read", async () => {
    const on = openEvents();
    await on.put();
    const { read } = on.store;
    on.store.read = async () => {
      on.store.read = read;
      throw new Error("the disk cannot be read");
    };
    await expect(on.rule("orders", SHOP)).rejects.toThrow("cannot be read");
    await on.put();
    await on.settled();
    expect(on.sent).toHaveLength(1);
  });

  it("takes the events of AWS's services on their account's buses without being asked, and those that a rule forwards only with permission", async () => {
    const on = openEvents();
    await on.rule("s3", { eventPattern: '{"source":["aws.s3"]}' });
    const entry = { Source: "aws.s3", DetailType: "Object Created", Detail: "{}" };
    const of = (service: string) => requestContext({ isInternal: true, caller: serviceCaller(service, PLACE.account, { sourceArn: "arn:x", sourceAccount: PLACE.account }), refusalOf: async () => new ApiError("AccessDeniedException", "no") });
    expect(await on.service.permissions.PutEvents!({ Entries: [entry] }, of("s3.amazonaws.com"))).toEqual([]);
    expect(await on.service.permissions.PutEvents!({ Entries: [entry] }, of("events.amazonaws.com"))).toHaveLength(1);
    expect(first(await on.handlers.PutEvents({ Entries: [entry] }, of("s3.amazonaws.com"))).EventId).toBeDefined();
    await on.settled();
    expect(JSON.parse(on.sent[0]!.text)).toMatchObject({ source: "aws.s3", account: PLACE.account });
    await on.bus("theirs", "111111111111");
    expect(first(await on.handlers.PutEvents({ Entries: [{ ...entry, EventBusName: busArnOf("theirs", "111111111111") }] }, of("s3.amazonaws.com"))).ErrorCode).toBe("AccessDeniedException");
  });

  it("continues the trace that an entry names, or that of the request", async () => {
    const on = openEvents();
    await on.rule("orders", SHOP);
    const Root = "1-5759e988-bd862e3fe1be46a994272793";
    await on.put({ TraceHeader: `Root=${Root};Sampled=1` });
    await on.settled();
    expect(on.sent[0]!.options.trace!.id).toBe(Root);
  });

  it("refuses an event that is large and has so many targets that memory would not hold what they get, and takes it where there is room", async () => {
    const on = openEvents();
    for (let rule = 0; rule < 60; rule++) await on.rule(`r${rule}`, { eventPattern: '{"source":["large"]}', targets: Array.from({ length: 5 }, (_, index) => ({ Id: String(index), Arn: QUEUE })) });
    const large = { Source: "large", DetailType: "order", Detail: JSON.stringify({ text: "x".repeat(1_000_000) }) };
    expect((await on.putAll({ Entries: [large] })).Entries).toMatchObject([{ ErrorCode: "InvalidArgument", ErrorMessage: expect.stringContaining("too large for as many targets") }]);
    const { Entries } = await on.putAll({ Entries: [{ Source: "large", DetailType: "order", Detail: "{}" }, large] });
    expect(Entries).toMatchObject([{ EventId: expect.any(String) }, { ErrorCode: "ThrottlingException", ErrorMessage: expect.stringContaining("in a request of its own") }]);
    await on.settled();
    expect(on.sent).toHaveLength(300);
  });

  it("refuses an event that it would take too long to match, and goes on with the others", async () => {
    const on = openEvents();
    await on.rule("orders", SHOP);
    const { of } = on.engine.parts.books;
    on.engine.parts.books.of = async (bus) => ({ ...(await of(bus)), wanting(event) {
      if (event.detailType === "long") throw new PatternTooCostly("too many alternatives");
      return { rules: [], archives: [] };
    } });
    const { FailedEntryCount, Entries } = await on.putAll({ Entries: ["long", "short"].map((DetailType) => ({ Source: "shop", DetailType, Detail: "{}" })) });
    expect(FailedEntryCount).toBe(1);
    expect(Entries).toMatchObject([{ ErrorCode: "InvalidArgument", ErrorMessage: expect.stringContaining("would take too long") }, { EventId: expect.any(String) }]);
  });
});

describe("the rules of a bus", () => {
  it("follow what is made, changed, disabled and deleted while events come", async () => {
    const on = openEvents();
    const count = async () => {
      const before = on.sent.length;
      await on.put();
      await on.settled();
      return on.sent.length - before;
    };
    expect(await count()).toBe(0);
    await on.rule("a", SHOP);
    await on.rule("b", { ...SHOP, scheduleExpression: "rate(1 day)" });
    expect(await count()).toBe(2);
    await on.rule("a", { eventPattern: '{"source":["bank"]}' });
    expect(await count()).toBe(1);
    await on.rule("b", { ...SHOP, state: "DISABLED" });
    expect(await count()).toBe(0);
    await on.rule("b", { ...SHOP, state: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" });
    expect(await count()).toBe(1);
    await on.dropRule("b");
    expect(await count()).toBe(0);
  });

  it("do not see calls that only read, as CloudTrail tells them, unless they ask for all", async () => {
    const on = openEvents();
    const pattern = { eventPattern: '{"detail-type":["AWS API Call via CloudTrail"]}' };
    await on.rule("usual", { ...pattern, targets: [{ Id: "1", Arn: `${FUNCTION}-usual` }] });
    await on.rule("all", { ...pattern, state: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", targets: [{ Id: "1", Arn: `${FUNCTION}-all` }] });
    const caller = serviceCaller("cloudtrail.amazonaws.com", PLACE.account);
    for (const eventName of ["DescribeInstances", "RunInstances"]) await on.put({ Source: "aws.ec2", DetailType: "AWS API Call via CloudTrail", Detail: JSON.stringify({ eventName }) }, { caller });
    await on.settled();
    expect(on.sent.map(({ input, text }) => `${(input["FunctionName"] as string).split("-").at(-1)} ${(JSON.parse(text) as { detail: { eventName: string } }).detail.eventName}`).toSorted()).toEqual(["all DescribeInstances", "all RunInstances", "usual RunInstances"]);
  });

  it("may be very many, and are read without holding what else there is to do", async () => {
    const on = openEvents();
    const body = (index: number) => JSON.stringify({ state: "ENABLED", createdBy: "x", createdAt: 0, tags: {}, targets: [{ Id: "1", Arn: FUNCTION }], eventPattern: JSON.stringify({ source: ["shop"], detail: { shelf: [index] } }) });
    await on.store.run(function* () {
      for (let index = 0; index < 3_000; index++) yield { sql: "insert into event_rule (account, region, bus, name, body) values (?, ?, 'default', ?, ?)", values: [PLACE.account, PLACE.region, `r${index}`, body(index)] };
    });
    let turns = 0;
    const count = () => void (turns++, setImmediate(count).unref());
    setImmediate(count);
    await on.put({ Detail: '{"shelf":2999}' });
    expect(turns).toBeGreaterThan(10);
    await on.settled();
    expect(on.told[0]!.summary).toContain("1 rule matches: r2999");
  });
});

describe("TestEventPattern", () => {
  const EVENT = { id: "e", account: "1", source: "shop", time: "2026-11-20T10:00:00Z", region: "us-east-1", resources: [], "detail-type": "order", detail: { n: 1 } };
  const on = () => openEvents().handlers;
  const ask = async (EventPattern: string, event: unknown) => on().TestEventPattern({ EventPattern, Event: typeof event === "string" ? event : JSON.stringify(event) }, requestContext());

  it("says whether the event is one that the pattern describes", async () => {
    expect(await ask('{"detail":{"n":[{"numeric":[">",0]}]}}', EVENT)).toEqual({ Result: true });
    expect(await ask('{"source":["bank"]}', EVENT)).toEqual({ Result: false });
  });

  it("wants a pattern that is one, and an event with all that AWS's events have", async () => {
    expect(await refusal(ask('{"source":"shop"}', EVENT))).toMatch(/^InvalidEventPatternException: Event pattern is not valid. Reason: "source" must be an object or an array/);
    const { region: _, ...rest } = EVENT;
    const { resources: __, ...bare } = EVENT;
    expect(await ask('{"source":["shop"]}', bare)).toEqual({ Result: true });
    expect(await refusal(ask("{\"source\":[\"shop\"]}", rest))).toBe("ValidationException: Parameter Event is not valid. Reason: it has no region");
    expect(await refusal(ask("{\"source\":[\"shop\"]}", "{"))).toMatch(/^ValidationException: Parameter Event is not valid. Reason: it is not JSON/);
  });
});
