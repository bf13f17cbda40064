import { GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { describe, expect, it } from "vitest";
import { createQueue, createTopic, envelope, invalid, isEmpty, queueArn, receive, refusal, story, topicArn, useEndpoint, useSns } from "./support.ts";
import { isVerified } from "./verify.ts";

const on = useSns();
const web = useEndpoint();

let count = 0;
/** A topic with a queue that is subscribed to it. */
const topicWithQueue = async (Attributes: Record<string, string> = {}, { ofTopic = {}, suffix = "" }: { ofTopic?: Record<string, string>; suffix?: string } = {}) => {
  const name = `m${(count += 1)}${suffix}`;
  const TopicArn = await createTopic(on, name, ofTopic);
  const url = await createQueue(on, name, TopicArn);
  const { SubscriptionArn } = await on.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueArn(name), Attributes });
  return { name, TopicArn, url, arn: SubscriptionArn! };
};
const text = (StringValue: string) => ({ DataType: "String", StringValue });
const metric = async (TopicName: string, MetricName: string, Statistic: "Sum" | "SampleCount" = "Sum") => {
  const { Datapoints } = await on.platform.clients.cloudwatch.send(new GetMetricStatisticsCommand({
    Namespace: "AWS/SNS", MetricName, Dimensions: [{ Name: "TopicName", Value: TopicName }], StartTime: new Date(Date.now() - 3_600_000), EndTime: new Date(Date.now() + 3_600_000), Period: 86_400, Statistics: [Statistic],
  }));
  return Datapoints?.[0]?.[Statistic] ?? 0;
};

describe("a message in a queue", () => {
  it("is an envelope that says where it comes from, signed", async () => {
    const { TopicArn, url, arn, name } = await topicWithQueue();
    const { MessageId } = await on.sns.publish({ TopicArn, Subject: "Over", Message: 'a "quoted" é\n', MessageAttributes: { kind: text("k"), bytes: { DataType: "Binary", BinaryValue: Buffer.from([1, 2]) }, list: { DataType: "String.Array", StringValue: '["a",1]' } } });
    const [message] = await receive(on, url);
    const told = envelope(message!);
    expect(told).toEqual({
      Type: "Notification", MessageId, TopicArn, Subject: "Over", Message: 'a "quoted" é\n', Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), SignatureVersion: "1",
      Signature: expect.any(String), SigningCertURL: expect.stringContaining(on.platform.endpoint), UnsubscribeURL: `${on.platform.endpoint}/?Action=Unsubscribe&SubscriptionArn=${arn}`,
      MessageAttributes: { kind: { Type: "String", Value: "k" }, bytes: { Type: "Binary", Value: "AQI=" }, list: { Type: "String.Array", Value: '["a",1]' } },
    });
    expect(message!.Body).toMatch(/^\{\n {2}"Type" : "Notification",\n/);
    expect(message!.Body).toContain(`",\n  "MessageAttributes" : {\n    "kind" : {"Type":"String","Value":"k"},\n    "bytes" : {"Type":"Binary","Value":"AQI="},\n    "list" : {"Type":"String.Array","Value":"[\\"a\\",1]"}\n  }\n}`);
    expect([await isVerified(told), await isVerified({ ...told, Message: "another" })]).toEqual([true, false]);
    expect(Object.keys(message!.Attributes!)).toEqual(["SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"]);
    expect(await metric(name, "NumberOfMessagesPublished")).toBe(1);
    expect(await metric(name, "NumberOfNotificationsDelivered")).toBe(1);
    expect(await metric(name, "PublishSize")).toBeGreaterThan(15);
    expect(await story(on, MessageId!)).toMatch(new RegExp(`the message ${MessageId} is published to the topic ${name} by .*: it is on its way to 1 subscription[^]*is sent to ${name} by sns.amazonaws.com`));
  });

  it("is bare where the subscription wants it so, with its attributes", async () => {
    const { TopicArn, url } = await topicWithQueue({ RawMessageDelivery: "true" });
    await on.sns.publish({ TopicArn, Message: "bare", MessageAttributes: { kind: text("k"), bytes: { DataType: "Binary", BinaryValue: Buffer.from([1, 2]) } } });
    const [message] = await receive(on, url);
    expect([message!.Body, message!.MessageAttributes]).toEqual(["bare", { kind: text("k"), bytes: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2]) } }]);
  });

  it("with more attributes than SQS takes is not delivered bare", async () => {
    const { TopicArn, url, name } = await topicWithQueue({ RawMessageDelivery: "true" });
    const MessageAttributes = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, text("x")]));
    const { MessageId } = await on.sns.publish({ TopicArn, Message: "too many", MessageAttributes });
    await on.sns.publish({ TopicArn, Message: "few" });
    expect((await receive(on, url)).map(({ Body }) => Body)).toEqual(["few"]);
    expect(await story(on, MessageId!)).toContain("is not delivered to");
    expect(await metric(name, "NumberOfNotificationsFailed")).toBe(1);
  });

  it("is another one for each protocol, if its structure says so", async () => {
    const { TopicArn, url } = await topicWithQueue();
    await on.sns.publish({ TopicArn, MessageStructure: "json", Message: JSON.stringify({ default: "for all", sqs: "for queues", lambda: 3 }) });
    expect(envelope((await receive(on, url))[0]!)["Message"]).toBe("for queues");
    await on.sns.publish({ TopicArn, MessageStructure: "json", Message: JSON.stringify({ default: "for all", sqs: 3 }) });
    const told = envelope((await receive(on, url))[0]!);
    expect([told["Message"], await isVerified(told)]).toEqual(["for all", true]);
  });
});

