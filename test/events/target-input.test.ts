import type { Target } from "@aws-sdk/client-eventbridge";
import { describe, expect, it } from "vitest";
import type { BusEvent } from "../../src/services/events/event.ts";
import { parseInputPath, valueAt } from "../../src/plumber/events/input-path.ts";
import { parametersBudget } from "../../src/services/events/input-budget.ts";
import { invalidPlaceholder } from "../../src/services/events/input-transformer.ts";
import { parseJson } from "../../src/plumber/events/json-value.ts";
import { createMatchedRule } from "../../src/services/events/rule-targets.ts";
import { createTargetInput, parameterText } from "../../src/services/events/target-input.ts";
import { FUNCTION, QUEUE } from "./data-ground.ts";

const RULE = { arn: "arn:aws:events:us-east-1:000000000000:rule/example", name: "example" };
const DETAIL = '{"instance-id":"i-0123","state":"RUNNING","quoted":"a \\"b\\"","n":1.50,"big":12345678901234567890,"no":null,"a b":{"c":true},"list":[{"k":1},{"k":2},3],"deep":{"x":{"y":"z"}}}';
const json = `{"version":"0","id":"e","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","account":"123456789012","time":"2015-11-11T21:29:54Z","region":"us-east-1","resources":["arn:aws:ec2:x"],"detail":${DETAIL}}`;
const event: BusEvent = { id: "e", source: "aws.ec2", detailType: "x", time: 0, ingestedAt: Date.UTC(2026, 10, 20, 10), json, trace: { id: "1-0-0" }, isForwarded: false };

const inputOf = (target: Partial<Target>, Arn = FUNCTION) => createTargetInput({ Id: "1", Arn, ...target }, RULE)(event);
const transformed = (InputTemplate: string, InputPathsMap: Record<string, string> = {}, Arn?: string) => inputOf({ InputTransformer: { InputTemplate, InputPathsMap } }, Arn);

describe("a JSON path", () => {
  const at = (path: string) => {
    const parsed = parseInputPath(path);
    const value = parsed && valueAt(parseJson(json), parsed);
    return value === undefined ? undefined : JSON.stringify(value);
  };
  it("leads to what the event has there, numbers with their digits", () => {
    expect(Object.fromEntries(["$.detail.instance-id", "$.detail.n", "$.detail.big", "$.detail.no", "$.detail['a b'].c", '$.detail["a b"]', "$.detail.a b", "$.detail.list[1].k", "$.detail.list[*].k", "$.detail.deep.*", "$.resources[0]", "$.detail-type"].map((path) => [path, at(path)]))).toEqual({
      "$.detail.instance-id": '"i-0123"', "$.detail.n": "1.50", "$.detail.big": "12345678901234567890", "$.detail.no": "null", "$.detail['a b'].c": "true", '$.detail["a b"]': '{"c":true}', "$.detail.a b": '{"c":true}',
      "$.detail.list[1].k": "2", "$.detail.list[*].k": "[1,2]", "$.detail.deep.*": '[{"y":"z"}]', "$.resources[0]": '"arn:aws:ec2:x"', "$.detail-type": '"EC2 Instance State-change Notification"',
    });
    expect(at("$")).toBe(json);
  });
  it("leads nowhere where there is nothing, and not into what is not the event's own", () => {
    for (const path of ["$.detail.none", "$.detail.list[7]", "$.detail.n.rawJSON", "$.detail.n.*[0]", "$.constructor", "$.detail.state.length", "$.__proto__"]) expect(at(path) ?? "nothing").toMatch(/^(nothing|\[\])$/);
  });
  it("is none where EventBridge knows no such step", () => {
    for (const path of ["detail", "$detail", "$..id", "$.a[?(@.b)]", "$.a[1:2]", "$.", "$.a[", "$.a['b]"]) expect(parseInputPath(path)).toBeUndefined();
  });
});

