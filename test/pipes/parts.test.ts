import { describe, expect, it } from "vitest";
import { parseArn } from "../../src/kit/arn.ts";
import { root } from "../../src/kit/caller.ts";
import { createClock } from "../../src/kit/clock.ts";
import { Postponed } from "../../src/plumber/delivery.ts";
import { toItem } from "../../src/plumber/event-source-mapping/record.ts";
import { parseJson } from "../../src/plumber/events/json-value.ts";
import { createPost } from "../../src/plumber/pipes/endpoint.ts";
import { compileTemplate, newBudget, parameterOf } from "../../src/plumber/pipes/input-template.ts";
import type { Pipe } from "../../src/plumber/pipes/pipe.ts";
import { eventOfAnswer, eventOfMessage } from "../../src/plumber/pipes/pipe-event.ts";
import { createPipeLog } from "../../src/plumber/pipes/pipe-log.ts";
import { functionPayload } from "../../src/plumber/pipes/targets/function.ts";
import type { Sending } from "../../src/plumber/targets/targets.ts";
import { momentOf } from "../../src/plumber/pipes/targets/moment.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const VARIABLES = { pipeArn: "arn:aws:pipes:us-east-1:000000000000:pipe/p", pipeName: "p", sourceArn: QUEUE, enrichmentArn: undefined, targetArn: "arn:target", ingestionTime: "2026-11-24T12:00:00.000Z" };
const item = (Body: string) => toItem({ MessageId: "m", ReceiptHandle: "r", Body, MD5OfBody: "md5", Attributes: { SenderId: "AIDA", SentTimestamp: "1545082649183" } }, { sourceArn: QUEUE, region: "us-east-1" });
const event = (body: string) => eventOfMessage(item(body));
const JSON_BODY = '{"id":7,"name":"Ann \\"A\\"","tags":["x","y"],"items":[{"n":1},{"n":2}],"a/b":{"c-d":true},"big":12345678901234567890,"none":null}';

describe("an input template", () => {
  const made = (template: string, body = JSON_BODY) => compileTemplate(template)(event(body), VARIABLES, newBudget());

  it.each<[string, string, string]>([
    ["a static text", '"Hello, sender"', '"Hello, sender"'],
    ["free text", "Hello, <$.attributes.SenderId>!", "Hello, AIDA!"],
    ["a path alone", "<$.attributes.SenderId>", "AIDA"],
    ["the body alone, which is JSON", "<$.body.tags>", '["x","y"]'],
    ["a path in a text in quotes", '"Hello, <$.attributes.SenderId>"', '"Hello, AIDA"'],
    ["a string gets its quotes", '{"a": <$.attributes.SenderId>}', '{"a": "AIDA"}'],
    ["and may have them already", '{"a": "<$.attributes.SenderId>"}', '{"a": "AIDA"}'],
    ["numbers, lists and objects stay what they are", '{"id":<$.body.id>,"tags":<$.body.tags>,"big":<$.body.big>,"deep":<$.body.a/b>}', '{"id":7,"tags":["x","y"],"big":12345678901234567890,"deep":{"c-d":true}}'],
    ["a step with a slash and one with a dash", "<$.body.a/b.c-d>", "true"],
    ["an element, and all of them", '{"first":<$.body.items[0].n>,"all":<$.body.items[*].n>}', '{"first":1,"all":[1,2]}'],
    ["an object in a text loses its quotes", '"Body is <$.body.items[0]>"', '"Body is {n:1}"'],
    ["a quotation mark does not end the text it stands in", '{"name":"<$.body.name>"}', '{"name":"Ann \\"A\\""}'],
    ["a path that leads to nothing", '{"a":<$.body.other>,"b":"<$.body.other>"}', '{"a":null,"b":""}'],
    ["and in free text", "[<$.body.other>]".slice(1, -1), ""],
    ["reserved variables", '{"arn":<aws.pipes.pipe-arn>,"name":"<aws.pipes.pipe-name>","at":<aws.pipes.event.ingestion-time>,"from":<aws.pipes.source-arn>,"to":<aws.pipes.target-arn>,"by":<aws.pipes.enrichment-arn>}',
      `{"arn":"${VARIABLES.pipeArn}","name":"p","at":"2026-11-24T12:00:00.000Z","from":"${QUEUE}","to":"arn:target","by":null}`],
    ["what is no variable", '{"a":"<b>","c":"<aws.pipes.other>","d":"1 < 2"}', '{"a":"<b>","c":"<aws.pipes.other>","d":"1 < 2"}'],
  ])("%s", (_what, template, expected) => {
    expect(made(template)).toBe(expected);
  });

  it("has the event as it came, and as JSON where the body is that", () => {
    const json = JSON.parse(made('{"raw":<aws.pipes.event>,"json":<aws.pipes.event.json>}')) as { raw: { body: string }; json: { body: { id: number } } };
    expect([json.raw.body, json.json.body.id]).toEqual([JSON_BODY, 7]);
    const text = JSON.parse(made('{"raw":<aws.pipes.event>,"json":<aws.pipes.event.json>}', "plain")) as { raw: { body: string }; json: unknown };
    expect([text.raw.body, text.json]).toEqual(["plain", null]);
  });

  it("leaves an event as it is when it is empty, or not there", () => {
    expect(compileTemplate("")(event("a"), VARIABLES, newBudget())).toBe(item("a").json);
    expect(compileTemplate(undefined)(eventOfAnswer({ a: 1 }), VARIABLES, newBudget())).toBe('{"a":1}');
  });

  it("makes no more of a batch than an invocation takes, and looks at no more than it may", () => {
    const long = "x".repeat(1_000_000);
    const budget = newBudget();
    expect(compileTemplate("<$.body>".repeat(6))(event(long), VARIABLES, budget)).toHaveLength(6_000_000);
    expect(() => compileTemplate("<$.body>")(event(long), VARIABLES, budget)).toThrow(expect.objectContaining({ code: "TransformationTooLarge" }));
    const wide = JSON.stringify(Array.from({ length: 20_000 }, () => ({})));
    expect(() => compileTemplate(Array.from({ length: 500 }, (_, index) => `<$.body[*].a${index}>`).join(""))(event(wide), VARIABLES, newBudget())).toThrow(expect.objectContaining({ code: "TransformationTooLarge" }));
  });

  it("keeps the digits of a number that an enrichment has answered", () => {
    const answered = eventOfAnswer(parseJson('{"n":12345678901234567890}'));
    expect([compileTemplate('{"a":<aws.pipes.event>}')(answered, VARIABLES, newBudget()), compileTemplate("<aws.pipes.event.json>")(answered, VARIABLES, newBudget())]).toEqual(['{"a":{"n":12345678901234567890}}', '{"n":12345678901234567890}']);
    // What is no JSON has a value as a text only.
    expect(compileTemplate('{"a":<aws.pipes.event>,"b":<aws.pipes.event.json>}')(eventOfAnswer("plain", false), VARIABLES, newBudget())).toBe('{"a":"plain","b":null}');
  });

  it("takes a body that is a number, or a text in quotes, as the text that it is", () => {
    expect([made("<$.body>", "5"), made('{"a":<$.body>}', "5"), made("<$.body.a>", '"a"')]).toEqual(["5", '{"a":"5"}', ""]);
  });
});