describe("a standard queue", () => {
  it("is told the group of a message, by which it is fair", async () => {
    const { TopicArn, url } = await topicWithQueue();
    await on.sns.publish({ TopicArn, Message: "m", MessageGroupId: "tenant" });
    expect((await receive(on, url))[0]!.Attributes!.MessageGroupId).toBe("tenant");
  });
});

describe("what is published", () => {
  const publish = (input: object) => on.sns.publish({ TopicArn: topicArn("checked"), Message: "m", ...input });
  it.each<[object, string]>([
    [{ Message: "" }, "Empty message"],
    [{ Message: "x".repeat(262_145) }, "Message too long"],
    [{ Message: "x".repeat(262_100), MessageAttributes: { a: text("x".repeat(100)) } }, "Message too long"],
    [{ Subject: "" }, "Subject"],
    [{ Subject: "x".repeat(101) }, "Subject"],
    [{ Subject: "two\nlines" }, "Subject"],
    [{ MessageStructure: "xml" }, "MessageStructure"],
    [{ MessageStructure: "json" }, "Message Structure - JSON message body failed to parse"],
    [{ MessageStructure: "json", Message: '{"sqs":"x"}' }, "Message Structure - No default entry in JSON message body"],
    [{ TopicArn: undefined }, "TopicArn or TargetArn Reason: no value for required parameter"],
    [{ TopicArn: "nonsense" }, "TopicArn Reason: An ARN must have at least 6 elements, not 1"],
    [{ TopicArn: undefined, TargetArn: "nonsense" }, "TargetArn Reason: An ARN must have at least 6 elements, not 1"],
    [{ MessageDeduplicationId: "d" }, "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"],
    [{ TopicArn: topicArn("checked.fifo") }, "The MessageGroupId parameter is required for FIFO topics"],
    [{ TopicArn: topicArn("checked.fifo"), MessageGroupId: "g" }, "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"],
  ])("%j is refused", async (input, message) => {
    await createTopic(on, "checked");
    await createTopic(on, "checked.fifo");
    expect(await refusal(publish(input))).toEqual(invalid(message));
  });

  it.each<[object, string]>([
    [{ a: { DataType: "", StringValue: "x" } }, "The message attribute 'a' must contain non-empty message attribute type."],
    [{ a: { DataType: "Text", StringValue: "x" } }, "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."],
    [{ a: { DataType: "String", StringValue: "" } }, "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."],
    [{ a: { DataType: "String", BinaryValue: Buffer.from("x") } }, "The message attribute 'a' with type 'String' must use field 'String'."],
    [{ a: { DataType: "Number", StringValue: "x" } }, "Could not cast message attribute 'a' value to number."],
    [{ "a[b]": text("x") }, "Invalid non-alphanumeric character '#x5B' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."],
    [{ ".a": text("x") }, "Invalid message attribute name starting with character '.' was found."],
    [{ "a.": text("x") }, "Invalid message attribute name ending with character '.' was found."],
    [{ "a..b": text("x") }, "Message attribute name can not have successive '.' character."],
    [{ ["a".repeat(257)]: text("x") }, "Length of message attribute name must be less than 256 bytes."],
    [{ "AWS.SNS.SMS.SenderId": text("x") }, "Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon."],
  ])("with attributes %j is refused", async (MessageAttributes, message) => {
    await createTopic(on, "checked");
    expect(await refusal(publish({ MessageAttributes }))).toEqual({ name: "InvalidParameterValueException", message, status: 400 });
  });

  it("is as long as its topic lets it be", async () => {
    const TopicArn = await createTopic(on, "short", { MaximumMessageSize: "1024" });
    const entries = (length: number) => [1, 2].map((n) => ({ Id: `e${n}`, Message: "x".repeat(length) }));
    expect((await on.sns.publish({ TopicArn, Message: "x".repeat(1_024) })).MessageId).toBeDefined();
    expect(await refusal(on.sns.publish({ TopicArn, Message: "x".repeat(1_025) }))).toEqual(invalid("Message too long"));
    expect((await on.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries(512) })).Successful).toHaveLength(2);
    expect(await refusal(on.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries(513) }))).toMatchObject({ name: "BatchRequestTooLongException" });
    expect((await on.sns.getTopicAttributes({ TopicArn })).Attributes).toMatchObject({ MaximumMessageSize: "1024" });
  });

  it("may have attributes that SNS has a use for, and a subject in any language", async () => {
    const { TopicArn, url } = await topicWithQueue();
    await on.sns.publish({ TopicArn, Message: "m", Subject: " Grüße", MessageAttributes: { "AWS.SNS.SMS.SenderID": text("me"), "AWS.SNS.MOBILE.APNS.TTL": text("10") } });
    expect(envelope((await receive(on, url))[0]!)).toMatchObject({ Subject: " Grüße", MessageAttributes: { "AWS.SNS.SMS.SenderID": { Type: "String", Value: "me" }, "AWS.SNS.MOBILE.APNS.TTL": { Type: "String", Value: "10" } } });
  });

  it("goes to no telephone, no mobile, and no topic that is not there", async () => {
    expect(await refusal(on.sns.publish({ PhoneNumber: "+15555550100", Message: "m" }))).toMatchObject({ name: "NotImplemented", status: 501 });
    expect(await refusal(on.sns.publish({ TargetArn: topicArn("endpoint/GCM/app/1"), Message: "m" }))).toMatchObject({ name: "NotImplemented" });
    expect(await refusal(publish({ TopicArn: topicArn("nowhere") }))).toEqual({ name: "NotFoundException", message: "Topic does not exist", status: 404 });
    expect((await publish({ TopicArn: undefined, TargetArn: await createTopic(on, "checked") })).MessageId).toBeDefined();
  });
});

