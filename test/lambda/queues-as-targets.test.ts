import { GetFunctionConfigurationCommand, InvokeCommand, PublishVersionCommand, PutFunctionConcurrencyCommand, PutFunctionEventInvokeConfigCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { DeleteRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateQueueCommand, DeleteQueueCommand, ReceiveMessageCommand, type Message } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { storyLines } from "../../src/cli/story.ts";
import { createRole } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { arnOf, refusal, useLambda } from "./support.ts";

const on = useLambda();
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:";
const MAIN = `export const handler = async (event) => {
  if (event.fail !== undefined) throw new TypeError(event.fail);
  return event;
};
`;
const clients = () => on.ground.platform.clients;
const client = () => ({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined });
const send = async (FunctionName: string, event: string, Qualifier?: string): Promise<string> =>
  (await on.lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: Buffer.from(event), Qualifier }))).$metadata.requestId!;
const configure = (FunctionName: string, MaximumRetryAttempts: number, OnFailure?: string, OnSuccess?: string) =>
  on.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts, DestinationConfig: { OnFailure: { Destination: OnFailure }, OnSuccess: { Destination: OnSuccess } } }));
const story = async (key: string): Promise<string> => (await fetchStories(client(), key)).flatMap((one) => storyLines(one, (_style, text) => text)).join("\n");
const createQueue = async (name: string): Promise<string> => (await clients().sqs.send(new CreateQueueCommand({ QueueName: name, ...(name.endsWith(".fifo") ? { Attributes: { FifoQueue: "true" } } : {}) }))).QueueUrl!;
/** The next message, as soon as it is there. */
const next = async (QueueUrl: string): Promise<Message> => {
  const { Messages } = await clients().sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] }));
  return Messages![0]!;
};
const allow = (RoleName: string, Action: string, Resource = "*") =>
  clients().iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "send", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] }) }));
const invalid = (message: string) => ({ name: "InvalidParameterValueException", status: 400, type: "User", message });

let role = "";
beforeAll(async () => {
  role = await createRole(clients(), "sender");
  await allow("sender", "sqs:SendMessage");
});

describe("a dead-letter queue", () => {
  const target = (name: string) => ({ DeadLetterConfig: { TargetArn: `${QUEUE}${name}` } });
  const attributesOf = ({ MessageAttributes }: Message) => Object.fromEntries(Object.entries(MessageAttributes ?? {}).map(([name, { DataType, StringValue }]) => [name, [DataType, StringValue]]));

  it("gets the event as it was, with what went wrong beside it", async () => {
    const url = await createQueue("dead");
    const name = await on.active({ Role: role, ...target("dead") }, { "index.mjs": MAIN });
    await configure(name, 0);
    const event = `{"fail": "${"é".repeat(2_000)}",  "n": 1.0000000000000000001}`;
    const requestId = await send(name, event);
    const message = await next(url);
    expect(message.Body).toBe(event);
    // The first kilobyte, and no half of a character.
    expect(attributesOf(message)).toEqual({ RequestID: ["String", requestId], ErrorCode: ["Number", "200"], ErrorMessage: ["String", "é".repeat(512)] });
    expect(message.Attributes).toMatchObject({ SenderId: expect.stringMatching(/^AROA[A-Z0-9]{17}:/) });
    expect(await story(requestId)).toContain(`the event goes to the dead-letter queue ${QUEUE}dead`);
  });

  it("and a destination are both told", async () => {
    const [dead, failed] = [await createQueue("both-dead"), await createQueue("both-failed")];
    const name = await on.active({ Role: role, ...target("both-dead") }, { "index.mjs": MAIN });
    await configure(name, 0, `${QUEUE}both-failed`);
    const requestId = await send(name, '{"fail":""}');
    // An attribute may not be empty.
    expect(attributesOf(await next(dead))).toEqual({ RequestID: ["String", requestId], ErrorCode: ["Number", "200"] });
    expect(JSON.parse((await next(failed)).Body!)).toMatchObject({ requestContext: { requestId, condition: "RetriesExhausted" }, responsePayload: { errorType: "TypeError" } });
  });

  it("gets an event that never ran", async () => {
    const url = await createQueue("never-ran");
    const name = await on.active({ Role: role, ...target("never-ran") }, { "index.mjs": MAIN });
    await on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 0 }));
    const requestId = await send(name, "{}");
    expect(attributesOf(await next(url))).toEqual({ RequestID: ["String", requestId], ErrorCode: ["Number", "429"], ErrorMessage: ["String", "ZeroReservedConcurrency"] });
  });

  it("is that of the version that ran", async () => {
    const [first, second] = [await createQueue("version-1"), await createQueue("version-latest")];
    const name = await on.active({ Role: role, ...target("version-1") }, { "index.mjs": MAIN });
    const { Version } = await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...target("version-latest") }));
    await waitUntilFunctionUpdatedV2({ client: on.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: name });
    await on.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: name, Qualifier: Version, MaximumRetryAttempts: 0 }));
    await configure(name, 0);
    const [of1, ofLatest] = [await send(name, '{"fail":"1"}', Version), await send(name, '{"fail":"2"}')];
    expect(attributesOf(await next(first))["RequestID"]).toEqual(["String", of1]);
    expect(attributesOf(await next(second))["RequestID"]).toEqual(["String", ofLatest]);
  });

  it("is told, taken away, and refused where the role may not send or nobody could receive", async () => {
    await createQueue("told");
    const name = await on.active({ Role: role, ...target("told") });
    const read = async () => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))).DeadLetterConfig;
    expect(await read()).toEqual({ TargetArn: `${QUEUE}told` });
    const update = (DeadLetterConfig: { TargetArn?: string }, Role?: string) => on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, DeadLetterConfig, Role }));
    const stranger = await createRole(clients(), "stranger");
    const refused = invalid("The provided execution role does not have permissions to call SendMessage on SQS");
    expect(await refusal(update({ TargetArn: `${QUEUE}told` }, stranger))).toEqual(refused);
    expect(await refusal(on.create({ Role: stranger, ...target("told") }))).toEqual(refused);
    expect(await refusal(update({ TargetArn: `${QUEUE}told.fifo` }))).toEqual(invalid("Invalid dead letter queue ARN: FIFO SQS queue is not supported for dead letter configuration"));
    const elsewhere = invalid("Invalid dead letter queue ARN: The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with.");
    for (const TargetArn of [`${QUEUE}told`.replace("us-east-1", "eu-west-1"), "arn:aws:s3:::told"]) expect(await refusal(update({ TargetArn }))).toEqual(elsewhere);
    expect(await refusal(update({ TargetArn: arnOf(name) }))).toEqual(invalid("Invalid dead letter queue ARN: The service specified by the TargetArn is not supported for dead letter configuration."));
    expect(await read()).toEqual({ TargetArn: `${QUEUE}told` });
    await update({ TargetArn: "" });
    expect(await read()).toBeUndefined();
  });
});