it("a parameter that is a whole path is what that leads to", () => {
  const of = (given: string) => parameterOf(given, event(JSON_BODY), newBudget());
  expect([of("static"), of("$.body.id"), of("$.body.name"), of("$.body.tags"), of("$.body.other"), of("$.body.none"), of("costs $.body.id"), of("$5")]).toEqual(["static", "7", 'Ann "A"', '["x","y"]', undefined, undefined, "costs $.body.id", "$5"]);
});

it("parameters have no more of a batch than there is room for", () => {
  const [budget, long] = [newBudget(), event(JSON.stringify(["x".repeat(1_000_000)]))];
  for (let index = 0; index < 6; index++) parameterOf("$.body[0]", long, budget);
  expect(() => parameterOf("$.body[0]", long, budget)).toThrow(expect.objectContaining({ code: "TransformationTooLarge" }));
});

it("a moment is told in milliseconds, in seconds or as a date", () => {
  expect([momentOf("1545082649183"), momentOf("1545082649"), momentOf("2018-12-17T21:37:29.183Z"), momentOf("soon"), momentOf("9".repeat(30)), momentOf(undefined)]).toEqual([1545082649183, 1545082649000, 1545082649183, undefined, undefined, undefined]);
});

it("a function gets a list of JSON, whatever a template makes", () => {
  const of = (...texts: string[]) => texts.map((text) => ({ event: event(""), text }));
  expect([functionPayload(of('{"a":1}', "plain", '"b"'), true), functionPayload(of("plain"), true), functionPayload(of('{"a":1}'), false)]).toEqual(['[{"a":1},"plain","b"]', '["plain"]', '{"a":1}']);
});

