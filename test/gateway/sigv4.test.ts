import { expect, it } from "vitest";
import { canonicalRequest, parseTime, readSignature } from "../../src/gateway/sigv4.ts";

const CREDENTIAL = "Credential=AKIDEXAMPLE/20261124/us-east-1/lambda/aws4_request";
const HEADERS = "SignedHeaders=host;x-amz-date";
const SIGNATURE = "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
const read = (authorization: string) => readSignature({ authorization, "x-amz-date": "20261124T110000Z" }, "");

it("reads the header as every SDK writes it, and in any other order and spacing", () => {
  const expected = {
    accessKeyId: "AKIDEXAMPLE", date: "20261124", region: "us-east-1", service: "lambda", timestamp: "20261124T110000Z",
    signedHeaders: ["host", "x-amz-date"], signature: SIGNATURE.slice("Signature=".length),
  };
  for (const fields of [
    `${CREDENTIAL}, ${HEADERS}, ${SIGNATURE}`, `${CREDENTIAL},${HEADERS},${SIGNATURE}`, `${SIGNATURE}, ${CREDENTIAL}, ${HEADERS}`,
    ` ${CREDENTIAL} ,  ${HEADERS} , ${SIGNATURE} `, `${CREDENTIAL}, ${HEADERS}, ${SIGNATURE}, More=1`,
  ]) expect(read(`AWS4-HMAC-SHA256 ${fields}`)).toEqual(expected);
});

it("says which of the three is missing", () => {
  const message = (authorization: string) => (read(authorization) as { message: string }).message;
  expect(message(`AWS4-HMAC-SHA256 ${CREDENTIAL}, ${SIGNATURE}`)).toBe("Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256");
  expect(message(`AWS4-HMAC-SHA256 ${CREDENTIAL}, SignedHeaders=, Signature=`)).toBe("Authorization header requires 'SignedHeaders' parameter. Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256");
});

it("reads a signed URL of an API, which may say no end, as that of any other service must", () => {
  const query = (service: string, more = "") => `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Fus-east-1%2F${service}%2Faws4_request&X-Amz-Date=20261124T110000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=abc${more}`;
  const signed = { accessKeyId: "AKIDEXAMPLE", date: "20261124", region: "us-east-1", service: "execute-api", timestamp: "20261124T110000Z", signedHeaders: ["host"], signature: "abc" };
  expect(readSignature({}, query("execute-api"))).toEqual(signed);
  expect(readSignature({}, query("execute-api", "&X-Amz-Security-Token=t&X-Amz-Expires=60"))).toEqual({ ...signed, sessionToken: "t", expires: 60 });
  for (const service of ["s3", "sts", "lambda"]) expect(readSignature({}, query(service))).toMatchObject({ problem: "query", message: expect.stringContaining("and X-Amz-Expires parameters") });
});

it("knows both ways to write a time, and what is none", () => {
  expect(parseTime("20261124T110203Z")).toBe(Date.UTC(2026, 10, 24, 11, 2, 3));
  expect(parseTime("Tue, 24 Nov 2026 11:02:03 GMT")).toBe(Date.UTC(2026, 10, 24, 11, 2, 3));
  for (const text of ["", "20261324T110203Z", "20261124T110203Z ", "yesterday"]) expect(parseTime(text)).toBeNaN();
});

it("encodes each segment of a path once more, and writes runs of spaces in headers as one", () => {
  const canonical = (path: string, isS3: boolean) =>
    canonicalRequest({ method: "GET", path, query: "", headers: { host: "h", "x-amz-meta-a": "  two  words   " }, signedHeaders: ["host", "x-amz-meta-a"], payloadHash: "p", isS3 }).split("\n");
  expect(canonical("/2015-03-31/functions/arn%3Aaws/a b(c)!/~._-", false)[1]).toBe("/2015-03-31/functions/arn%253Aaws/a%20b%28c%29%21/~._-");
  expect(canonical("/a%20b", true)[1]).toBe("/a%20b");
  expect(canonical("/", false)[4]).toBe("x-amz-meta-a:two words");
});
