import { SNS } from "@aws-sdk/client-sns";
import { describe, expect, it } from "vitest";
import { allow, assume, attach, createPolicy, createRole, documentOf } from "../iam/support.ts";
import { ACCOUNT } from "../support/context.ts";
import { eventually } from "../support/temporary.ts";
import { advance, createQueue, createTopic, envelope, invalid, mail, mails, OTHER, queueArn, receive, refusal, story, useEndpoint, useSns } from "./support.ts";
import { isVerified } from "./verify.ts";

const on = useSns();
const web = useEndpoint();
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;

let topics = 0;
const newTopic = (attributes: Record<string, string> = {}) => createTopic(on, `t${(topics += 1)}`, attributes);
const subscribe = (TopicArn: string, Protocol: string, Endpoint: string, Attributes?: Record<string, string>) => on.sns.subscribe({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true });
const attributesOf = async (SubscriptionArn: string) => (await on.sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes!;
const set = (SubscriptionArn: string, AttributeName: string, AttributeValue: string) => on.sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue });
const listed = async (TopicArn: string) => (await on.sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions!;
const publish = (TopicArn: string, Message = "hello") => on.sns.publish({ TopicArn, Message });

describe("a subscription of one's own queue or function", () => {
  it("is confirmed at once, and the same one when it is asked for again", async () => {
    const topic = await newTopic();
    const { SubscriptionArn: arn } = await on.sns.subscribe({ TopicArn: topic, Protocol: "lambda", Endpoint: FUNCTION });
    expect(arn).toMatch(new RegExp(`^${topic}:[0-9a-f-]{36}$`));
    expect((await subscribe(topic, "lambda", FUNCTION)).SubscriptionArn).toBe(arn);
    expect((await subscribe(topic, "lambda", FUNCTION, { FilterPolicyScope: "MessageAttributes" })).SubscriptionArn).toBe(arn);
    expect(await refusal(subscribe(topic, "lambda", FUNCTION, { FilterPolicy: '{"a":["b"]}' }))).toEqual(invalid("Attributes Reason: Subscription already exists with different attributes"));
    expect(await attributesOf(arn!)).toEqual({
      SubscriptionArn: arn, TopicArn: topic, Protocol: "lambda", Endpoint: FUNCTION, Owner: ACCOUNT, SubscriptionPrincipal: `arn:aws:iam::${ACCOUNT}:root`,
      PendingConfirmation: "false", ConfirmationWasAuthenticated: "true", RawMessageDelivery: "false",
    });
    expect(await listed(topic)).toEqual([{ SubscriptionArn: arn, Owner: ACCOUNT, Protocol: "lambda", Endpoint: FUNCTION, TopicArn: topic }]);
    expect((await on.sns.listSubscriptions({})).Subscriptions).toContainEqual(expect.objectContaining({ SubscriptionArn: arn }));
    await on.sns.unsubscribe({ SubscriptionArn: arn! });
    await on.sns.unsubscribe({ SubscriptionArn: arn! });
    expect(await refusal(attributesOf(arn!))).toEqual({ name: "NotFoundException", message: "Subscription does not exist", status: 404 });
    expect(await refusal(on.sns.unsubscribe({ SubscriptionArn: topic }))).toEqual(invalid("SubscriptionId"));
    expect((await on.sns.getTopicAttributes({ TopicArn: topic })).Attributes).toMatchObject({ SubscriptionsConfirmed: "0", SubscriptionsDeleted: "1" });
  });

  it("tells the role whose session subscribed, and not the session", async () => {
    const { clients, endpoint } = on.platform;
    const role = await createRole(clients, "subscriber", { Path: "/mine/" });
    await attach(clients, "subscriber", await createPolicy(clients, "subscribers", documentOf(allow("sns:*"))));
    const { credentials } = await assume(clients, endpoint, role.Arn!);
    const sns = new SNS({ endpoint, region: "us-east-1", credentials });
    const { SubscriptionArn } = await sns.subscribe({ TopicArn: await newTopic(), Protocol: "sqs", Endpoint: queueArn("q"), ReturnSubscriptionArn: true });
    sns.destroy();
    expect((await attributesOf(SubscriptionArn!))["SubscriptionPrincipal"]).toBe(`arn:aws:iam::${ACCOUNT}:role/mine/subscriber`);
  });

  it.each<[string, string, string, Record<string, string> | undefined]>([
    ["carrier-pigeon", "x", "Amazon SNS does not support this protocol string: carrier-pigeon", undefined],
    ["sqs", "https://sqs.us-east-1.amazonaws.com/000000000000/q", "SQS endpoint ARN", undefined],
    ["sqs", queueArn("q.fifo"), "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics", undefined],
    ["http", "https://example.com", "Endpoint must match the specified protocol", undefined],
    ["https", "http://example.com", "Endpoint must match the specified protocol", undefined],
    // Each of them is `http://me:secret@example.com` to a parser of URLs, and to whoever hides passwords something else.
    ["http", "http:\\\\me:secret@example.com", "Endpoint must match the specified protocol", undefined],
    ["http", "http:me:secret@example.com", "Endpoint must match the specified protocol", undefined],
    ["http", "http:////me:secret@example.com", "Endpoint must match the specified protocol", undefined],
    ["email", "nobody", "Email address", undefined],
    ["lambda", FUNCTION, "Attributes Reason: Delivery protocol [lambda] does not support raw message delivery.", { RawMessageDelivery: "true" }],
    ["sqs", queueArn("q"), "Attributes Reason: RawMessageDelivery: Invalid value [maybe]. Must be true or false.", { RawMessageDelivery: "maybe" }],
    ["sqs", queueArn("q"), "Attributes Reason: FilterPolicyScope: Invalid value [Both]. Please use either MessageBody or MessageAttributes", { FilterPolicyScope: "Both" }],
    ["sqs", queueArn("q"), "Attributes Reason: FilterPolicy: failed to parse JSON.", { FilterPolicy: "{" }],
    ["sqs", queueArn("q"), "Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn", { RedrivePolicy: '{"deadLetterTargetArn":"q"}' }],
    ["sqs", queueArn("q"), "Attributes Reason: RedrivePolicy: Missing deadLetterTargetArn attribute", { RedrivePolicy: "{}" }],
    ["sqs", queueArn("q"), "Attributes Reason: RedrivePolicy: deadLetterTargetArn must be a SQS queue", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: FUNCTION }) }],
    ["sqs", queueArn("q"), "Attributes Reason: RedrivePolicy: deadLetterTargetArn must be in the same region as the subscription", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("q").replace(/us-east-1|eu-west-1/, "ap-south-1") }) }],
    ["sqs", queueArn("q"), "Attributes Reason: Unknown attribute Nonsense", { Nonsense: "1" }],
    ["http", "http://localhost/", "Attributes Reason: DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be greater than or equal to 1", { DeliveryPolicy: '{"healthyRetryPolicy":{"numRetries":0,"minDelayTarget":0,"maxDelayTarget":0}}' }],
  ])("%s %s: %s", async (protocol, endpoint, message, attributes) => {
    expect(await refusal(subscribe(await createTopic(on, "refusing"), protocol, endpoint, attributes))).toEqual(invalid(message));
  });

  it("is refused by name where it is not built, and where there is no topic", async () => {
    const topic = await createTopic(on, "refusing");
    for (const protocol of ["sms", "application", "firehose"]) expect(await refusal(subscribe(topic, protocol, "x"))).toMatchObject({ name: "NotImplemented", status: 501 });
    expect(await refusal(subscribe(topic, "sqs", queueArn("q"), { ReplayPolicy: "{}" }))).toMatchObject({ name: "NotImplemented" });
    expect(await refusal(subscribe(`${topic}x`, "sqs", queueArn("q")))).toEqual({ name: "NotFoundException", message: "Topic does not exist", status: 404 });
    const fifo = await createTopic(on, "refusing.fifo");
    expect(await refusal(subscribe(fifo, "lambda", FUNCTION))).toEqual(invalid("Invalid protocol type: lambda"));
  });

  it("has attributes that are set one by one", async () => {
    const arn = (await subscribe(await newTopic(), "sqs", queueArn("q"))).SubscriptionArn!;
    await set(arn, "FilterPolicyScope", "MessageBody");
    await set(arn, "FilterPolicy", '{"a":{"b":["c"]}}');
    await set(arn, "RawMessageDelivery", "true");
    await set(arn, "RedrivePolicy", JSON.stringify({ deadLetterTargetArn: queueArn("dead") }));
    expect(await attributesOf(arn)).toMatchObject({ FilterPolicy: '{"a":{"b":["c"]}}', FilterPolicyScope: "MessageBody", RawMessageDelivery: "true", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("dead") }) });
    expect(await refusal(set(arn, "FilterPolicyScope", "MessageAttributes"))).toEqual(invalid("FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy"));
    expect(await refusal(on.sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: "FilterPolicyScope" }))).toEqual(invalid("FilterPolicyScope: Invalid value [null]. Please use either MessageBody or MessageAttributes"));
    expect(await refusal(set(arn, "RedrivePolicy", JSON.stringify({ deadLetterTargetArn: queueArn("dead"), maxReceiveCount: 5 })))).toEqual(invalid("RedrivePolicy: invalid JSON. Attribute maxReceiveCount is unknown."));
    expect(await refusal(set(arn, "Nonsense", "1"))).toEqual(invalid("AttributeName"));
    expect(await refusal(set(arn, "RedrivePolicy", JSON.stringify({ deadLetterTargetArn: queueArn("dead.fifo") })))).toMatchObject({ name: "InvalidParameterException" });
    for (const name of ["FilterPolicy", "RawMessageDelivery", "RedrivePolicy"]) await set(arn, name, name === "FilterPolicy" ? "{}" : "");
    const after = await attributesOf(arn);
    expect([after["FilterPolicy"], after["RawMessageDelivery"], after["RedrivePolicy"]]).toEqual([undefined, "false", undefined]);
    expect(await refusal(on.other.getSubscriptionAttributes({ SubscriptionArn: arn }))).toEqual({ name: "AuthorizationErrorException", message: "Not authorized to access this subscription", status: 403 });
  });

  it("goes with its topic", async () => {
    const topic = await newTopic();
    const arn = (await subscribe(topic, "sqs", queueArn("q"))).SubscriptionArn!;
    await on.sns.deleteTopic({ TopicArn: topic });
    expect(await refusal(attributesOf(arn))).toMatchObject({ name: "NotFoundException" });
  });
});

