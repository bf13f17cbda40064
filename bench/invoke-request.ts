import { signHeaders } from "../src/cli/sign.ts";
import type { Answer } from "./connection.ts";

const IDENTITY = { accessKeyId: "test", secretAccessKey: "test", region: "us-east-1", service: "lambda" };

/** The bytes of one signed call. The same bytes hold for five minutes, as long as a signature does. */
export const signedRequest = (endpoint: string, method: string, path: string, body = ""): Buffer => {
  const url = new URL(endpoint + path);
  return httpRequest(method, url, signHeaders({ method, url, body }, IDENTITY, Date.now()), body);
};

/** One call of SQS in its JSON protocol. */
export const sqsRequest = (endpoint: string, operation: string, input: Record<string, unknown>): Buffer => {
  const url = new URL(endpoint);
  const body = JSON.stringify(input);
  return httpRequest("POST", url, { ...signHeaders({ method: "POST", url, body }, { ...IDENTITY, service: "sqs" }, Date.now()), "x-amz-target": `AmazonSQS.${operation}`, "content-type": "application/x-amz-json-1.0" }, body);
};

/** One PutEvents. */
export const putEventsRequest = (endpoint: string, entries: readonly Record<string, unknown>[]): Buffer => {
  const url = new URL(endpoint);
  const body = JSON.stringify({ Entries: entries });
  return httpRequest("POST", url, { ...signHeaders({ method: "POST", url, body }, { ...IDENTITY, service: "events" }, Date.now()), "x-amz-target": "AWSEvents.PutEvents", "content-type": "application/x-amz-json-1.1" }, body);
};

export const invokeRequest = (endpoint: string, functionName: string, body: string): Buffer => signedRequest(endpoint, "POST", `/2015-03-31/functions/${functionName}/invocations`, body);

/** The bytes of the same payload for a server that asks for no signature. */
export const echoRequest = (endpoint: string, body: string): Buffer => httpRequest("POST", new URL(endpoint), { host: new URL(endpoint).host }, body);

const httpRequest = (method: string, url: URL, headers: Record<string, string>, body: string): Buffer => {
  const lines = Object.entries({ "content-type": "application/json", ...headers, "content-length": Buffer.byteLength(body) }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
};

/** Throws when the answer is not what the handler must return: a wrong answer ends the bench. */
export const checkAnswer = ({ status, head, body }: Answer, expected: { id: string; isFirst?: boolean }): void => {
  const text = body.toString();
  if (status === 200 && !/x-amz-function-error/i.test(head)) {
    const answer = JSON.parse(text) as Partial<typeof expected>;
    if (answer.id === expected.id && (expected.isFirst === undefined || answer.isFirst === expected.isFirst)) return;
  }
  throw new Error(`a wrong answer: ${JSON.stringify(expected)} was expected, ${status} ${text} came`);
};
