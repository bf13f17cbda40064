import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { REQUEST_BODY_BYTES_MAX } from "../../src/kit/limits/gateway.ts";
import { decodeCbor } from "../../src/protocol/cbor-decode.ts";
import { encodeCbor } from "../../src/protocol/cbor-encode.ts";
import { claim } from "../../src/protocol/claim.ts";
import { loadServiceModel } from "../../src/protocol/models.ts";
import { parseXml } from "../../src/protocol/xml-parse.ts";
import { wireRequest } from "./in-process.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };

const readWith = async (service: string, request: Parameters<typeof wireRequest>[0]) => {
  const claimed = await claim(loadServiceModel(service), wireRequest(request));
  if (claimed === undefined) throw new Error("the request was not claimed");
  return claimed.read();
};
const readJson = (service: string, operation: string, body: string) =>
  readWith(service, { headers: { "x-amz-target": `${loadServiceModel(service).targetPrefix}.${operation}`, "content-type": "application/x-amz-json-1.0" }, body });
const readForm = (service: string, body: string) => readWith(service, { headers: FORM, body });
const readCborBody = (operation: string, body: Uint8Array, headers = {}) =>
  readWith("monitoring", { path: `/service/GraniteServiceVersion20100801/operation/${operation}`, headers: { "smithy-protocol": "rpc-v2-cbor", ...headers }, body });
const readS3 = (path: string, query: string, body: string, method = "PUT") => readWith("s3", { method, path, query, body });

const expectPlain = (map: unknown, value: unknown) => {
  expect(Object.getPrototypeOf(map)).toBe(null);
  expect(Object.keys(map as object).toSorted()).toEqual(["__proto__", "constructor"]);
  expect((map as Record<string, unknown>)["__proto__"]).toEqual(value);
  expect(({} as Record<string, unknown>)["polluted"]).toBe(undefined);
};

describe("keys that name a prototype are data", () => {
  const value = { DataType: "String", StringValue: "polluted" };

  it("in awsJson", async () => {
    const input = await readJson("sqs", "SendMessage", `{"MessageAttributes":{"__proto__":${JSON.stringify(value)},"constructor":${JSON.stringify(value)}},"__proto__":{"polluted":1}}`);
    expectPlain(input["MessageAttributes"], value);
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
  });

  it("in restJson1", async () => {
    const input = await readWith("lambda", { path: "/2015-03-31/functions", body: '{"Environment":{"Variables":{"__proto__":"a","constructor":"b"}},"Tags":{"__proto__":"a","constructor":"b"}}' });
    expectPlain((input["Environment"] as Record<string, unknown>)["Variables"], "a");
    expectPlain(input["Tags"], "a");
  });

  it("in awsQuery", async () => {
    const entry = (n: number, name: string) => `MessageAttribute.${n}.Name=${name}&MessageAttribute.${n}.Value.DataType=String&MessageAttribute.${n}.Value.StringValue=polluted`;
    const input = await readForm("sqs", `Action=SendMessage&QueueUrl=u&MessageBody=b&${entry(1, "__proto__")}&${entry(2, "constructor")}&__proto__.polluted=1`);
    expectPlain(input["MessageAttributes"], value);
  });

  it("in CBOR", async () => {
    const body = encodeCbor({ Tags: [{ Key: "a", Value: "b" }], ["__proto__"]: { polluted: 1 } });
    expect(await readCborBody("TagResource", body)).toEqual({ Tags: [{ Key: "a", Value: "b" }] });
    const attributes = Object.fromEntries([["__proto__", 1], ["constructor", 1]]) as object;
    expectPlain(decodeCbor(encodeCbor(attributes)), 1);
  });

  it("in headers and query parameters", async () => {
    const headers = Object.fromEntries([["x-amz-meta-__proto__", "a"], ["x-amz-meta-constructor", "b"]]);
    const input = await readWith("s3", { method: "PUT", path: "/bucket/key", headers });
    expectPlain(input["Metadata"], "a");
  });

  it("in XML, where the model has no such element", async () => {
    const input = await readS3("/bucket", "tagging", "<Tagging><TagSet><Tag><Key>__proto__</Key><Value>v</Value></Tag></TagSet><__proto__><polluted>1</polluted></__proto__></Tagging>");
    expect(input["Tagging"]).toEqual({ TagSet: [{ Key: "__proto__", Value: "v" }] });
  });
});