describe("a subscription of an HTTP endpoint", () => {
  it("is confirmed by the link that is posted to it, and ended by the link of each message, and had again", async () => {
    const topic = await newTopic();
    const { SubscriptionArn: said } = await on.sns.subscribe({ TopicArn: topic, Protocol: "http", Endpoint: `${web.url}/hook` });
    expect(said).toBe("pending confirmation");
    const [asked] = await web.at("/hook");
    const confirmation = JSON.parse(asked!.body) as Record<string, string>;
    expect(asked!.headers).toMatchObject({ "x-amz-sns-message-type": "SubscriptionConfirmation", "x-amz-sns-message-id": confirmation["MessageId"], "x-amz-sns-topic-arn": topic, "content-type": "text/plain; charset=UTF-8", "user-agent": "Amazon Simple Notification Service Agent" });
    expect(confirmation).toMatchObject({
      Type: "SubscriptionConfirmation", TopicArn: topic, SignatureVersion: "1",
      Message: `You have chosen to subscribe to the topic ${topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
      SubscribeURL: `${on.platform.endpoint}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${confirmation["Token"]}`,
    });
    expect(await isVerified(confirmation)).toBe(true);
    expect(await isVerified({ ...confirmation, Token: "another" })).toBe(false);
    expect((await listed(topic))[0]).toMatchObject({ SubscriptionArn: "PendingConfirmation", Endpoint: `${web.url}/hook` });
    await publish(topic, "too early");

    const confirmed = await (await fetch(confirmation["SubscribeURL"]!)).text();
    const arn = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(confirmed)![1]!;
    expect(await attributesOf(arn)).toMatchObject({ PendingConfirmation: "false", ConfirmationWasAuthenticated: "false" });
    expect(JSON.parse((await attributesOf(arn))["EffectiveDeliveryPolicy"]!)).toMatchObject({ healthyRetryPolicy: { numRetries: 3 }, throttlePolicy: null, guaranteed: false });
    const { MessageId } = await publish(topic);
    const posted = (await web.at("/hook", 2))[1]!;
    const notification = JSON.parse(posted.body) as Record<string, string>;
    expect(posted.headers).toMatchObject({ "x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": MessageId, "x-amz-sns-subscription-arn": arn });
    expect(notification).toMatchObject({ Type: "Notification", MessageId, Message: "hello", UnsubscribeURL: `${on.platform.endpoint}/?Action=Unsubscribe&SubscriptionArn=${arn}` });
    expect(Object.keys(notification)).toEqual(["Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"]);
    expect(await isVerified(notification)).toBe(true);

    expect((await fetch(notification["UnsubscribeURL"]!)).status).toBe(200);
    const gone = JSON.parse((await web.at("/hook", 3))[2]!.body) as Record<string, string>;
    expect(gone["Type"]).toBe("UnsubscribeConfirmation");
    expect(await isVerified(gone)).toBe(true);
    expect(await listed(topic)).toEqual([]);
    await fetch(gone["SubscribeURL"]!);
    expect((await listed(topic))[0]).toMatchObject({ SubscriptionArn: arn });
  });

  it("is not confirmed by any other token, nor after two days", async () => {
    const topic = await newTopic();
    const { SubscriptionArn: arn } = await subscribe(topic, "http", `${web.url}/late`);
    const { Token } = JSON.parse((await web.at("/late"))[0]!.body) as { Token: string };
    expect(await refusal(on.sns.confirmSubscription({ TopicArn: topic, Token: "nonsense" }))).toEqual(invalid("Token"));
    expect(await refusal(on.sns.confirmSubscription({ TopicArn: await createTopic(on, "another"), Token }))).toEqual(invalid("Token"));
    expect((await fetch(`${on.platform.endpoint}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=x`)).status).toBe(400);
    expect((await fetch(`${on.platform.endpoint}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=x`, { headers: { "content-type": "application/x-www-form-urlencoded" } })).status).toBe(400);
    await advance(on, "47h");
    expect((await attributesOf(arn!))["PendingConfirmation"]).toBe("true");
    await advance(on, "1h");
    expect(await refusal(on.sns.confirmSubscription({ TopicArn: topic, Token }))).toEqual(invalid("Token"));
    expect(await listed(topic)).toEqual([]);
  });

  it("is one of a hundred of a FIFO topic", async () => {
    const topic = await createTopic(on, "hundred.fifo");
    for (let n = 0; n < 100; n++) await subscribe(topic, "sqs", queueArn(`hundred-${n}`));
    expect(await refusal(subscribe(topic, "sqs", queueArn("hundred-100")))).toMatchObject({ name: "SubscriptionLimitExceededException", status: 403 });
    expect((await subscribe(topic, "sqs", queueArn("hundred-7"))).SubscriptionArn).toContain(topic);
  });

  it("that was taken away is not had again beside the one that came after it", async () => {
    const topic = await newTopic();
    const confirm = async (count: number) => fetch((JSON.parse((await web.at("/again", count))[count - 1]!.body) as { SubscribeURL: string }).SubscribeURL);
    const { SubscriptionArn: first } = await subscribe(topic, "http", `${web.url}/again`);
    await confirm(1);
    await fetch(`${on.platform.endpoint}/?Action=Unsubscribe&SubscriptionArn=${first}`);
    await web.at("/again", 2);
    const { SubscriptionArn: second } = await subscribe(topic, "http", `${web.url}/again`);
    expect((await confirm(3)).status).toBe(200);
    expect((await confirm(2)).status).toBe(400);
    expect((await listed(topic)).map(({ SubscriptionArn }) => SubscriptionArn)).toEqual([second]);
  });

  it("may have a name and a password, of which the latter is told to nobody", async () => {
    const topic = await newTopic();
    const { SubscriptionArn: arn } = await subscribe(topic, "http", `${web.url.replace("//", "//me:secret@")}/basic`);
    const [asked] = await web.at("/basic");
    expect(asked!.headers.authorization).toBe(`Basic ${Buffer.from("me:secret").toString("base64")}`);
    const shown = `${web.url.replace("//", "//me:****@")}/basic`;
    expect([(await attributesOf(arn!))["Endpoint"], (await listed(topic))[0]!.Endpoint]).toEqual([shown, shown]);
    expect(await eventually("it is told of", async () => (await story(on, topic)).includes("it is posted to") && story(on, topic))).not.toContain("secret");
  });

  it("that was confirmed to need its owner is not ended by its link", async () => {
    const topic = await newTopic({ SignatureVersion: "2" });
    const { SubscriptionArn: arn } = await subscribe(topic, "http", `${web.url}/owned`);
    const confirmation = JSON.parse((await web.at("/owned"))[0]!.body) as Record<string, string>;
    expect([confirmation["SignatureVersion"], await isVerified(confirmation)]).toEqual(["2", true]);
    expect((await fetch(`${confirmation["SubscribeURL"]!}&AuthenticateOnUnsubscribe=true`)).status).toBe(403);
    await on.sns.confirmSubscription({ TopicArn: topic, Token: confirmation["Token"]!, AuthenticateOnUnsubscribe: "true" });
    expect((await fetch(`${on.platform.endpoint}/?Action=Unsubscribe&SubscriptionArn=${arn}`)).status).toBe(403);
    expect(await refusal(on.other.unsubscribe({ SubscriptionArn: arn! }))).toMatchObject({ name: "AuthorizationErrorException" });
    await on.sns.unsubscribe({ SubscriptionArn: arn! });
    expect(await listed(topic)).toEqual([]);
  });
});

describe("a subscription by email", () => {
  it("is mail that is kept, with links that work", async () => {
    const topic = await newTopic({ DisplayName: "The Shop" });
    await subscribe(topic, "email", "a@example.com");
    await subscribe(topic, "email-json", "b@example.com");
    const kept = await mails(on);
    expect(kept.slice(0, 2).map(({ from, to, subject }) => [from, to, subject])).toEqual(["b", "a"].map((name) => ["The Shop <no-reply@sns.amazonaws.com>", `${name}@example.com`, "AWS Notification - Subscription Confirmation"]));
    for (const { id } of kept.slice(0, 2)) expect((await fetch(/^http.*ConfirmSubscription.*$/m.exec((await mail(on, id)).body)![0])).status).toBe(200);
    const { MessageId } = await on.sns.publish({ TopicArn: topic, Subject: "News", Message: "There is some." });
    const [asJson, plain] = await Promise.all((await mails(on)).slice(0, 2).toSorted((one, other) => other.to.localeCompare(one.to)).map(({ id }) => mail(on, id)));
    expect(plain).toMatchObject({ to: "a@example.com", subject: "News", messageId: MessageId, body: expect.stringMatching(/^There is some\.\n\n--\nIf you wish to stop receiving/) });
    const notification = JSON.parse(asJson!.body) as Record<string, string>;
    expect(notification).toMatchObject({ Message: "There is some.", Subject: "News", MessageId });
    expect(await isVerified(notification)).toBe(true);
    expect((await fetch(/^http.*Unsubscribe.*$/m.exec(plain!.body)![0])).status).toBe(200);
    expect((await mails(on))[0]).toMatchObject({ to: "a@example.com", subject: "AWS Notification - Unsubscribe Confirmation" });
    expect(await refusal(mail(on, 1_000_000))).toMatchObject({ message: `there is no mail 1000000 in account ${ACCOUNT}` });
  });
});

describe("a subscription across accounts", () => {
  it("of the subscriber's own queue is confirmed at once; another's queue is asked", async () => {
    const topic = await newTopic();
    await on.sns.addPermission({ TopicArn: topic, Label: "them", AWSAccountId: [OTHER], ActionName: ["Subscribe"] });
    const { SubscriptionArn: theirs } = await on.other.subscribe({ TopicArn: topic, Protocol: "sqs", Endpoint: queueArn("theirs", OTHER) });
    expect(theirs).toMatch(`${topic}:`);
    expect((await on.other.getSubscriptionAttributes({ SubscriptionArn: theirs! })).Attributes).toMatchObject({ Owner: OTHER });
    expect((await on.other.listSubscriptions({})).Subscriptions).toHaveLength(1);
    expect(await refusal(attributesOf(theirs!))).toMatchObject({ name: "AuthorizationErrorException" });

    const url = await createQueue(on, "asked", topic);
    const { SubscriptionArn: pending } = await on.other.subscribe({ TopicArn: topic, Protocol: "sqs", Endpoint: queueArn("asked") });
    expect(pending).toBe("pending confirmation");
    const [message] = await receive(on, url);
    const confirmation = envelope(message!);
    expect([confirmation["Type"], await isVerified(confirmation)]).toEqual(["SubscriptionConfirmation", true]);
    const { SubscriptionArn: arn } = await on.sns.confirmSubscription({ TopicArn: topic, Token: confirmation["Token"]! });
    expect(await story(on, arn!)).toContain(`the subscription of sqs ${queueArn("asked")} to ${topic} is confirmed`);
  });

  it("is confirmed by the owner of the queue, signed or not, whom the topic's policy lets do nothing", async () => {
    const { TopicArn: topic } = await on.other.createTopic({ Name: "theirs" });
    const url = await createQueue(on, "ours", topic);
    await on.other.subscribe({ TopicArn: topic, Protocol: "sqs", Endpoint: queueArn("ours") });
    const { Token } = envelope((await receive(on, url))[0]!);
    expect(await refusal(on.sns.confirmSubscription({ TopicArn: topic, Token: "another" }))).toEqual(invalid("Token"));
    expect((await on.sns.confirmSubscription({ TopicArn: topic, Token })).SubscriptionArn).toMatch(`${topic}:`);
    await on.other.publish({ TopicArn: topic, Message: "hello" });
    expect(envelope((await receive(on, url))[0]!)["Message"]).toBe("hello");
  });
});
