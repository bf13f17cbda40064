import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { signHeaders } from "../../src/cli/sign.ts";

const who = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "lambdad" };
const AT = Date.UTC(2015, 7, 30, 12, 36, 0, 789);

/** The signature of a canonical request that is written out by hand, as the IAM user guide describes it. */
const signatureOf = (canonical: string) => {
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const hash = createHash("sha256").update(canonical).digest("hex");
  const toSign = `AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/lambdad/aws4_request\n${hash}`;
  const key = hmac(hmac(hmac(hmac(`AWS4${who.secretAccessKey}`, "20150830"), "us-east-1"), "lambdad"), "aws4_request");
  return hmac(key, toSign).toString("hex");
};

describe("signHeaders", () => {
  it("signs host, date and body hash over an encoded path and a sorted query", () => {
    const url = new URL("http://127.0.0.1:4566/_lambdad/events/uploads%2Fin%2Fa%20b.jpg?b=2&a=1&a=0&c=x+y");
    const headers = signHeaders({ method: "GET", url, body: "" }, who, AT);
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const canonical = `GET
/_lambdad/events/uploads%252Fin%252Fa%2520b.jpg
a=0&a=1&b=2&c=x%20y
host:127.0.0.1:4566
x-amz-content-sha256:${empty}
x-amz-date:20150830T123600Z

host;x-amz-content-sha256;x-amz-date
${empty}`;
    expect(headers).toEqual({
      host: "127.0.0.1:4566",
      "x-amz-content-sha256": empty,
      "x-amz-date": "20150830T123600Z",
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/lambdad/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signatureOf(canonical)}`,
    });
  });

  it("gives another signature for another body, method or key", () => {
    const url = new URL("http://127.0.0.1:4566/_lambdad/clock");
    const sign = (method: string, body: string, identity = who) => signHeaders({ method, url, body }, identity, AT)["authorization"];
    const one = sign("POST", '{"advance":"2m"}');
    expect(sign("POST", '{"advance":"3m"}')).not.toBe(one);
    expect(sign("GET", '{"advance":"2m"}')).not.toBe(one);
    expect(sign("POST", '{"advance":"2m"}', { ...who, secretAccessKey: "test" })).not.toBe(one);
  });
});