describe("XML that attacks its parser is MalformedXML", () => {
  const tagging = (content: string, prolog = "") => readS3("/bucket", "tagging", `${prolog}<Tagging>${content}</Tagging>`);
  const tag = (value: string) => `<TagSet><Tag><Key>k</Key><Value>${value}</Value></Tag></TagSet>`;
  const lol = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join("");

  it.each([
    ["a document type", () => tagging(tag("v"), "<!DOCTYPE Tagging>")],
    ["billion laughs", () => tagging(tag("&l9;"), `<!DOCTYPE Tagging [<!ENTITY l0 "lol">${lol}]>`)],
    ["an external entity", () => tagging(tag("&x;"), '<!DOCTYPE Tagging [<!ENTITY x SYSTEM "file:///etc/passwd">]>')],
    ["a document type inside", () => tagging(`<!DOCTYPE x>${tag("v")}`)],
    ["an unknown entity", () => tagging(tag("&nbsp;"))],
    ["a bare ampersand", () => tagging(tag("a & b"))],
    ["a number that is no character", () => tagging(tag("&#x110000;"))],
    ["a null character", () => tagging(tag("&#0;"))],
    ["deep nesting", () => tagging("<a>".repeat(100_000))],
    ["too many elements", () => tagging("<a/>".repeat(300_000))],
    ["an element left open", () => tagging("<TagSet>")],
    ["crossed tags", () => tagging("<TagSet><Tag></TagSet></Tag>")],
    ["two roots", () => readS3("/bucket", "tagging", "<Tagging/><Tagging/>")],
    ["another root", () => readS3("/bucket", "tagging", "<Tags/>")],
    ["text around the root", () => readS3("/bucket", "tagging", "x<Tagging/>")],
    ["an attribute twice", () => tagging('<TagSet a="1" a="2"/>')],
    ["text where there should be elements", () => tagging("text")],
    ["no XML", () => readS3("/bucket", "tagging", '{"TagSet":[]}')],
    ["elements where there should be text", () => tagging("<TagSet><Tag><Key><b/></Key></Tag></TagSet>")],
    ["a value twice", () => tagging("<TagSet/><TagSet/>")],
  ])("%s", async (_what, reading) => {
    await expect(reading()).rejects.toMatchObject({ code: "MalformedXML", status: 400 });
  });

  it("but comments, character data, prefixes and the known entities are read", () => {
    const node = parseXml('\uFEFF<?xml version="1.0"?><!-- <a> --><n:a xmlns:n="u" b="&quot;1&#x31;">x<![CDATA[<&>]]>&lt;&gt;&amp;&apos;&#65;\r\n</n:a>\n');
    expect(node).toMatchObject({ name: "a", text: "x<&><>&'A\n" });
    expect(node.attributes.get("b")).toBe('"11');
  });
});

describe("values of the wrong type are refused", () => {
  it.each([
    ["SendMessage", '{"QueueUrl":5}', "NUMBER_VALUE can not be converted to a String"],
    ["SendMessage", '{"MessageBody":{"a":1}}', "Start of structure or map found where not expected."],
    ["SendMessage", '{"MessageBody":["a"]}', "Start of list found where not expected"],
    ["SendMessage", '{"MessageBody":true}', "TRUE_VALUE can not be converted to a String"],
    ["SendMessage", '{"DelaySeconds":"5"}', "STRING_VALUE can not be converted to an Integer"],
    ["SendMessage", '{"DelaySeconds":1.5}', "DECIMAL_VALUE can not be converted to an Integer"],
    ["SendMessage", '{"DelaySeconds":3000000000}', "NUMBER_VALUE can not be converted to an Integer"],
    ["SendMessage", '{"MessageAttributes":"zz"}', "STRING_VALUE can not be converted to a structure or map"],
    ["SendMessage", '{"MessageAttributes":[]}', "Start of list found where not expected"],
    ["SendMessage", '{"MessageAttributes":{"a":{"BinaryValue":"***"}}}', "STRING_VALUE can not be converted to a Blob: it is not base64"],
    ["SendMessageBatch", '{"Entries":{}}', "Start of structure or map found where not expected."],
    ["SendMessage", "[]", "Start of list found where not expected"],
    ["SendMessage", '"text"', "STRING_VALUE can not be converted to a structure or map"],
  ])("%s %s", async (operation, body, message) => {
    await expect(readJson("sqs", operation, body)).rejects.toMatchObject({ code: "SerializationException", status: 400, message });
  });

  it.each(["{", "undefined", '{"a":1}x', "'a'"])("%s is no JSON", async (body) => {
    await expect(readJson("sqs", "SendMessage", body)).rejects.toMatchObject({ code: "SerializationException", status: 400 });
  });

  it.each([
    "DelaySeconds=abc", "DelaySeconds=1.5", "DelaySeconds=0x10", "DelaySeconds=99999999999", "DelaySeconds.a=1", "MessageAttribute=x", "MessageAttribute.x.Name=a",
    "MessageAttribute.1.Name=a", "MessageAttribute.0.Name=a", "MessageBody=%zz", "MessageAttribute.1.Name=a&MessageAttribute.1.Value.BinaryValue=*", `${"a.".repeat(300)}a=1`,
  ])("a form with %s", async (parameters) => {
    await expect(readForm("sqs", `Action=SendMessage&${parameters}`)).rejects.toMatchObject({ code: "MalformedInput", status: 400 });
  });

  it.each([["max-keys", "abc"], ["max-keys", "1.5"], ["max-keys", "1e999"]])("the parameter %s=%s of S3", async (name, text) => {
    await expect(readS3("/bucket", `list-type=2&${name}=${text}`, "", "GET")).rejects.toMatchObject({ code: "InvalidArgument", status: 400, members: { ArgumentName: name, ArgumentValue: text } });
  });

  it("a path or a query that is not UTF-8", async () => {
    await expect(readS3("/bucket/%ff", "", "", "GET")).rejects.toMatchObject({ code: "InvalidURI", status: 400 });
    await expect(readS3("/bucket", "prefix=%ff", "", "GET")).rejects.toMatchObject({ code: "InvalidURI", status: 400 });
    await expect(readWith("lambda", { method: "GET", path: "/2015-03-31/functions/%ff" })).rejects.toMatchObject({ code: "SerializationException" });
  });

  it("a header of S3, but not the date of a condition", async () => {
    const withHeader = (name: string, value: string) => readWith("s3", { method: "GET", path: "/bucket/key", headers: { [name]: value } });
    await expect(withHeader("x-amz-request-payer", "requester")).resolves.toMatchObject({ RequestPayer: "requester" });
    expect(await withHeader("if-modified-since", "yesterday")).not.toHaveProperty("IfModifiedSince");
    const put = readWith("s3", { method: "PUT", path: "/bucket/key", headers: { "x-amz-object-lock-retain-until-date": "yesterday" } });
    await expect(put).rejects.toMatchObject({ code: "InvalidArgument" });
  });
});

