import { cbor } from "@smithy/core/cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCbor } from "../../src/protocol/cbor-decode.ts";
import { encodeCbor } from "../../src/protocol/cbor-encode.ts";
import { createFormTree, parseForm } from "../../src/protocol/form.ts";
import { awsJsonCodec, restJsonCodec } from "../../src/protocol/json.ts";
import { loadServiceModel } from "../../src/protocol/models.ts";
import { readQuery } from "../../src/protocol/query-reader.ts";
import type { Operation, Shape } from "../../src/protocol/schema.ts";
import { parseXml, XmlSyntaxError } from "../../src/protocol/xml-parse.ts";
import { readXml } from "../../src/protocol/xml-reader.ts";
import { writeXmlElement } from "../../src/protocol/xml-writer.ts";

const inputOf = (service: string, operation: string) => (loadServiceModel(service).operations.get(operation) as Operation).input;

/** XML has no characters below the space but three; a carriage return is read as a line feed unless it is escaped. */
const text = fc.string({ unit: "grapheme", maxLength: 20 }).map((s) => s.replaceAll(/[\0-\u0008\u000B\u000C\u000E-\u001F]/g, "x"));
const moment = fc.integer({ min: -8_000_000_000_000, max: 8_000_000_000_000 }).map((ms) => new Date(ms));

/** Any value of a shape. */
function valueOf(shape: Shape, depth = 0): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case "string": return text;
    case "number": return shape.traits.numberType === "double" || shape.traits.numberType === "float" ? fc.double() : fc.integer();
    case "boolean": return fc.boolean();
    case "blob": return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    case "timestamp": return moment;
    case "list": return depth > 5 ? fc.constant([]) : fc.array(inner(shape.value?.shape as Shape, depth), { maxLength: 3 });
    case "map": return depth > 5 ? fc.constant({}) : fc.dictionary(fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString")), inner(shape.value?.shape as Shape, depth), { maxKeys: 3, noNullPrototype: false });
    default: return fc.record(Object.fromEntries(shape.members.slice(0, depth > 5 ? 0 : undefined).map((m) => [m.name, inner(m.shape, depth)])), { requiredKeys: [] });
  }
}
const inner = (shape: Shape, depth: number) => fc.constant(null).chain(() => valueOf(shape, depth + 1));

const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return `time ${value.getTime()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) return Object.entries(value).map(([key, content]) => [key, plain(content)]).toSorted(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
  return Object.is(value, -0) ? 0 : value;
};

/** XML cannot say a flattened list or map that is empty: there it is absent. */
const withoutEmpty = (value: unknown): unknown => {
  if (value instanceof Date || value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutEmpty);
  const entries = Object.entries(value).map(([key, content]) => [key, withoutEmpty(content)] as const);
  return Object.fromEntries(entries.filter(([, c]) => typeof c !== "object" || c === null || c instanceof Date || c instanceof Uint8Array || Object.keys(c).length > 0));
};

const roundTrips = (shape: Shape, trip: (value: unknown) => unknown, runs = 150) =>
  fc.assert(fc.property(valueOf(shape), (value) => {
    expect(plain(trip(value))).toEqual(plain(value));
  }), { numRuns: runs });

describe("what is written is read as it was (property)", () => {
  it.each([["sqs", "SendMessageBatch"], ["dynamodb", "PutItem"], ["kinesis", "PutRecords"], ["monitoring", "PutMetricData"]])("JSON of %s %s", (service, operation) => {
    const shape = inputOf(service, operation);
    roundTrips(shape, (value) => awsJsonCodec.read(shape, awsJsonCodec.write(shape, value)));
  });

  it("JSON with the names of REST", () => {
    const shape = inputOf("apigateway", "CreateRestApi");
    roundTrips(shape, (value) => restJsonCodec.read(shape, restJsonCodec.write(shape, value)));
  });

  it.each([["s3", "PutBucketLifecycleConfiguration"], ["s3", "PutBucketAcl"], ["sqs", "SendMessageBatch"], ["monitoring", "PutMetricData"]])("XML of %s %s", (service, operation) => {
    const shape = inputOf(service, operation);
    const read = (value: unknown) => readXml(shape, parseXml(writeXmlElement(shape, "Root", "", value)));
    fc.assert(fc.property(valueOf(shape), (value) => {
      expect(plain(withoutEmpty(read(value)))).toEqual(plain(withoutEmpty(value)));
    }), { numRuns: 100 });
  });

  it("CBOR, alone and with the SDK's", () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.uint8Array(), fc.array(tie("any"), { maxLength: 4 }), fc.dictionary(text, tie("any"), { maxKeys: 4, noNullPrototype: false })),
    })).any;
    fc.assert(fc.property(value, (content) => {
      expect(plain(decodeCbor(encodeCbor(content)))).toEqual(plain(content));
    }));
    const forSdk = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.uint8Array()), { noNullPrototype: false });
    fc.assert(fc.property(forSdk, (content) => {
      const names = Object.keys(content);
      fc.pre(!names.includes("__proto__"));
      expect(plain(decodeCbor(Buffer.from(cbor.serialize(content) as Uint8Array)))).toEqual(plain(content));
      expect(plain(cbor.deserialize(encodeCbor(content)))).toEqual(plain(content));
    }));
  });
});

describe("no bytes make a parser fail in another way than it says (property)", () => {
  it("XML", () => {
    const piece = fc.constantFrom("<a>", "</a>", "<a/>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#1;", "&", "<?x", "?>", "<!DOCTYPE", 'b="c"', " ", "x", "<", ">", "\r");
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        parseXml(pieces.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(XmlSyntaxError);
      }
    }), { numRuns: 2_000 });
  });

  it("CBOR", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeCbor(Buffer.from(bytes));
      } catch (error) {
        expect((error as Error).name).toBe("CborSyntaxError");
      }
    }), { numRuns: 3_000 });
  });

  it("forms", () => {
    const shape = inputOf("sqs", "SendMessageBatch");
    const name = fc.array(fc.constantFrom("SendMessageBatchRequestEntry", "1", "2", "Id", "MessageAttribute", "Name", "Value", "__proto__", "0", "", "QueueUrl"), { minLength: 1, maxLength: 7 }).map((steps) => steps.join("."));
    fc.assert(fc.property(fc.array(fc.tuple(name, fc.constantFrom("", "x", "7", "%2")), { maxLength: 8 }), (pairs) => {
      try {
        readQuery(shape, createFormTree(parseForm(pairs.map(([key, value]) => `${key}=${value}`).join("&"))));
      } catch (error) {
        expect(error).toMatchObject({ code: "MalformedInput" });
      }
    }), { numRuns: 2_000 });
  });
});
