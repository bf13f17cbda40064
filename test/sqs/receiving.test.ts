import {
  ChangeMessageVisibilityBatchCommand, ChangeMessageVisibilityCommand, CreateQueueCommand, DeleteMessageBatchCommand, DeleteMessageCommand, PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand,
  type ReceiveMessageCommandInput, type SendMessageCommandInput,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { usePlatform } from "../support/platform.ts";
import { advance, query } from "./wire.ts";

const platform = usePlatform();
const sqs = () => platform.clients.sqs;
const urlOf = async (QueueName: string, Attributes: Record<string, string> = {}) => (await sqs().send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
const send = (QueueUrl: string, over: Partial<SendMessageCommandInput> = {}) => sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: "hello", ...over }));
const receive = async (QueueUrl: string, over: Partial<ReceiveMessageCommandInput> = {}) => (await sqs().send(new ReceiveMessageCommand({ QueueUrl, ...over }))).Messages;
const remove = (QueueUrl: string, ReceiptHandle: string | undefined) => sqs().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
const hold = (QueueUrl: string, ReceiptHandle: string | undefined, VisibilityTimeout: number) => sqs().send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
const invalid = (message: string) => ({ name: "InvalidParameterValue", message, $metadata: { httpStatusCode: 400 } });
const SECOND_MS = 1_000;