describe("a batch", () => {
  it("is taken whole, or not at all where one entry is none", async () => {
    const { TopicArn, url } = await topicWithQueue({ RawMessageDelivery: "true" });
    const publish = (...entries: object[]) => on.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries.map((entry, n) => ({ Id: `e${n}`, Message: `${n}`, ...entry })) });
    expect(await refusal(publish({}, { MessageAttributes: { a: { DataType: "Text", StringValue: "x" } } }))).toMatchObject({ name: "InvalidParameterValueException", message: expect.stringContaining("invalid message attribute type") });
    expect(await refusal(publish({}, { Message: "{}", MessageStructure: "json" }))).toEqual(invalid("Message Structure - No default entry in JSON message body"));
    expect(await refusal(publish({}, { Message: "" }))).toEqual(invalid("Empty message"));
    const { Successful, Failed } = await publish({}, {});
    expect([Successful, Failed]).toEqual([["e0", "e1"].map((Id) => ({ Id, MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/) })), []]);
    expect((await receive(on, url, 2)).map(({ Body }) => Body).toSorted()).toEqual(["0", "1"]);
  });

  it("to a FIFO topic has a group, and a deduplication id, in each of its entries", async () => {
    const TopicArn = await createTopic(on, "checked.fifo");
    const publish = (second: object) => on.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: [{ Id: "a", Message: "m", MessageGroupId: "g", MessageDeduplicationId: "1" }, { Id: "b", Message: "m", ...second }] });
    expect(await refusal(publish({}))).toEqual(invalid("The MessageGroupId parameter is required for FIFO topics"));
    expect(await refusal(publish({ MessageGroupId: "g" }))).toEqual(invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"));
  });

  const entries = (...ids: string[]) => ids.map((Id) => ({ Id, Message: "m" }));
  it.each([
    [[], "EmptyBatchRequestException", "The batch request doesn't contain any entries."],
    [entries(...Array.from({ length: 11 }, (_, n) => `e${n}`)), "TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible."],
    [entries("a", "a"), "BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id."],
    [entries("a b"), "InvalidBatchEntryIdException", "The Id of a batch entry in a batch request doesn't abide by the specification."],
    [[{ Id: "a", Message: "x".repeat(262_145) }], "BatchRequestTooLongException", "The length of all the messages put together is more than the limit."],
    [[1, 2].map((n) => ({ Id: `e${n}`, Message: "x".repeat(140_000) })), "BatchRequestTooLongException", "The length of all the messages put together is more than the limit."],
  ])("%j is none", async (PublishBatchRequestEntries, name, message) => {
    expect(await refusal(on.sns.publishBatch({ TopicArn: await createTopic(on, "checked"), PublishBatchRequestEntries }))).toEqual({ name, message, status: 400 });
  });
});