describe("a turn at an API destination", () => {
  const posting = { arn: parseArn("arn:aws:events:us-east-1:000000000000:api-destination/a/b")!, targetArn: "a", event: event("{}"), text: "{}", parameters: undefined, parameter: () => undefined, as: root("000000000000"), trace: { id: "t" }, requestId: "r" };
  const open = (waitMs: number) => {
    const clock = createClock(0);
    const sent: Sending[] = [];
    const post = createPost({
      clock,
      sendToApiDestination: async (sending) => {
        sent.push(sending);
        if (sending.delivery.turnAt === undefined) throw new Postponed(clock.now() + waitMs);
        return { status: 200, body: Buffer.from("ok"), encoding: undefined };
      },
    });
    return { clock, sent, posted: post(posting) };
  };

  it("is waited for when it comes soon", async () => {
    const { clock, sent, posted } = open(5_000);
    await new Promise(setImmediate);
    await clock.advance(5_000);
    expect(await posted).toBe("ok");
    const [first, turnAt] = sent.map(({ delivery }) => delivery.turnAt);
    expect([sent.length, first]).toEqual([2, undefined]);
    // Time goes on by itself, too.
    expect(turnAt! >= 5_000 && turnAt! < 6_000).toBe(true);
  });

  it("is left to others when it comes late: then the batch is throttled", async () => {
    const { sent, posted } = open(5_001);
    await expect(posted).rejects.toMatchObject({ kind: "throttled", code: "THROTTLING" });
    expect(sent.map(({ latestTurnAt }) => latestTurnAt)).toEqual([5_000]);
  });
});

describe("a pipe's log", () => {
  const open = (logConfiguration: object) => {
    const lines: { group: string; stream: string; record: Record<string, unknown> }[] = [];
    const logs = { write: ({ group, stream, lines: [line] }: { group: string; stream: string; lines: { message: string }[] }) => void lines.push({ group, stream, record: JSON.parse(line!.message) as Record<string, unknown> }), forget() {}, flush: async () => {} };
    const tell = createPipeLog({ logs: logs as never, now: () => 5 })({ account: "000000000000", region: "us-east-1", name: "p", body: { logConfiguration } } as unknown as Pipe, "e");
    return { tell, lines };
  };
  const CloudwatchLogsLogDestination = { LogGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:/aws/pipes/p:*" };
  const everything = (level: string) => {
    const { tell, lines } = open({ Level: level, CloudwatchLogsLogDestination });
    for (const step of ["ExecutionStarted", "TargetInvocationStarted", "ExecutionFailed"]) tell(step, { data: () => ({ payload: "[]" }), error: { message: "no" } });
    return lines.map(({ record }) => record["messageType"]);
  };

  it("has the steps of its level, and none when it is off or not there", () => {
    expect([everything("TRACE"), everything("INFO"), everything("ERROR"), everything("OFF")]).toEqual([
      ["ExecutionStarted", "TargetInvocationStarted", "ExecutionFailed"], ["ExecutionStarted", "ExecutionFailed"], ["ExecutionFailed"], [],
    ]);
    const { tell, lines } = open({ Level: "TRACE" });
    tell("ExecutionStarted");
    expect(lines).toEqual([]);
  });

  it("has what went through only where that is asked for", () => {
    const { tell, lines } = open({ Level: "INFO", CloudwatchLogsLogDestination });
    tell("ExecutionStarted", { data: () => ({ payload: "[1]" }) });
    expect(lines).toEqual([{ group: "/aws/pipes/p", stream: "p", record: {
      resourceArn: "arn:aws:pipes:us-east-1:000000000000:pipe/p", timestamp: 5, executionId: "e", messageType: "ExecutionStarted", logLevel: "INFO", error: null, truncatedFields: null,
    } }]);
    const whole = open({ Level: "INFO", IncludeExecutionData: ["ALL"], CloudwatchLogsLogDestination });
    whole.tell("ExecutionStarted", { data: () => ({ payload: "[1]" }) });
    expect(whole.lines[0]!.record).toMatchObject({ payload: "[1]", truncatedFields: null });
  });

  it("cuts what is too long, the payload first", () => {
    const { tell, lines } = open({ Level: "TRACE", IncludeExecutionData: ["ALL"], CloudwatchLogsLogDestination });
    tell("TargetInvocationSucceeded", { data: () => ({ payload: "é".repeat(100_000), awsRequest: "r".repeat(100_000), awsResponse: "ok" }) });
    const [{ record }] = lines as [(typeof lines)[0]];
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThanOrEqual(256 * 1024);
    expect(record["truncatedFields"]).toEqual(["payload"]);
    expect([record["awsRequest"], record["awsResponse"]]).toEqual(["r".repeat(100_000), "ok"]);
    tell("TargetInvocationSucceeded", { data: () => ({ payload: "p".repeat(300_000), awsRequest: "r".repeat(300_000), awsResponse: "ok" }) });
    expect(lines[1]!.record).toMatchObject({ payload: "", truncatedFields: ["payload", "awsRequest"], awsResponse: "ok" });
  });
});
