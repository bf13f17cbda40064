import { expect, test } from "vitest";
import { renderTemplate } from "../../../src/gateway/front-doors/templates/template.ts";
import { inputVariable, utilVariable } from "../../../src/gateway/front-doors/templates/variables.ts";

const PHOTOS = { photos: { page: 1, photo: [{ id: "12345678901", owner: "23456789@A12", title: 'Sample "photo" 1', ispublic: 1 }, { id: "23456789012", owner: "34567890@B23", title: "Sample photo 2", ispublic: 0 }] } };

const render = (template: string, body: unknown = {}, names: Record<string, unknown> = {}) =>
  renderTemplate(template, {
    input: inputVariable({ body: typeof body === "string" ? body : JSON.stringify(body), path: { id: "7" }, query: { q: "a b", id: "of the query" }, headers: { "X-Name": "n", id: "of a header" } }),
    util: utilVariable, context: { stage: "prod", identity: { sourceIp: "192.0.2.1" }, authorizer: {} }, stageVariables: { color: "red" }, ...names,
  });

test("AWS's photos example maps a list into another one", async () => {
  const template = `#set($inputRoot = $input.path('$'))
{
  "photos": [
#foreach($elem in $inputRoot.photos.photo)
    {
      "id": "$elem.id",
      "title": "$util.escapeJavaScript($elem.title)",
      "ispublic": $elem.ispublic
    }#if($foreach.hasNext),#end

#end
  ]
}`;
  expect(JSON.parse(await render(template, PHOTOS))).toEqual({ photos: [{ id: "12345678901", title: 'Sample "photo" 1', ispublic: 1 }, { id: "23456789012", title: "Sample photo 2", ispublic: 0 }] });
});

test("AWS's example of all parameters passes each kind by its name", async () => {
  const template = `#set($allParams = $input.params())
{ "params" : {
    #foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
    "$type" : {
      #foreach($paramName in $params.keySet())
      "$paramName" : "$util.escapeJavaScript($params.get($paramName))"#if($foreach.hasNext),#end
      #end
    }#if($foreach.hasNext),#end
    #end
} }`;
  expect(JSON.parse(await render(template))).toEqual({ params: { path: { id: "7" }, querystring: { q: "a b", id: "of the query" }, header: { "X-Name": "n", id: "of a header" } } });
});

test.each<[string, string, unknown, string]>([
  ["a parameter is looked for in path, query and headers", "$input.params('id') $input.params('q') $input.params('x-name') [$input.params('none')]", {}, "7 a b n []"],
  ["the body as it came", "$input.body", '{"a": 1}', '{"a": 1}'],
  ["JSON of a part", "$input.json('$.photos.photo[1].id') $input.json('$.none')", PHOTOS, '"23456789012" ""'],
  ["a wildcard gives a list", "$input.json('$.photos.photo[*].id')", PHOTOS, '["12345678901","23456789012"]'],
  ["a filter gives a list", "$input.json(\"$.photos.photo[?(@.ispublic == 0)].owner\")", PHOTOS, '["34567890@B23"]'],
  ["Java's way to write objects", "$input.path('$')", { a: 1, b: ["x", null] }, "{a=1, b=[x, null]}"],
  ["what is not there is nothing", "[$none][$!none.x][$input.path('$.x')][$context.authorizer.principalId]", {}, "[][][][]"],
  ["the context and stage variables", "$context.stage $context.identity.sourceIp $stageVariables.color ${stageVariables.color}s", {}, "prod 192.0.2.1 red reds"],
  ["conditions", "#if($input.path('$.a') == 1 && !$input.path('$.b'))one#elseif(true)two#{else}three#end", { a: 1 }, "one"],
  ["arithmetic and ranges", "#set($n = 7 / 2 + 1)$n #foreach($i in [1..3])$i#if($i == 2)#break#end,#end", {}, "4 1,2"],
  ["maps and lists", "#set($m = {\"k\": \"v\"})#set($m.x = [1, 2])$m.put('y', 3)$m.k $m.x.size() $m.y $m.containsKey('z') $m['k']", {}, "v 2 3 false v"],
  ["an apostrophe is escaped, and can be put back", "$util.escapeJavaScript(\"it's\") $util.escapeJavaScript(\"it's\").replaceAll(\"\\\\'\",\"'\")", {}, "it\\'s it's"],
  ["Base64 and percent-encoding", "$util.base64Encode('é') $util.base64Decode('w6k=') $util.urlEncode('a b&c') $util.urlDecode('a+b%26c')", {}, "w6k= é a+b%26c a b&c"],
  ["JSON in a text", "#set($o = $util.parseJson($input.path('$.text')))$o.a", { text: '{"a":"x"}' }, "x"],
  ["texts", "#set($s = 'a,b')$s.split(',').size() $s.toUpperCase() $s.substring(2) $s.indexOf('b') $s.length()", {}, "2 A,B b 2 3"],
])("%s", async (_name, template, body, expected) => {
  expect(await render(template, body)).toBe(expected);
});

test("what a template sets in the context is seen by who rendered it", async () => {
  const responseOverride: Record<string, unknown> = { header: {} };
  await render("#set($context.responseOverride.status = 418)#set($context.responseOverride.header.X = 'y')", {}, { context: { responseOverride } });
  expect(responseOverride).toEqual({ status: 418, header: { X: "y" } });
});

test.each([
  ["a constructor", "$input.path('$.a').constructor.constructor('return process')()", { a: "x" }],
  ["a prototype", "#set($m = {})#set($m.__proto__.polluted = 'yes')$m.polluted$m.toString.constructor", {}],
  ["the gateway's own objects", "$util.constructor$input.methods$input.params.constructor", {}],
])("%s leads nowhere", async (_name, template, body) => {
  const text = await render(template, body).catch((error: Error) => error.message);
  expect(text).not.toMatch(/function|native|process/i);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test.each([
  ["a loop of too many turns", "#foreach($i in $input.path('$'))x#end", JSON.stringify(Array.from({ length: 1_001 }, () => 0)), /1000 are the most/],
  ["loops within loops", "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end", {}, /steps/],
  ["a text that doubles", `#set($a = "xxxxxxxxxx")${"#set($a = \"$a$a\")".repeat(40)}`, {}, /characters/],
  ["a long text that is found again and again, as JSON", "$input.json('$..*')", `${"[".repeat(1_000)}"${"x".repeat(100_000)}"${"]".repeat(1_000)}`, /characters/],
  ["a long text that is found again and again", "$input.path('$..*')", `${"[".repeat(1_000)}"${"x".repeat(100_000)}"${"]".repeat(1_000)}`, /characters/],
  ["a document without a ground", "$input.path('$')", "[".repeat(50_000) + "]".repeat(50_000), /too deep/],
  ["a macro", "#macro(m)#end", {}, /not built/],
  ["what cannot be read", "#if($a", {}, /cannot be read/],
  ["a path that is none", "$input.path('nothing')", {}, /does not begin with/],
])("%s ends the rendering, and says so", async (_name, template, body, message) => {
  await expect(render(template, body)).rejects.toThrow(message);
});

test("a regular expression that backtracks without end is ended", async () => {
  await expect(render("$input.path('$.a').matches('(a+)+b')", { a: "a".repeat(60) })).rejects.toThrow(/takes longer/);
});