describe("a filter policy", () => {
  it("lets through what matches, by attributes or by the body, and counts and tells the rest", async () => {
    const { TopicArn, url, name, arn } = await topicWithQueue({ FilterPolicy: '{"kind":["a",{"prefix":"b"}]}' });
    const bodies = await createQueue(on, `${name}-bodies`, TopicArn);
    await on.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueArn(`${name}-bodies`), Attributes: { FilterPolicyScope: "MessageBody", FilterPolicy: '{"n":[{"numeric":[">",1]}]}', RawMessageDelivery: "true" } });
    const publish = (Message: string, kind?: string) => on.sns.publish({ TopicArn, Message, ...(kind === undefined ? {} : { MessageAttributes: { kind: text(kind) } }) });
    await publish('{"n":1}', "a");
    await publish('{"n":2}', "c");
    const { MessageId } = await publish("no JSON");
    await publish('{"n":3}', "bb");
    await on.sns.publish({ TopicArn, Message: "list", MessageAttributes: { kind: { DataType: "String.Array", StringValue: "[" } } });
    expect((await receive(on, url, 2)).map((message) => envelope(message)["Message"]).toSorted()).toEqual(['{"n":1}', '{"n":3}']);
    expect((await receive(on, bodies, 2)).map(({ Body }) => Body).toSorted()).toEqual(['{"n":2}', '{"n":3}']);
    const told = await story(on, MessageId!);
    expect(told).toContain("filter policies hold it back from all subscriptions");
    expect(told).toContain(`the filter policy of the subscription sqs ${queueArn(name)} holds it back: it has no attributes`);
    expect(told).toContain(`the filter policy of the subscription sqs ${queueArn(`${name}-bodies`)} holds it back: its body is not a JSON object`);
    const counted = await Promise.all(["", "-MessageAttributes", "-NoMessageAttributes", "-InvalidAttributes", "-MessageBody", "-InvalidMessageBody"].map((kind) => metric(name, `NumberOfNotificationsFilteredOut${kind}`)));
    expect(counted).toEqual([6, 1, 1, 1, 1, 2]);
    await on.sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: "FilterPolicy", AttributeValue: "{}" });
    await publish("for all");
    expect(envelope((await receive(on, url))[0]!)["Message"]).toBe("for all");
  });
});

