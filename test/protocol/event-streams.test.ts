import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Claim } from "../../src/protocol/claim.ts";
import { createEventStream } from "../../src/protocol/event-stream.ts";
import { loadServiceModel } from "../../src/protocol/models.ts";
import { encode } from "../../src/protocol/respond.ts";
import type { Member, Operation, Shape } from "../../src/protocol/schema.ts";
import { comparable } from "./generate.ts";
import { createInProcessClient } from "./in-process.ts";

async function* eventsOf(events: readonly unknown[], failure?: Error) {
  yield* events;
  if (failure !== undefined) throw failure;
}

const collect = async (stream: unknown) => {
  const events: unknown[] = [];
  for await (const event of stream as AsyncIterable<unknown>) events.push(event);
  return events;
};

const streamOf = async (service: string, operation: string, input: object, member: string, events: readonly unknown[], more: object = {}, failure?: Error) => {
  const model = loadServiceModel(service);
  const { send } = await createInProcessClient(model, (claimed) => encode(claimed, { ...more, [member]: eventsOf(events, failure) }, "request-id"), service === "kinesis" ? {} : { disableHostPrefix: true });
  return send(operation, input);
};

const time = new Date(1_700_000_000_000);

describe("the SDK's clients read our event streams", () => {
  it("Lambda InvokeWithResponseStream: blobs, and JSON", async () => {
    const events = [{ PayloadChunk: { Payload: Buffer.from("one") } }, { PayloadChunk: { Payload: Buffer.from([0, 255]) } }, { InvokeComplete: { ErrorCode: "e", LogResult: "bG9n" } }];
    const output = await streamOf("lambda", "InvokeWithResponseStream", { FunctionName: "f" }, "EventStream", events, { StatusCode: 200, ExecutedVersion: "7", ResponseStreamContentType: "text/plain" });
    expect(output).toMatchObject({ StatusCode: 200, ExecutedVersion: "7" });
    expect(comparable(await collect(output["EventStream"]))).toEqual(comparable(events));
  });

  it("S3 SelectObjectContent: XML, blobs and empty events", async () => {
    const events = [{ Records: { Payload: Buffer.from("a,b\n") } }, { Cont: {} }, { Stats: { Details: { BytesScanned: 1, BytesReturned: 3 } } }, { End: {} }];
    const input = { Bucket: "b", Key: "k", Expression: "e", ExpressionType: "SQL", InputSerialization: {}, OutputSerialization: {} };
    const output = await streamOf("s3", "SelectObjectContent", input, "Payload", events);
    expect(await collect(output["Payload"])).toEqual([{ Records: { Payload: new Uint8Array(Buffer.from("a,b\n")) } }, { Cont: {} }, events[2], { End: {} }]);
  });

  it("Kinesis SubscribeToShard: JSON after an initial response", async () => {
    const events = [{ SubscribeToShardEvent: { Records: [{ SequenceNumber: "1", Data: Buffer.from("d"), PartitionKey: "p", ApproximateArrivalTimestamp: time }], ContinuationSequenceNumber: "2", MillisBehindLatest: 0 } }];
    const input = { ConsumerARN: "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1", ShardId: "shard-0", StartingPosition: { Type: "LATEST" } };
    const output = await streamOf("kinesis", "SubscribeToShard", input, "EventStream", events);
    expect(comparable(await collect(output["EventStream"]))).toEqual(comparable(events));
  });

  it("Logs StartLiveTail, and the error that ends it", async () => {
    const events = [{ sessionStart: { requestId: "r" } }, { sessionUpdate: { sessionResults: [{ message: "line", timestamp: 7 }] } }];
    const output = await streamOf("logs", "StartLiveTail", { logGroupIdentifiers: ["arn:aws:logs:us-east-1:000000000000:log-group:g"] }, "responseStream", events, {}, new ApiError("SessionTimeoutException", "too long"));
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of output["responseStream"] as AsyncIterable<unknown>) seen.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ name: "SessionTimeoutException", message: "too long" });
    expect(comparable(seen)).toEqual(comparable(events));
  });
});

const operationOf = (service: string, name: string) => loadServiceModel(service).operations.get(name) as Operation;

describe("a message on the wire", () => {
  const bytesOf = (body: unknown) => buffer(Readable.from(body as AsyncIterable<Uint8Array>));

  it("has lengths and checksums", async () => {
    const model = loadServiceModel("lambda");
    const claimed: Claim = { model, operation: operationOf("lambda", "InvokeWithResponseStream"), protocol: "restJson1", read: async () => ({}) };
    const { headers, body } = encode(claimed, { ResponseStreamContentType: "text/html", EventStream: eventsOf([{ PayloadChunk: { Payload: Buffer.from("hi") } }]) }, "request-id");
    expect(headers["content-type"]).toBe("application/vnd.amazon.eventstream");
    const message = await bytesOf(body);
    expect(message.readUInt32BE(0)).toBe(message.length);
    expect(message.readUInt32BE(8)).toBe(crc32(message.subarray(0, 8)));
    expect(message.readUInt32BE(message.length - 4)).toBe(crc32(message.subarray(0, -4)));
    expect(message.subarray(12 + message.readUInt32BE(4), -4).toString()).toBe("hi");
    expect(message.toString("latin1")).toContain(":event-type\x07\x00\x0CPayloadChunk");
  });

  it("comes ahead of the events in RPC and not in REST", async () => {
    const model = loadServiceModel("kinesis");
    const claimed: Claim = { model, operation: operationOf("kinesis", "SubscribeToShard"), protocol: "awsJson1_1", read: async () => ({}) };
    expect((await bytesOf(encode(claimed, { EventStream: eventsOf([]) }, "request-id").body)).toString("latin1")).toContain("initial-response");
    const union = (operationOf("lambda", "InvokeWithResponseStream").output.members.find((m) => m.shape.isStreaming) as Member).shape;
    expect(await bytesOf(createEventStream(union, "restJson1", eventsOf([])))).toHaveLength(0);
  });

  it("tells an error that the model does not have as one, and breaks off for what is our fault", async () => {
    const union: Shape = (operationOf("lambda", "InvokeWithResponseStream").output.members.find((m) => m.shape.isStreaming) as Member).shape;
    const told = await bytesOf(createEventStream(union, "restJson1", eventsOf([], new ApiError("ServiceException", "broken"))));
    expect(told.toString("latin1")).toMatch(/:message-type\x07\x00\x05error.*ServiceException.*broken/s);
    await expect(bytesOf(createEventStream(union, "restJson1", eventsOf([], new Error("a bug"))))).rejects.toThrow("a bug");
  });
});
