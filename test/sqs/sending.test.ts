import {
  CreateQueueCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, type MessageAttributeValue, type SendMessageBatchRequestEntry, type SendMessageCommandInput,
} from "@aws-sdk/client-sqs";
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { usePlatform } from "../support/platform.ts";
import { query } from "./wire.ts";

const platform = usePlatform();
const sqs = () => platform.clients.sqs;
let QueueUrl = "";
let fifoUrl = "";
const urlOf = async (QueueName: string, Attributes: Record<string, string> = {}) => (await sqs().send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
const send = (over: Partial<SendMessageCommandInput> = {}) => sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: "hello", ...over }));
const receive = (url: string) => sqs().send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] }));
const invalid = (message: string) => ({ name: "InvalidParameterValue", message, $metadata: { httpStatusCode: 400 } });
const md5 = (bytes: string | Buffer) => createHash("md5").update(bytes).digest("hex");

beforeAll(async () => {
  QueueUrl = await urlOf("sending");
  fifoUrl = await urlOf("sending.fifo", { FifoQueue: "true" });
});

describe("a body", () => {
  it("is there", async () => {
    await expect(send({ MessageBody: "" })).rejects.toMatchObject({ name: "MissingParameter", message: "The request must contain the parameter MessageBody." });
    await expect(sqs().send(new SendMessageCommand({ QueueUrl } as SendMessageCommandInput))).rejects.toMatchObject({ name: "MissingParameter", message: "The request must contain the parameter MessageBody." });
  });

  it("has the characters that XML may have", async () => {
    const fine = "\t\n\r ~é\ud7ff\ue000\ufffd😀";
    expect((await send({ MessageBody: fine })).MD5OfMessageBody).toBe(md5(fine));
    for (const character of ["\u0000", "\u0008", "\u000b", "\ufffe", "\ud800"]) {
      await expect(send({ MessageBody: `a${character}b` })).rejects.toMatchObject({ name: "InvalidMessageContents", message: expect.stringMatching(/^Invalid binary character '#x[0-9A-F]+' was found in the message body, the set of allowed characters is #x9 \| #xA \| #xD \| #x20 to #xD7FF/) });
    }
  });

  it("may have 1 MiB with its attributes, or what the queue takes", async () => {
    const bytes = 1_048_576;
    const attribute: Record<string, MessageAttributeValue> = { name: { DataType: "String", StringValue: "é" } };
    const room = bytes - "nameString".length - 2;
    await send({ MessageBody: "é".repeat(bytes / 2) });
    await send({ MessageBody: "x".repeat(room), MessageAttributes: attribute });
    const tooLong = invalid("One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.");
    await expect(send({ MessageBody: "x".repeat(bytes + 1) })).rejects.toMatchObject(tooLong);
    await expect(send({ MessageBody: "x".repeat(room + 1), MessageAttributes: attribute })).rejects.toMatchObject(tooLong);
    const small = await urlOf("small", { MaximumMessageSize: "1024" });
    await send({ QueueUrl: small, MessageBody: "x".repeat(1_024) });
    await expect(send({ QueueUrl: small, MessageBody: "x".repeat(1_025) })).rejects.toMatchObject(invalid("One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."));
  });
});

describe("message attributes", () => {
  it("have the digest of AWS's algorithm, and come back as they were sent", async () => {
    const url = await urlOf("attributes");
    const MessageAttributes: Record<string, MessageAttributeValue> = {
      "z.string": { DataType: "String", StringValue: "é" },
      number: { DataType: "Number.int", StringValue: "-1.5e3" },
      bytes: { DataType: "Binary.png", BinaryValue: new Uint8Array([0, 255, 7]) },
    };
    const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const text = (value: string) => field(Buffer.from(value));
    const expected = md5(Buffer.concat([
      text("bytes"), text("Binary.png"), Buffer.from([2]), field(Buffer.from([0, 255, 7])),
      text("number"), text("Number.int"), Buffer.from([1]), text("-1.5e3"),
      text("z.string"), text("String"), Buffer.from([1]), text("é"),
    ]));
    const sent = await send({ QueueUrl: url, MessageAttributes, MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" } } });
    const system = md5(Buffer.concat([text("AWSTraceHeader"), text("String"), Buffer.from([1]), text("Root=1-5759e988-bd862e3fe1be46a994272793")]));
    expect(sent).toMatchObject({ MD5OfMessageAttributes: expected, MD5OfMessageSystemAttributes: system });
    const [message] = (await receive(url)).Messages!;
    expect(message).toMatchObject({ MD5OfMessageAttributes: expected, MessageAttributes, Attributes: { AWSTraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793", SenderId: "000000000000" } });
  });

  it.each<[string, Record<string, MessageAttributeValue>, string]>([
    ["eleven of them", Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, { DataType: "String", StringValue: "x" }])), "Number of message attributes [11] exceeds the allowed maximum [10]."],
    ["a type of no known prefix", { a: { DataType: "Integer", StringValue: "1" } }, "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."],
    ["no value", { a: { DataType: "String" } }, "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."],
    ["an empty value", { a: { DataType: "String.x", StringValue: "" } }, "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String.x'."],
    ["bytes in a string", { a: { DataType: "String", BinaryValue: new Uint8Array([1]) } }, "The message attribute 'a' with type 'String' must use field 'StringValue'."],
    ["no number", { a: { DataType: "Number", StringValue: "many" } }, "Can't cast the value of message (user) attribute 'a' to a number."],
    ["too many digits", { a: { DataType: "Number", StringValue: "1".repeat(39) } }, "Can't cast the value of message (user) attribute 'a' to a number."],
    ["a reserved name", { "AWS.a": { DataType: "String", StringValue: "x" } }, "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use."],
    ["a name with other characters", { "a b": { DataType: "String", StringValue: "x" } }, "The message attribute name 'a b' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."],
    ["a name with two periods", { "a..b": { DataType: "String", StringValue: "x" } }, "The message attribute name 'a..b' is invalid. Attribute name can not start or end with a period (.) or have successive periods."],
  ])("are refused: %s", async (_what, MessageAttributes, message) => {
    await expect(send({ MessageAttributes })).rejects.toMatchObject(invalid(message));
  });

  it("of the system are the trace header, which a request's own stands for", async () => {
    const url = await urlOf("traced");
    await expect(send({ MessageSystemAttributes: { AWSTraceHeader: { DataType: "Number", StringValue: "1" } } })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    const Root = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    await query(platform, { action: "SendMessage", members: { QueueUrl: url, MessageBody: "x" }, headers: { "x-amzn-trace-id": Root } });
    expect((await receive(url)).Messages![0]!.Attributes).toMatchObject({ AWSTraceHeader: Root });
  });
});

describe("parameters that a queue of the kind does not take", () => {
  it("are refused with their value", async () => {
    await expect(send({ DelaySeconds: 901 })).rejects.toMatchObject(invalid("Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."));
    await expect(send({ MessageDeduplicationId: "d" })).rejects.toMatchObject(invalid("Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."));
    await expect(send({ QueueUrl: fifoUrl, MessageGroupId: "g", MessageDeduplicationId: "d", DelaySeconds: 5 })).rejects.toMatchObject(invalid("Value 5 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."));
    await expect(send({ QueueUrl: fifoUrl, MessageGroupId: "a group", MessageDeduplicationId: "d" })).rejects.toMatchObject(invalid("Value a group for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."));
    expect((await send({ MessageGroupId: "tenant" })).SequenceNumber).toBeUndefined();
  });

  it("and a queue that is not there", async () => {
    await expect(send({ QueueUrl: `${QueueUrl}-not` })).rejects.toMatchObject({ name: "QueueDoesNotExist", message: "The specified queue does not exist." });
  });
});

describe("a batch", () => {
  const batch = (Entries: SendMessageBatchRequestEntry[]) => sqs().send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const entries = (...ids: string[]) => ids.map((Id): SendMessageBatchRequestEntry => ({ Id, MessageBody: "x" }));

  it("is refused as a whole for what is wrong with it as one", async () => {
    await expect(batch([])).rejects.toMatchObject({ name: "EmptyBatchRequest", message: "There should be at least one SendMessageBatchRequestEntry in the request." });
    await expect(batch(entries(..."abcdefghijk"))).rejects.toMatchObject({ name: "TooManyEntriesInBatchRequest", message: "Maximum number of entries per request are 10. You have sent 11." });
    await expect(batch(entries("a", "b", "a"))).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct", message: "Id a repeated." });
    for (const id of ["a b", "", "x".repeat(81)]) await expect(batch(entries(id))).rejects.toMatchObject({ name: "InvalidBatchEntryId", message: "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long." });
    await expect(batch(["a", "b"].map((Id) => ({ Id, MessageBody: "x".repeat(524_289) })))).rejects.toMatchObject({ name: "BatchRequestTooLong", message: "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes." });
  });

  it("tells of each entry what became of it", async () => {
    const { Successful, Failed } = await batch([...entries("fine"), { Id: "empty", MessageBody: "" }, { Id: "late", MessageBody: "x", DelaySeconds: -1 }, { Id: "odd", MessageBody: "\u0001" }]);
    expect(Successful).toEqual([{ Id: "fine", MessageId: expect.any(String), MD5OfMessageBody: md5("x") }]);
    expect(Failed).toEqual([
      { Id: "empty", SenderFault: true, Code: "MissingParameter", Message: "The request must contain the parameter MessageBody." },
      { Id: "late", SenderFault: true, Code: "InvalidParameterValue", Message: "DelaySeconds must be >= 0 and <= 900." },
      { Id: "odd", SenderFault: true, Code: "InvalidMessageContents", Message: expect.any(String) },
    ]);
    expect((await batch(entries("alone"))).Failed).toBeUndefined();
  });
});