describe("a FIFO topic", () => {
  it("tells FIFO queues in order, once in five minutes, with sequence numbers", async () => {
    const { TopicArn, url, name } = await topicWithQueue({}, { suffix: ".fifo", ofTopic: { ContentBasedDeduplication: "true" } });
    const standard = await createQueue(on, `${name.slice(0, -5)}-standard`, TopicArn);
    await on.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueArn(`${name.slice(0, -5)}-standard`), Attributes: { RawMessageDelivery: "true" } });
    const sent = [];
    for (let n = 0; n < 20; n += 1) sent.push(await on.sns.publish({ TopicArn, Message: `m${n}`, MessageGroupId: `g${n % 2}` }));
    const again = await on.sns.publish({ TopicArn, Message: "m3", MessageGroupId: "g1" });
    expect([again.MessageId, again.SequenceNumber]).toEqual([sent[3]!.MessageId, sent[3]!.SequenceNumber]);
    expect(sent[0]!.SequenceNumber).toMatch(/^1\d{19}$/);
    expect(sent.map(({ SequenceNumber }) => SequenceNumber!)).toEqual(sent.map(({ SequenceNumber }) => SequenceNumber!).toSorted());
    const received = (await receive(on, url, 20)).map((message) => ({ group: message.Attributes!.MessageGroupId!, told: envelope(message), deduplicationId: message.Attributes!.MessageDeduplicationId }));
    for (const group of ["g0", "g1"]) expect(received.filter((one) => one.group === group).map(({ told }) => told["Message"])).toEqual(Array.from({ length: 10 }, (_, n) => `m${2 * n + Number(group[1])}`));
    expect(received[0]!.told["SequenceNumber"]).toBe(sent[Number(received[0]!.told["Message"]!.slice(1))]!.SequenceNumber);
    expect(Object.keys(received[0]!.told)).toEqual(["Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"]);
    expect(received[0]!.deduplicationId).toMatch(/^[0-9a-f]{64}$/);
    expect((await receive(on, standard, 20)).map(({ Attributes }) => Attributes!.MessageGroupId)).toContain("g1");
    expect(await isEmpty(on, url)).toBe(true);
    expect(await story(on, TopicArn)).toContain("again within five minutes");
  });

  it("knows a message again in its group alone, if that is its scope", async () => {
    const { TopicArn, url } = await topicWithQueue({ RawMessageDelivery: "true" }, { suffix: ".fifo", ofTopic: { FifoThroughputScope: "MessageGroup" } });
    const publish = (MessageGroupId: string) => on.sns.publish({ TopicArn, Message: MessageGroupId, MessageGroupId, MessageDeduplicationId: "same" });
    const [one, two, three] = [await publish("a"), await publish("b"), await publish("a")];
    expect([one.MessageId === two.MessageId, one.MessageId === three.MessageId]).toEqual([false, true]);
    const { Successful } = await on.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: ["c", "c"].map((group, n) => ({ Id: `${n}`, Message: "m", MessageGroupId: group, MessageDeduplicationId: "twice" })) });
    expect(Successful![0]!.SequenceNumber).toBe(Successful![1]!.SequenceNumber);
    // The queue knows messages of one id again, whatever their group.
    expect((await receive(on, url, 2)).map(({ Body }) => Body)).toEqual(["a", "m"]);
  });
});

describe("a message at an HTTP endpoint", () => {
  it("is bare and typed, if the subscription wants it so", async () => {
    const TopicArn = await createTopic(on, "posted");
    const { SubscriptionArn } = await on.sns.subscribe({ TopicArn, Protocol: "http", Endpoint: `${web.url}/bare`, ReturnSubscriptionArn: true, Attributes: { RawMessageDelivery: "true", DeliveryPolicy: '{"requestPolicy":{"headerContentType":"application/xml"}}' } });
    await on.sns.confirmSubscription({ TopicArn, Token: (JSON.parse((await web.at("/bare"))[0]!.body) as { Token: string }).Token });
    await on.sns.publish({ TopicArn, Message: "<m/>" });
    const posted = (await web.at("/bare", 2))[1]!;
    expect([posted.body, posted.headers["x-amz-sns-rawdelivery"], posted.headers["content-type"], posted.headers["x-amz-sns-subscription-arn"]]).toEqual(["<m/>", "true", "application/xml", SubscriptionArn]);
  });
});
