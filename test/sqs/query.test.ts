import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { usePlatform } from "../support/platform.ts";
import { query } from "./wire.ts";

const platform = usePlatform();
const ask = (action: string, members: Record<string, string> = {}) => query(platform, { action, members });
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const create = async (QueueName: string, members: Record<string, string> = {}) => (await ask("CreateQueue", { QueueName, ...members })).one("QueueUrl")!;
const NOWHERE = "http://localhost/000000000000/nowhere";

describe("the query protocol", () => {
  it("creates, finds and lists queues", async () => {
    const created = await ask("CreateQueue", { QueueName: "made", "Attribute.1.Name": "VisibilityTimeout", "Attribute.1.Value": "40", "Tag.1.Key": "team", "Tag.1.Value": "red" });
    const url = `${platform.endpoint}/000000000000/made`;
    expect(created.text).toMatch(/^<\?xml version="1\.0"[^>]*>\n<CreateQueueResponse xmlns="http:\/\/queue\.amazonaws\.com\/doc\/2012-11-05\/"><CreateQueueResult><QueueUrl>/);
    expect([created.one("QueueUrl"), created.one("RequestId")]).toEqual([url, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect((await ask("GetQueueUrl", { QueueName: "made" })).one("QueueUrl")).toBe(url);
    await create("made-2");
    const page = await ask("ListQueues", { QueueNamePrefix: "made", MaxResults: "1" });
    expect([page.all("QueueUrl"), page.all("NextToken")]).toEqual([[url], [expect.any(String)]]);
    expect((await ask("ListQueues", { QueueNamePrefix: "made", NextToken: page.one("NextToken")! })).all("QueueUrl")).toEqual([`${url}-2`]);
    expect((await ask("ListQueueTags", { QueueUrl: url })).text).toContain("<Tag><Key>team</Key><Value>red</Value></Tag>");
  });

  it("sets and tells attributes", async () => {
    const QueueUrl = await create("set");
    const set = await ask("SetQueueAttributes", { QueueUrl, "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "9", "Attribute.2.Name": "VisibilityTimeout", "Attribute.2.Value": "8" });
    expect(set.text).toMatch(/<SetQueueAttributesResponse xmlns="[^"]+"><ResponseMetadata><RequestId>[^<]+<\/RequestId><\/ResponseMetadata><\/SetQueueAttributesResponse>$/);
    const told = await ask("GetQueueAttributes", { QueueUrl, "AttributeName.1": "DelaySeconds", "AttributeName.2": "VisibilityTimeout" });
    expect(Object.fromEntries(told.all("Name").map((name, index) => [name, told.all("Value")[index]]))).toEqual({ DelaySeconds: "9", VisibilityTimeout: "8" });
    expect((await ask("GetQueueAttributes", { QueueUrl, "AttributeName.1": "All" })).all("Name")).toHaveLength(12);
  });

  it("tags, and gives permissions", async () => {
    const QueueUrl = await create("kept");
    await ask("TagQueue", { QueueUrl, "Tag.1.Key": "a", "Tag.1.Value": "1", "Tag.2.Key": "b", "Tag.2.Value": "2" });
    await ask("UntagQueue", { QueueUrl, "TagKey.1": "a" });
    expect((await ask("ListQueueTags", { QueueUrl })).all("Key")).toEqual(["b"]);
    await ask("AddPermission", { QueueUrl, Label: "l", "AWSAccountId.1": "111122223333", "ActionName.1": "SendMessage" });
    const policy = async () => (await ask("GetQueueAttributes", { QueueUrl, "AttributeName.1": "Policy" })).one("Value");
    expect(JSON.parse((await policy())!)).toMatchObject({ Statement: [{ Sid: "l", Action: "SQS:SendMessage" }] });
    expect((await ask("RemovePermission", { QueueUrl, Label: "l" })).status).toBe(200);
    expect(await policy()).toBeUndefined();
  });

  it("purges, moves and deletes", async () => {
    const dead = await create("dead");
    await create("live", { "Attribute.1.Name": "RedrivePolicy", "Attribute.1.Value": JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 }) });
    expect((await ask("ListDeadLetterSourceQueues", { QueueUrl: dead })).all("QueueUrl")).toEqual([`${platform.endpoint}/000000000000/live`]);
    const started = await ask("StartMessageMoveTask", { SourceArn: arn("dead"), MaxNumberOfMessagesPerSecond: "5" });
    expect(started.one("TaskHandle")).toEqual(expect.any(String));
    const listed = await ask("ListMessageMoveTasks", { SourceArn: arn("dead"), MaxResults: "10" });
    expect([listed.all("SourceArn"), listed.all("ApproximateNumberOfMessagesMoved"), listed.one("StartedTimestamp")]).toEqual([[arn("dead")], ["0"], expect.stringMatching(/^\d{13}$/)]);
    expect((await ask("PurgeQueue", { QueueUrl: dead })).status).toBe(200);
    expect((await ask("DeleteQueue", { QueueUrl: dead })).text).toContain("<DeleteQueueResponse");
    expect((await ask("GetQueueUrl", { QueueName: "dead" })).one("Code")).toBe("AWS.SimpleQueueService.NonExistentQueue");
  });

  it("sends, receives, holds and deletes messages", async () => {
    const QueueUrl = await create("messages");
    const sent = await ask("SendMessage", { QueueUrl, MessageBody: "hello <&>", "MessageAttribute.1.Name": "kind", "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "greeting" });
    expect([sent.one("MessageId"), sent.one("MD5OfMessageBody"), sent.one("MD5OfMessageAttributes")]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), createHash("md5").update("hello <&>").digest("hex"), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const batch = (entry: string, members: Record<string, string>) => Object.fromEntries(Object.entries(members).map(([name, value]) => [`${entry}.${name}`, value]));
    const many = await ask("SendMessageBatch", { QueueUrl, ...batch("SendMessageBatchRequestEntry", { "1.Id": "a", "1.MessageBody": "one", "2.Id": "b", "2.MessageBody": "two", "3.Id": "c", "3.MessageBody": "three", "3.DelaySeconds": "901" }) });
    expect([many.all("Id"), many.all("Code"), many.all("MessageId")]).toEqual([["a", "b", "c"], ["InvalidParameterValue"], [expect.any(String), expect.any(String)]]);

    const received = await ask("ReceiveMessage", { QueueUrl, MaxNumberOfMessages: "10", "AttributeName.1": "All", "MessageAttributeName.1": "kind" });
    expect([received.all("Body"), received.one("StringValue")]).toEqual([["hello <&>", "one", "two"], "greeting"]);
    expect(received.text).toContain("<Attribute><Name>SenderId</Name>");
    const [first, second, third] = received.all("ReceiptHandle");
    expect((await ask("ChangeMessageVisibility", { QueueUrl, ReceiptHandle: first!, VisibilityTimeout: "60" })).text).toContain("<ChangeMessageVisibilityResponse");
    const changed = await ask("ChangeMessageVisibilityBatch", { QueueUrl, ...batch("ChangeMessageVisibilityBatchRequestEntry", { "1.Id": "a", "1.ReceiptHandle": second!, "1.VisibilityTimeout": "0", "2.Id": "b", "2.ReceiptHandle": "none", "2.VisibilityTimeout": "0" }) });
    expect([changed.all("Id"), changed.all("Code")]).toEqual([["a", "b"], ["ReceiptHandleIsInvalid"]]);
    expect((await ask("DeleteMessage", { QueueUrl, ReceiptHandle: first! })).text).toContain("<DeleteMessageResponse");
    const deleted = await ask("DeleteMessageBatch", { QueueUrl, ...batch("DeleteMessageBatchRequestEntry", { "1.Id": "a", "1.ReceiptHandle": second!, "2.Id": "b", "2.ReceiptHandle": third! }) });
    expect(deleted.all("Id")).toEqual(["a", "b"]);
    expect((await ask("ReceiveMessage", { QueueUrl })).text).toMatch(/<ReceiveMessageResult\/>|<ReceiveMessageResult><\/ReceiveMessageResult>/);
  });

  it("cancels what it has begun", async () => {
    const QueueUrl = await create("dead-2");
    await create("live-2", { "Attribute.1.Name": "RedrivePolicy", "Attribute.1.Value": JSON.stringify({ deadLetterTargetArn: arn("dead-2"), maxReceiveCount: 1 }) });
    for (const MessageBody of ["one", "two", "three"]) await ask("SendMessage", { QueueUrl, MessageBody });
    await create("target-2");
    const started = await ask("StartMessageMoveTask", { SourceArn: arn("dead-2"), DestinationArn: arn("target-2"), MaxNumberOfMessagesPerSecond: "1" });
    expect((await ask("CancelMessageMoveTask", { TaskHandle: started.one("TaskHandle")! })).one("ApproximateNumberOfMessagesMoved")).toBe("1");
  });

  it.each([
    ["AddPermission", { QueueUrl: NOWHERE, Label: "l", "AWSAccountId.1": "111122223333", "ActionName.1": "SendMessage" }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["CancelMessageMoveTask", { TaskHandle: Buffer.from(JSON.stringify({ taskId: "x", sourceArn: arn("x") })).toString("base64") }, 404, "ResourceNotFoundException"],
    ["CreateQueue", { QueueName: "a b" }, 400, "InvalidParameterValue"],
    ["CreateQueue", {}, 400, "MissingParameter"],
    ["CreateQueue", { QueueName: "x", "Attribute.1.Name": "Nothing", "Attribute.1.Value": "1" }, 400, "InvalidAttributeName"],
    ["CreateQueue", { QueueName: "x", "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "901" }, 400, "InvalidAttributeValue"],
    ["DeleteQueue", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["DeleteQueue", { QueueUrl: "nowhere" }, 404, "InvalidAddress"],
    ["GetQueueAttributes", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["GetQueueUrl", { QueueName: "nowhere" }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["ListDeadLetterSourceQueues", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["ListMessageMoveTasks", { SourceArn: arn("nowhere") }, 404, "ResourceNotFoundException"],
    ["ListQueueTags", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["ListQueues", { MaxResults: "0" }, 400, "InvalidParameterValue"],
    ["PurgeQueue", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["RemovePermission", { QueueUrl: NOWHERE, Label: "l" }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["SetQueueAttributes", { QueueUrl: NOWHERE, "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "1" }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["StartMessageMoveTask", { SourceArn: arn("nowhere") }, 404, "ResourceNotFoundException"],
    ["TagQueue", { QueueUrl: NOWHERE, "Tag.1.Key": "a", "Tag.1.Value": "b" }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["UntagQueue", { QueueUrl: NOWHERE, "TagKey.1": "a" }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["SendMessage", { QueueUrl: NOWHERE, MessageBody: "x" }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["SendMessage", { QueueUrl: NOWHERE }, 400, "MissingParameter"],
    ["SendMessageBatch", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.EmptyBatchRequest"],
    ["ReceiveMessage", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.NonExistentQueue"],
    ["ReceiveMessage", { QueueUrl: NOWHERE, MaxNumberOfMessages: "11" }, 400, "InvalidParameterValue"],
    ["DeleteMessage", { QueueUrl: NOWHERE, ReceiptHandle: "x" }, 404, "ReceiptHandleIsInvalid"],
    ["DeleteMessageBatch", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.EmptyBatchRequest"],
    ["ChangeMessageVisibility", { QueueUrl: NOWHERE, ReceiptHandle: "x", VisibilityTimeout: "1" }, 404, "ReceiptHandleIsInvalid"],
    ["ChangeMessageVisibilityBatch", { QueueUrl: NOWHERE }, 400, "AWS.SimpleQueueService.EmptyBatchRequest"],
    ["Fly", {}, 400, "InvalidAction"],
  ] as [string, Record<string, string>, number, string][])("refuses %s %j with %i %s", async (action, members, status, code) => {
    const answer = await ask(action, members);
    expect([answer.status, answer.one("Type"), answer.one("Code")]).toEqual([status, "Sender", code]);
    expect(answer.text).toMatch(/^<\?xml[^>]*>\n<ErrorResponse xmlns="http:\/\/queue\.amazonaws\.com\/doc\/2012-11-05\/"><Error><Type>Sender<\/Type>.*<RequestId>[^<]+<\/RequestId><\/ErrorResponse>$/s);
  });

  it("says AccessDenied, where JSON says AccessDeniedException with that code in a header", async () => {
    const QueueUrl = await create("shut");
    const answer = await query(platform, { action: "GetQueueAttributes", members: { QueueUrl }, accessKeyId: "111122223333" });
    expect([answer.status, answer.one("Code"), answer.one("Message")]).toEqual([403, "AccessDenied", expect.stringMatching(/sqs:getqueueattributes on resource: arn:aws:sqs:us-east-1:000000000000:shut because no resource-based policy allows/)]);
  });
});