describe("what a target gets", () => {
  it("is the event, a constant, or a part of the event", () => {
    expect(inputOf({})).toEqual({ payload: json });
    expect(inputOf({ Input: '{ "a": 1.0 }' })).toEqual({ payload: '{ "a": 1.0 }' });
    expect(inputOf({ InputPath: "$.detail.deep" })).toEqual({ payload: '{"x":{"y":"z"}}' });
    expect(inputOf({ InputPath: "$.detail.none" })).toEqual({ payload: "null" });
  });

  const PATHS = { instance: "$.detail.instance-id", state: "$.detail.state", quoted: "$.detail.quoted", n: "$.detail.n", deep: "$.detail.deep", none: "$.detail.none", list: "$.detail.list[*].k", no: "$.detail.no", whole: "$.detail" };
  it.each([
    ['"instance <instance> is in <state>"', '"instance i-0123 is in RUNNING"'],
    ['"instance \\"<instance>\\" is in <state>"', '"instance \\"i-0123\\" is in RUNNING"'],
    ['{\n  "instance" : <instance>,\n  "state": [ 9, <state>, true ],\n  "n": <n>\n}', '{"instance":"i-0123","state":[9,"RUNNING",true],"n":1.50}'],
    ['{"s": "<instance>: <n> <deep> <list> <quoted>", "d": <deep>, "l": <list>}', '{"s":"i-0123: 1.50 {x:{y:z}} [1,2] a \\"b\\"","d":{"x":{"y":"z"}},"l":[1,2]}'],
    ['"<whole>"', '"{instance-id:i-0123,state:RUNNING,quoted:a b,n:1.50,big:12345678901234567890,no:null,a b:{c:true},list:[{k:1},{k:2},3],deep:{x:{y:z}}}"'],
    ['{"a": <none>, "b": "x<none>y", "c": <no>, "d": "<no>"}', '{"a":null,"b":"xy","c":null,"d":"null"}'],
    ['{"arn": <aws.events.rule-arn>, "name": "<aws.events.rule-name>", "at": <aws.events.event.ingestion-time>}', `{"arn":"${RULE.arn}","name":"example","at":"2026-11-20T10:00:00Z"}`],
    ['{"whole": <aws.events.event.json>}', `{"whole":${json}}`],
    ['{"head": <aws.events.event>}', `{"head":${json.slice(0, json.indexOf(',"detail":'))}}}`],
    ['{"less": "1 < 2 > 0", "state": <state>}', '{"less":"1 < 2 > 0","state":"RUNNING"}'],
  ])("by the template %s", (template, expected) => {
    expect(transformed(template, PATHS)).toEqual({ payload: expected });
  });

  it("may be lines of text for what is no function, and has to be JSON for a function", () => {
    const lines = '"<instance>"\n"is <state>"';
    expect(transformed(lines, PATHS, QUEUE)).toEqual({ payload: '"i-0123"\n"is RUNNING"' });
    expect(transformed(lines, PATHS)).toMatchObject({ impossible: { code: "INVALID_JSON" } });
    expect(transformed('{"a": <state> <state>}', PATHS, QUEUE)).toMatchObject({ impossible: { code: "INVALID_JSON" } });
  });

  it("is bounded, however often a template names the event, and however much its paths look at", () => {
    const detail = `{"text":"${"x".repeat(200_000)}","list":[${"[1],".repeat(40_000)}[1]]}`;
    const large: BusEvent = { ...event, json: json.replace(DETAIL, () => detail) };
    const given = (InputTemplate: string, InputPathsMap: Record<string, string>) => createTargetInput({ Id: "1", Arn: QUEUE, InputTransformer: { InputTemplate, InputPathsMap } }, RULE)(large);
    expect(given(`{"all": ["${"<a>".repeat(2_000)}"]}`, { a: "$" })).toEqual({ payload: large.json, impossible: { code: "INVALID_PARAMETER", message: expect.stringContaining("too large") } });
    const everywhere = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${index}`, `$.detail.list${"[*]".repeat(3)}`]));
    expect(given(`"${Object.keys(everywhere).map((name) => `<${name}>`).join("")}"`, everywhere)).toMatchObject({ impossible: { code: "INVALID_PARAMETER" } });
    expect(given(`"${"<p>".repeat(2_000)}"`, { p: everywhere["p0"]! })).toMatchObject({ payload: expect.stringMatching(/^"(\[\])+"$/) });
    const http = createMatchedRule({ account: "1", region: "us-east-1", bus: "default", name: "r" }, { state: "ENABLED", createdBy: "1", createdAt: 0, tags: {}, targets: [{ Id: "1", Arn: QUEUE, HttpParameters: { PathParameterValues: Array.from({ length: 1_000 }, () => "$.detail.text") } }] });
    expect(http.deliveriesOf(large)).toMatchObject([{ payload: large.json, impossible: { code: "INVALID_PARAMETER" } }]);
  });

  it("has placeholders that mean something", () => {
    expect(invalidPlaceholder('{"a": <a>, "b": "<b> <aws.events.event>"}', { a: "$.a" })).toBe("b");
    expect(invalidPlaceholder('{"a": <a>, "x": "1 <2"}', { a: "$.a" })).toBeUndefined();
  });
});

it("a parameter is what it says, or what the event has where it is a path", () => {
  const parsed = () => parseJson(json);
  expect(["group", "$.detail.state", "$.detail.n", "$.detail.none", "x$.detail"].map((given) => parameterText(given, parsed, parametersBudget()))).toEqual(["group", "RUNNING", "1.50", "", "x$.detail"]);
});