describe("ReceiveMessage", () => {
  it("refuses what is out of range, and unknown attributes", async () => {
    const url = await urlOf("ranges");
    await expect(receive(url, { MaxNumberOfMessages: 11 })).rejects.toMatchObject(invalid("Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."));
    await expect(receive(url, { MaxNumberOfMessages: 0 })).rejects.toMatchObject(invalid("Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."));
    await expect(receive(url, { WaitTimeSeconds: 21 })).rejects.toMatchObject(invalid("Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."));
    await expect(receive(url, { VisibilityTimeout: 43_201 })).rejects.toMatchObject(invalid("Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."));
    await expect(receive(url, { MessageSystemAttributeNames: ["Colour" as "All"] })).rejects.toMatchObject({ name: "InvalidAttributeName" });
    expect(await receive(url)).toBeUndefined();
  });

  it("gives the attributes that are asked for, alone or by their beginning, with the digest of those", async () => {
    const url = await urlOf("names", { VisibilityTimeout: "0" });
    const MessageAttributes = Object.fromEntries(["bar.a", "bar.b", "foo"].map((name) => [name, { DataType: "String", StringValue: name }]));
    const sent = await send(url, { MessageAttributes });
    const namesOf = async (...MessageAttributeNames: string[]) => {
      const [message] = (await receive(url, { MessageAttributeNames }))!;
      return { names: Object.keys(message!.MessageAttributes ?? {}).toSorted(), digest: message!.MD5OfMessageAttributes };
    };
    for (const all of ["All", ".*"]) expect(await namesOf(all)).toEqual({ names: ["bar.a", "bar.b", "foo"], digest: sent.MD5OfMessageAttributes });
    const some = await namesOf("bar.*");
    expect(some.names).toEqual(["bar.a", "bar.b"]);
    expect(some.digest).not.toBe(sent.MD5OfMessageAttributes);
    expect((await namesOf("foo", "none")).names).toEqual(["foo"]);
    expect(await namesOf("none")).toEqual({ names: [], digest: undefined });
    expect((await receive(url))![0]).not.toHaveProperty("MessageAttributes");
    expect(Object.keys((await receive(url, { MessageSystemAttributeNames: ["SentTimestamp", "MessageGroupId"] }))![0]!.Attributes!)).toEqual(["SentTimestamp"]);
    const xml = await query(platform, { action: "ReceiveMessage", members: { QueueUrl: url, "AttributeName.1": "All", "MessageAttributeName.1": "foo" } });
    expect(xml.all("Name")).toEqual(["SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "foo"]);
  });
});

describe("a receipt handle", () => {
  it("is of one queue, and of this server", async () => {
    const [url, other] = [await urlOf("handles"), await urlOf("others")];
    await send(url);
    const [{ ReceiptHandle: handle = "" } = {}] = (await receive(url))!;
    for (const wrong of ["nonsense", `${handle.slice(0, 10)}${handle[10] === "A" ? "B" : "A"}${handle.slice(11)}`, `${handle}=`]) {
      await expect(remove(url, wrong)).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid", message: `The input receipt handle "${wrong}" is not a valid receipt handle.` });
      await expect(hold(url, wrong, 0)).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
    }
    await expect(remove(other, handle)).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
    await expect(remove(url, "")).rejects.toMatchObject({ name: "MissingParameter", message: "The request must contain the parameter ReceiptHandle." });
    await remove(url, handle);
    await remove(url, handle);
  });

  it("of what was purged deletes nothing, and that is a success", async () => {
    const url = await urlOf("purged");
    await send(url);
    const [message] = (await receive(url))!;
    await sqs().send(new PurgeQueueCommand({ QueueUrl: url }));
    await remove(url, message!.ReceiptHandle);
    await expect(hold(url, message!.ReceiptHandle, 0)).rejects.toMatchObject(invalid(`Value ${message!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`));
    await send(url);
    expect(await receive(url)).toHaveLength(1);
  });
});

describe("ChangeMessageVisibility", () => {
  it("is for a message in flight, and never beyond twelve hours from the receive", async () => {
    const url = await urlOf("visibility");
    await send(url);
    const [{ ReceiptHandle: handle } = {}] = (await receive(url))!;
    await expect(hold(url, handle, 43_201)).rejects.toMatchObject(invalid("Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200"));
    await hold(url, handle, 100);
    await advance(platform, 60 * SECOND_MS);
    await expect(hold(url, handle, 43_200)).rejects.toMatchObject(invalid("Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"));
    await hold(url, handle, 43_100);
    await hold(url, handle, 0);
    const gone = (handle: string | undefined) => invalid(`Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`);
    await expect(hold(url, handle, 10)).rejects.toMatchObject(gone(handle));
    const [second] = (await receive(url))!;
    await expect(hold(url, handle, 10)).rejects.toMatchObject(gone(handle));
    await remove(url, second!.ReceiptHandle);
    await expect(hold(url, second!.ReceiptHandle, 10)).rejects.toMatchObject(gone(second!.ReceiptHandle));
  });
});

it("batches tell of each entry what became of it", async () => {
  const url = await urlOf("batches");
  for (const MessageBody of ["a", "b"]) await send(url, { MessageBody });
  const [a, b] = (await receive(url, { MaxNumberOfMessages: 10 }))!;
  const held = await sqs().send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: [
    { Id: "a", ReceiptHandle: a!.ReceiptHandle, VisibilityTimeout: 50 }, { Id: "long", ReceiptHandle: b!.ReceiptHandle, VisibilityTimeout: 43_201 }, { Id: "odd", ReceiptHandle: "odd", VisibilityTimeout: 1 },
  ] }));
  expect(held.Successful).toEqual([{ Id: "a" }]);
  expect(held.Failed).toEqual([
    { Id: "long", SenderFault: true, Code: "InvalidParameterValue", Message: "VisibilityTimeout must be an integer between 0 and 43200" },
    { Id: "odd", SenderFault: true, Code: "ReceiptHandleIsInvalid", Message: 'The input receipt handle "odd" is not a valid receipt handle.' },
  ]);
  const deleted = await sqs().send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: [{ Id: "a", ReceiptHandle: a!.ReceiptHandle }, { Id: "odd", ReceiptHandle: "odd" }] }));
  expect([deleted.Successful, deleted.Failed?.map(({ Id }) => Id)]).toEqual([[{ Id: "a" }], ["odd"]]);
  await expect(sqs().send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: [] }))).rejects.toMatchObject({ name: "EmptyBatchRequest", message: "There should be at least one DeleteMessageBatchRequestEntry in the request." });
  await advance(platform, 30 * SECOND_MS);
  expect((await receive(url, { MaxNumberOfMessages: 10 }))!.map(({ Body }) => Body)).toEqual(["b"]);
});

it("a long poll over the wire is woken by a send, and let go by its client", async () => {
  const url = await urlOf("polled");
  const client = new AbortController();
  const left = sqs().send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), { abortSignal: client.signal }).catch((error: Error) => error.name);
  const waiting = receive(url, { WaitTimeSeconds: 20 });
  await receive(url);
  client.abort();
  expect(await left).toBe("AbortError");
  await send(url, { MessageBody: "for whoever still waits" });
  expect((await waiting)!.map(({ Body }) => Body)).toEqual(["for whoever still waits"]);
});
