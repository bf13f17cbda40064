import { CreateQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { parseQueueUrl, queueUrl } from "../../src/services/sqs/queue-names.ts";
import { send, sha256, signHeaders } from "../gateway/support.ts";
import { usePlatform } from "../support/platform.ts";
import { query } from "./wire.ts";

const platform = usePlatform();
const QUEUE = { account: "000000000000", region: "eu-west-1", name: "q.fifo" };

describe("a queue's URL", () => {
  it.each([
    ["off", "http://localhost:4566", "http://localhost:4566/000000000000/q.fifo"],
    ["path", "http://127.0.0.1:4566", "http://127.0.0.1:4566/queue/eu-west-1/000000000000/q.fifo"],
    ["standard", "http://localhost:4566", "http://sqs.eu-west-1.localhost:4566/000000000000/q.fifo"],
    ["domain", "http://localhost.localstack.cloud:4566", "http://eu-west-1.queue.localhost.localstack.cloud:4566/000000000000/q.fifo"],
    // Whoever came by such a URL gets it back, and not one in front of the other.
    ["standard", "http://sqs.eu-west-1.localhost:4566", "http://sqs.eu-west-1.localhost:4566/000000000000/q.fifo"],
    ["domain", "http://us-east-1.queue.localhost:4566", "http://eu-west-1.queue.localhost:4566/000000000000/q.fifo"],
    ["standard", "http://sqs.localhost.localstack.cloud:4566", "http://sqs.eu-west-1.localhost.localstack.cloud:4566/000000000000/q.fifo"],
    // An address can have no name in front of it.
    ["standard", "http://127.0.0.1:4566", "http://sqs.eu-west-1.localhost:4566/000000000000/q.fifo"],
    ["domain", "http://[::1]:4566", "http://eu-west-1.queue.localhost:4566/000000000000/q.fifo"],
    ["off", "", "https://sqs.eu-west-1.amazonaws.com/000000000000/q.fifo"],
  ] as const)("in the form %s on %s is %s", (strategy, endpoint, url) => {
    expect(queueUrl(QUEUE, endpoint, strategy)).toBe(url);
    expect(parseQueueUrl(url, "eu-west-1")).toEqual(QUEUE);
  });

  it.each(["https://eu-west-1.queue.amazonaws.com/000000000000/q.fifo", "https://sqs.eu-west-1.amazonaws.com/000000000000/q.fifo/", "http://host.example/queue/eu-west-1/000000000000/q.fifo"])("is understood as %s", (url) => {
    expect(parseQueueUrl(url, "us-east-1")).toEqual(QUEUE);
  });

  it.each(["q", "", "http://localhost:4566/q", "http://localhost:4566/0/q", "http://localhost:4566/000000000000/a/b", "http://localhost:4566/000000000000/", "arn:aws:sqs:us-east-1:000000000000:q"])("is not %j", async (url) => {
    expect(parseQueueUrl(url, "us-east-1")).toBeUndefined();
    const { status, text } = await json("GetQueueAttributes", { QueueUrl: url });
    expect([status, JSON.parse(text)]).toEqual([404, { __type: "com.amazonaws.sqs#InvalidAddress", message: `The address ${url} is not valid for this endpoint.` }]);
  });
});

/** A signed request in JSON, to any path and by any host. */
const json = (operation: string, input: object, { path = "/", host = platform.host, region = "us-east-1" } = {}) => {
  const body = JSON.stringify(input);
  const given = { host, "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${operation}` };
  return send(platform.endpoint, { method: "POST", path, headers: signHeaders({ method: "POST", path, headers: given, payload: sha256(body), service: "sqs", region }).headers, body });
};

describe("a request", () => {
  it("finds its queue by every form, whatever path and host it is sent to", async () => {
    await platform.clients.sqs.send(new CreateQueueCommand({ QueueName: "everywhere" }));
    const port = platform.host.split(":")[1]!;
    const urls = [
      `http://localhost:${port}/000000000000/everywhere`, `http://localhost:${port}/queue/us-east-1/000000000000/everywhere`, `http://sqs.us-east-1.localhost:${port}/000000000000/everywhere`,
      `http://us-east-1.queue.localhost:${port}/000000000000/everywhere`, "https://sqs.us-east-1.amazonaws.com/000000000000/everywhere",
    ];
    for (const url of urls) {
      const { host, pathname } = new URL(url);
      for (const at of [{}, { path: pathname }, { path: pathname, host: `${host.split(":")[0]}:${port}` }]) {
        const { status, text } = await json("GetQueueAttributes", { QueueUrl: url, AttributeNames: ["QueueArn"] }, at);
        expect([status, text], JSON.stringify([url, at])).toEqual([200, '{"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:000000000000:everywhere"}}']);
      }
      // Clients of the query protocol may name the queue by the path alone.
      expect((await query(platform, { action: "GetQueueAttributes", members: { "AttributeName.1": "QueueArn" }, path: pathname })).one("Value")).toBe("arn:aws:sqs:us-east-1:000000000000:everywhere");
    }
  });

  it("reaches a queue of the region that its URL names", async () => {
    const { text } = await json("CreateQueue", { QueueName: "abroad" }, { region: "eu-central-1" });
    expect(JSON.parse(text)).toEqual({ QueueUrl: `${platform.endpoint}/000000000000/abroad` });
    const arnAt = async (url: string, region: string) => (await json("GetQueueAttributes", { QueueUrl: url, AttributeNames: ["QueueArn"] }, { region })).text;
    expect(await arnAt("http://localhost/000000000000/abroad", "eu-central-1")).toContain(":eu-central-1:");
    expect(await arnAt("http://localhost/000000000000/abroad", "us-east-1")).toContain("QueueDoesNotExist");
    expect(await arnAt("http://localhost/queue/eu-central-1/000000000000/abroad", "us-east-1")).toContain(":eu-central-1:");
  });

  it("of an SDK goes to the queue's own URL as endpoint", async () => {
    const client = new SQSClient({ region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, useQueueUrlAsEndpoint: true, endpoint: platform.endpoint, maxAttempts: 1 });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "as-endpoint" }));
    const elsewhere = new SQSClient({ region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, useQueueUrlAsEndpoint: true, maxAttempts: 1 });
    expect((await elsewhere.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }))).Attributes).toEqual({ QueueArn: "arn:aws:sqs:us-east-1:000000000000:as-endpoint" });
  });
});

describe.each([
  ["SQS_ENDPOINT_STRATEGY", "path", /^http:\/\/127\.0\.0\.1:\d+\/queue\/us-east-1\/000000000000\/q$/],
  ["LAMBDAD_SQS_ENDPOINT_STRATEGY", "standard", /^http:\/\/sqs\.us-east-1\.localhost:\d+\/000000000000\/q$/],
])("with %s=%s", (name, strategy, form) => {
  const other = usePlatform({ env: { [name]: strategy } });
  it("URLs are told in that form", async () => {
    const { sqs } = other.clients;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "q" }));
    expect(QueueUrl).toMatch(form);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: "q" }))).QueueUrl).toBe(QueueUrl);
  });
});