describe("a queue as a destination", () => {
  it("gets the record of a success, and the chain goes on in it", async () => {
    const url = await createQueue("successes");
    const name = await on.active({ Role: role }, { "index.mjs": MAIN });
    await configure(name, 0, undefined, `${QUEUE}successes`);
    const requestId = await send(name, '{"a":1}');
    const { Body, Attributes } = await next(url);
    expect(JSON.parse(Body!)).toEqual({
      version: "1.0", timestamp: expect.any(String), requestPayload: { a: 1 }, responsePayload: { a: 1 }, responseContext: { statusCode: 200, executedVersion: "$LATEST" },
      requestContext: { requestId, functionArn: `${arnOf(name)}:$LATEST`, condition: "Success", approximateInvokeCount: 1 },
    });
    expect(Attributes!["AWSTraceHeader"]).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};.*Lineage=/);
  });

  it("is one that is there, keeps no order, and that the role may send to", async () => {
    await createQueue("there");
    await createQueue("ordered.fifo");
    const name = await on.create({ Role: role });
    expect((await configure(name, 0, `${QUEUE}there`)).DestinationConfig!.OnFailure).toEqual({ Destination: `${QUEUE}there` });
    expect(await refusal(configure(name, 0, `${QUEUE}not-there`))).toEqual(invalid(`The destination ARN ${QUEUE}not-there is invalid.`));
    expect(await refusal(configure(name, 0, `${QUEUE}ordered.fifo`))).toEqual(invalid(`The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=null), onFailure=OnFailure(destination=${QUEUE}ordered.fifo)) is invalid.`));
    expect(await refusal(configure(name, 0, `${QUEUE}ordered.fifo`.replace("sqs", "sns")))).toEqual(invalid("FIFO-type Amazon SNS topics aren't supported as a destination."));
    const elsewhere = `${QUEUE}there`.replace("us-east-1", "eu-west-1");
    expect(await refusal(configure(name, 0, elsewhere))).toEqual(invalid(`The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=null), onFailure=OnFailure(destination=${elsewhere})) is invalid.`));
    expect(await refusal(configure(await on.create(), 0, `${QUEUE}there`))).toEqual(invalid(`The function execution role does not have permissions to call SendMessage on ${QUEUE}there`));
  });

  it("hears nothing when the role may no longer send, or it is gone by then, and why says so", async () => {
    const demoted = await createRole(clients(), "demoted-sender");
    await allow("demoted-sender", "sqs:SendMessage");
    const url = await createQueue("silent");
    const name = await on.active({ Role: demoted }, { "index.mjs": MAIN });
    await configure(name, 0, `${QUEUE}silent`);
    await clients().iam.send(new DeleteRolePolicyCommand({ RoleName: "demoted-sender", PolicyName: "send" }));
    const refused = await send(name, '{"fail":"x"}');
    await eventually("it is given up", async () => (await story(refused)).includes(`the event is not delivered to ${QUEUE}silent: the role ${demoted} of ${name} may not do it`));
    await allow("demoted-sender", "sqs:SendMessage");
    await clients().sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
    const gone = await send(name, '{"fail":"x"}');
    await eventually("it is given up", async () => (await story(gone)).includes(`the event is not delivered to ${QUEUE}silent: there is no such queue`));
    await callPlatform(client(), "POST", "drain", { timeout: "30s" });
  });
});
