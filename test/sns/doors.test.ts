import { AddPermissionCommand, CreateAliasCommand, PublishVersionCommand, PutFunctionEventInvokeConfigCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import type { Message } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { ACCOUNT } from "../support/context.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { advance, createQueue, createTopic, envelope, letIn, OTHER, queueArn, receive, refusal, story, topicArn, useEndpoint, useSns } from "./support.ts";
import { isVerified } from "./verify.ts";

const on = useSns();
const web = useEndpoint();
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:told`;

let events = "";
beforeAll(async () => {
  const { clients } = on.platform;
  const Role = await createRole(clients, "told");
  await clients.iam.send(new PutRolePolicyCommand({ RoleName: "told", PolicyName: "send", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "*" }] }) }));
  events = await createQueue(on, "events");
  await createFunction(clients, { FunctionName: "told", Role, Runtime: "nodejs22.x", Handler: "index.handler", files: { "index.mjs": "export const handler = async (event) => event;\n" } });
  await clients.lambda.send(new PublishVersionCommand({ FunctionName: "told" }));
  await clients.lambda.send(new CreateAliasCommand({ FunctionName: "told", Name: "live", FunctionVersion: "1" }));
  for (const Qualifier of [undefined, "live"]) await clients.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "told", Qualifier, DestinationConfig: { OnSuccess: { Destination: queueArn("events") } } }));
});

const allow = (StatementId: string, SourceArn: string, Qualifier?: string) =>
  on.platform.clients.lambda.send(new AddPermissionCommand({ FunctionName: "told", StatementId, Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com", SourceArn, Qualifier }));
const subscribe = async (TopicArn: string, Protocol: string, Endpoint: string, Attributes: Record<string, string> = {}) => (await on.sns.subscribe({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true })).SubscriptionArn!;
const publish = async (TopicArn: string, Message = "hello", over: object = {}) => (await on.sns.publish({ TopicArn, Message, ...over })).MessageId!;
/** What the function got. */
const nextEvent = async () => (JSON.parse((await receive(on, events))[0]!.Body!) as { requestPayload: { Records: [{ Sns: Record<string, unknown> }] } }).requestPayload;
const told = (messageId: string, text: string) => eventually(`why ${messageId} says: ${text}`, async () => (await story(on, messageId)).includes(text) && story(on, messageId));
const redrive = (name: string) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn(name) }) });
const attributesOf = ({ MessageAttributes }: Message) => Object.fromEntries(Object.entries(MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]));

describe("a function that subscribes", () => {
  it("is invoked with SNS's event where its policy lets the topic in, and no longer than that", async () => {
    const topic = await createTopic(on, "present");
    const arn = await subscribe(topic, "lambda", FUNCTION);
    await allow("present", topic);
    const MessageId = await publish(topic, "hello", { Subject: "Sub", MessageAttributes: { a: { DataType: "String", StringValue: "1" } } });
    const event = await nextEvent();
    expect(event).toEqual({
      Records: [{
        EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: arn,
        Sns: {
          Type: "Notification", MessageId, TopicArn: topic, Subject: "Sub", Message: "hello", Timestamp: expect.any(String), SignatureVersion: "1", Signature: expect.any(String),
          SigningCertUrl: expect.any(String), UnsubscribeUrl: expect.stringContaining(arn), MessageAttributes: { a: { Type: "String", Value: "1" } },
        },
      }],
    });
    expect(await isVerified(event.Records[0].Sns)).toBe(true);
    await told(MessageId, "sns.amazonaws.com (for " + topic + ") may invoke the function told");

    await on.platform.clients.lambda.send(new RemovePermissionCommand({ FunctionName: "told", StatementId: "present" }));
    const why = await told(await publish(topic), "its policy does not let the source in");
    expect(why).toContain(`aws lambda add-permission --function-name told --statement-id AllowInvokeFromSNS --action lambda:InvokeFunction --principal sns.amazonaws.com --source-arn ${topic}`);
  });

  it("without a permission is not invoked, and the message goes to the dead-letter queue", async () => {
    const topic = await createTopic(on, "absent");
    const dead = await createQueue(on, "absent-dead", topic);
    await subscribe(topic, "lambda", FUNCTION, redrive("absent-dead"));
    const MessageId = await publish(topic);
    const [letter] = await receive(on, dead);
    expect(envelope(letter!)).toMatchObject({ Type: "Notification", MessageId, Message: "hello" });
    expect(await isVerified(envelope(letter!))).toBe(true);
    expect(attributesOf(letter!)).toMatchObject({ RequestID: expect.any(String), ErrorCode: "AccessDeniedException", ErrorMessage: expect.stringContaining("not authorized to perform: lambda:InvokeFunction") });
    expect(await story(on, MessageId)).toContain(`it goes to the dead-letter queue ${queueArn("absent-dead")}`);
  });

  it("with a permission for another topic is not invoked", async () => {
    const topic = await createTopic(on, "wrong");
    await subscribe(topic, "lambda", FUNCTION);
    await allow("wrong", topicArn("another"));
    await told(await publish(topic), "its policy does not let the source in");
  });

  it("by an alias needs the alias's own permission", async () => {
    const topic = await createTopic(on, "aliased");
    await subscribe(topic, "lambda", `${FUNCTION}:live`);
    await allow("aliased", topic);
    await told(await publish(topic, "refused"), "its policy does not let the source in");
    await allow("aliased", topic, "live");
    const MessageId = await publish(topic, "let in");
    expect((await nextEvent()).Records[0].Sns).toMatchObject({ MessageId, Message: "let in" });
  });

  it("that is not there is told of", async () => {
    const topic = await createTopic(on, "nowhere");
    await subscribe(topic, "lambda", `${FUNCTION}-not`);
    await told(await publish(topic), "there is no such function");
  });
});

describe("a queue that subscribes", () => {
  it("is told by its policy alone; its dead-letter queue, too", async () => {
    const topic = await createTopic(on, "queues");
    const url = await createQueue(on, "shut");
    const dead = await createQueue(on, "shut-dead", topic);
    await subscribe(topic, "sqs", queueArn("shut"), { ...redrive("shut-dead"), RawMessageDelivery: "true" });
    const MessageId = await publish(topic, "bare", { MessageAttributes: { mine: { DataType: "String", StringValue: "1" } } });
    const [letter] = await receive(on, dead);
    expect([letter!.Body, attributesOf(letter!)]).toEqual(["bare", { mine: "1", RequestID: expect.any(String), ErrorCode: expect.stringMatching(/^AccessDenied/), ErrorMessage: expect.stringContaining("sqs:sendmessage") }]);
    expect(await story(on, MessageId)).toContain("its policy does not let the source in");

    await letIn(on, "shut", url, topicArn("another"));
    await publish(topic, "still not");
    expect((await receive(on, dead))[0]!.Body).toBe("still not");
    await letIn(on, "shut", url, topic);
    await publish(topic, "in");
    expect((await receive(on, url))[0]!.Body).toBe("in");
  });
});

describe("an HTTP endpoint that fails", () => {
  const confirmed = async (name: string, path: string, attributes: Record<string, string>) => {
    const topic = await createTopic(on, name);
    const dead = await createQueue(on, `${name}-dead`, topic);
    web.answer = (response) => void response.end();
    await subscribe(topic, "http", `${web.url}${path}`, { ...attributes, ...redrive(`${name}-dead`) });
    await on.sns.confirmSubscription({ TopicArn: topic, Token: (JSON.parse((await web.at(path))[0]!.body) as { Token: string }).Token });
    web.answer = (response, post) => {
      response.statusCode = post.path.startsWith("/gone") ? 410 : 503;
      response.end("no");
    };
    return { topic, dead };
  };

  it("is tried again by its delivery policy, on the platform's clock, and then given up", async () => {
    const policy = { healthyRetryPolicy: { numRetries: 4, numNoDelayRetries: 1, numMinDelayRetries: 1, minDelayTarget: 10, maxDelayTarget: 60, numMaxDelayRetries: 1, backoffFunction: "linear" } };
    const { topic, dead } = await confirmed("retried", "/failing", { DeliveryPolicy: JSON.stringify(policy) });
    const MessageId = await publish(topic);
    // One at once, then after 10 s, 60 s (the one of the backoff) and 60 s.
    await web.at("/failing", 3);
    for (const [pause, posts] of [["9s", 3], ["1s", 4], ["59s", 4], ["1s", 5], ["59s", 5]] as const) {
      await advance(on, pause);
      expect((await web.at("/failing", posts)).length).toBe(posts);
    }
    await advance(on, "1s");
    const [letter] = await receive(on, dead);
    expect([envelope(letter!)["MessageId"], attributesOf(letter!)["ErrorCode"], web.posts.filter(({ path }) => path === "/failing").length]).toEqual([MessageId, "HTTP_503", 6]);
    expect(await story(on, MessageId)).toContain(`the event is not delivered to ${web.url}/failing: it was tried 5 times (HTTP_503: ${web.url}/failing answered 503)`);
  });

  it("as the client's fault is not tried again", async () => {
    const { topic, dead } = await confirmed("refusing", "/gone", {});
    await publish(topic);
    expect(attributesOf((await receive(on, dead))[0]!)["ErrorCode"]).toBe("HTTP_410");
    expect(web.posts.filter(({ path }) => path === "/gone").length).toBe(2);
  });
});

describe("the status of deliveries", () => {
  it("is in CloudWatch Logs, as the role that the topic names may write it", async () => {
    const { iam, logs } = on.platform.clients;
    const trust = (Service: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }] });
    const write = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }] });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "feedback", AssumeRolePolicyDocument: trust("sns.amazonaws.com") }));
    await iam.send(new PutRolePolicyCommand({ RoleName: "feedback", PolicyName: "write", PolicyDocument: write }));
    const topic = await createTopic(on, "logged", { SQSSuccessFeedbackRoleArn: Role!.Arn!, SQSSuccessFeedbackSampleRate: "100", SQSFailureFeedbackRoleArn: Role!.Arn! });
    const url = await createQueue(on, "logged", topic);
    await subscribe(topic, "sqs", queueArn("logged"));
    await subscribe(topic, "sqs", queueArn("not-there"));
    const MessageId = await publish(topic, "hello");
    await receive(on, url);
    const events = async (group: string) => (await logs.send(new FilterLogEventsCommand({ logGroupName: group })).catch(() => ({ events: [] }))).events ?? [];
    const group = `sns/us-east-1/${ACCOUNT}/logged`;
    const [succeeded, failed] = await eventually("both are written", async () => {
      const all = [...(await events(group)), ...(await events(`${group}/Failure`))];
      return all.length === 2 && all.map(({ message }) => JSON.parse(message!) as { delivery: Record<string, unknown> });
    });
    const notification = { messageMD5Sum: "5d41402abc4b2a76b9719d911017c592", messageId: MessageId, topicArn: topic, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/) };
    expect(succeeded).toMatchObject({ notification, status: "SUCCESS", delivery: { destination: queueArn("logged"), statusCode: 200, attempts: 1, dwellTimeMs: expect.any(Number) } });
    expect(failed).toMatchObject({ notification, status: "FAILURE", delivery: { destination: queueArn("not-there") } });
    expect(failed!.delivery["statusCode"]).toBeGreaterThanOrEqual(403);

    await on.sns.setTopicAttributes({ TopicArn: topic, AttributeName: "SQSSuccessFeedbackSampleRate", AttributeValue: "0" });
    await publish(topic, "not sampled");
    await receive(on, url);
    await eventually("the failure is written", async () => (await events(`${group}/Failure`)).length === 2);
    expect(await events(group)).toHaveLength(1);
  });

  it("is not told as a role of another account, whose owner let SNS take it on for nobody else", async () => {
    const theirs = `arn:aws:iam::${OTHER}:role/feedback`;
    expect(await refusal(createTopic(on, "borrowed", { SQSFailureFeedbackRoleArn: theirs }))).toMatchObject({ name: "AuthorizationErrorException", message: expect.stringContaining(`iam:PassRole on resource: ${theirs}`) });
    const topic = await createTopic(on, "borrowed");
    await on.sns.addPermission({ TopicArn: topic, Label: "them", AWSAccountId: [OTHER], ActionName: ["SetTopicAttributes"] });
    const set = (AttributeValue: string) => refusal(on.other.setTopicAttributes({ TopicArn: topic, AttributeName: "SQSFailureFeedbackRoleArn", AttributeValue }));
    expect(await set(`arn:aws:iam::${ACCOUNT}:role/feedback`)).toMatchObject({ name: "AuthorizationErrorException" });
    expect(await set(theirs)).toMatchObject({ message: expect.stringContaining("Cross-account pass role is not allowed.") });
  });
});

describe("a loop through a topic", () => {
  it("carries the chain of its hops on, to functions and queues", async () => {
    const topic = await createTopic(on, "looped");
    const url = await createQueue(on, "looped", topic);
    await subscribe(topic, "lambda", FUNCTION);
    await subscribe(topic, "sqs", queueArn("looped"));
    await allow("looped", topic);
    const Root = "1-5f000000-0123456789abcdef01234567";
    on.sns.middlewareStack.add((next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-amzn-trace-id"] = `Root=${Root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:deadbeef:3`;
      return next(args);
    }, { step: "build", name: "chain" });
    const MessageId = await publish(topic);
    on.sns.middlewareStack.remove("chain");
    expect((await receive(on, url))[0]!.Attributes!.AWSTraceHeader).toBe(`Root=${Root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:deadbeef:3`);
    // The function adds itself, and hands the chain to its destination.
    const [told] = await receive(on, events);
    expect(told!.Attributes!.AWSTraceHeader).toMatch(new RegExp(`^Root=${Root};.*Lineage=1:deadbeef:3\\|[0-9a-f]{8}:0`));
    const [story] = await fetchStories({ endpoint: on.platform.endpoint, region: "us-east-1", account: undefined }, MessageId);
    expect(story!.traceId).toBe(Root);
    expect(story!.entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["event", "decision", "queued", "attempt"]));
  });
});