describe("nesting and size have bounds", () => {
  const nested = (levels: number) => `{"TableName":"t","Item":{"a":${'{"L":['.repeat(levels)}{"S":"x"}${"]}".repeat(levels)}}}`;

  it("in JSON", async () => {
    await expect(readJson("dynamodb", "PutItem", nested(32))).resolves.toHaveProperty("Item");
    await expect(readJson("dynamodb", "PutItem", nested(50_000))).rejects.toMatchObject({ code: "SerializationException", message: expect.stringContaining("nested deeper") });
  });

  it("in CBOR", async () => {
    const deep = Buffer.concat([Buffer.alloc(100_000, 0x81), Buffer.of(0x01)]);
    await expect(readCborBody("TagResource", deep)).rejects.toMatchObject({ code: "SerializationException" });
  });

  it("in forms", async () => {
    await expect(readForm("sqs", `Action=SendMessage&${"a=1&".repeat(60_000)}`)).rejects.toMatchObject({ code: "MalformedInput" });
  });

  it("in what gzip holds", async () => {
    const bomb = gzipSync(Buffer.alloc(REQUEST_BODY_BYTES_MAX + 1));
    await expect(readCborBody("TagResource", bomb, { "content-encoding": "gzip" })).rejects.toMatchObject({ code: "RequestEntityTooLarge", status: 413 });
    const fine = gzipSync(encodeCbor({ ResourceARN: "arn" }));
    await expect(readCborBody("TagResource", fine, { "content-encoding": "gzip" })).resolves.toEqual({ ResourceARN: "arn" });
    await expect(readCborBody("TagResource", Buffer.from("no gzip"), { "content-encoding": "gzip" })).rejects.toMatchObject({ code: "SerializationException" });
  });
});

describe("CBOR that is broken is refused", () => {
  it.each([
    ["a length beyond the body", "bbffffffffffffffff"],
    ["a text beyond the body", "a1617a7a00ffff"],
    ["an array that claims 2^32 items", "9affffffff"],
    ["a key that is a number", "a10102"],
    ["a text that is not UTF-8", "a1616161ff"],
    ["bytes after the item", "a0a0"],
    ["a break alone", "ff"],
    ["a reserved length", "1c"],
    ["an indefinite text in chunks of bytes", "7f4161ff"],
    ["a timestamp that is a text", "c16161"],
    ["an item cut short", "a1"],
    ["an unknown simple value", "f8ff"],
    ["a list where a structure is expected", "80"],
  ])("%s", async (_what, hex) => {
    await expect(readCborBody("TagResource", Buffer.from(hex, "hex"))).rejects.toMatchObject({ code: "SerializationException", status: 400 });
  });
});
