import { AttachRolePolicyCommand, CreateAccessKeyCommand, CreateUserCommand, PutRolePolicyCommand, PutUserPolicyCommand, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateAliasCommand, CreateEventSourceMappingCommand, DeleteEventSourceMappingCommand, GetEventSourceMappingCommand, ListEventSourceMappingsCommand, ListTagsCommand, PublishVersionCommand, PutFunctionConcurrencyCommand, TagResourceCommand,
  UntagResourceCommand, UpdateEventSourceMappingCommand, type CreateEventSourceMappingCommandInput, type LambdaClient,
} from "@aws-sdk/client-lambda";
import { CreateQueueCommand, DeleteQueueCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { storyLines } from "../../src/cli/story.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { arnOf, UUID as UUID_FORM, useLambda } from "./support.ts";
import { clientsOf } from "../support/clients.ts";
import { createRole } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";

const QUEUE_ROLE = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole";
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const on = useLambda();
const clients = () => on.ground.platform.clients;

beforeAll(() => clients().iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: QUEUE_ROLE })));

const createQueue = async (attributes: Record<string, string> = {}, name = `q-${systemRandom.bytes(6).toString("hex")}${attributes["FifoQueue"] === "true" ? ".fifo" : ""}`) => {
  await clients().sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return queueArn(name);
};
const create = (input: Partial<CreateEventSourceMappingCommandInput>, by: LambdaClient = on.lambda) => by.send(new CreateEventSourceMappingCommand(input as CreateEventSourceMappingCommandInput));
const get = (UUID: string | undefined) => on.lambda.send(new GetEventSourceMappingCommand({ UUID }));
const settled = async (UUID: string | undefined) => eventually("the mapping is settled", async () => {
  const found = await get(UUID);
  return found.State!.endsWith("abled") && found;
});
/** One that is settled, with a function and a queue of its own. */
const created = async (input: Partial<CreateEventSourceMappingCommandInput> = {}, attributes: Record<string, string> = {}) => {
  const FunctionName = await on.create();
  const EventSourceArn = await createQueue(attributes);
  const { UUID } = await create({ FunctionName, EventSourceArn, ...input });
  await settled(UUID);
  return { UUID: UUID!, FunctionName, EventSourceArn };
};
const invalid = (message: string | RegExp) => ({ name: "InvalidParameterValueException", message: typeof message === "string" ? message : expect.stringMatching(message), Type: "User", $metadata: expect.objectContaining({ httpStatusCode: 400 }) });

describe("a mapping", () => {
  it("is Creating, then Enabled, with AWS's defaults, and can be read, listed and deleted", async () => {
    const FunctionName = await on.create();
    const EventSourceArn = await createQueue();
    const made = await create({ FunctionName, EventSourceArn });
    const { UUID } = made;
    expect(UUID).toMatch(UUID_FORM);
    const expected = {
      UUID, BatchSize: 10, MaximumBatchingWindowInSeconds: 0, EventSourceArn, FunctionArn: arnOf(FunctionName), LastModified: expect.any(Date), StateTransitionReason: "USER_INITIATED",
      FunctionResponseTypes: [], EventSourceMappingArn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${UUID}`,
    };
    const { $metadata, ...shape } = made;
    expect([$metadata.httpStatusCode, shape]).toEqual([202, { ...expected, State: "Creating" }]);
    const { $metadata: _read, ...enabled } = await settled(UUID);
    expect(enabled).toEqual({ ...expected, State: "Enabled" });
    expect(enabled.LastModified!.getTime()).toBeGreaterThan(shape.LastModified!.getTime());
    expect((await on.lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn }))).EventSourceMappings).toEqual([enabled]);
    expect((await on.lambda.send(new ListEventSourceMappingsCommand({ FunctionName }))).EventSourceMappings).toEqual([enabled]);
    const { $metadata: gone, ...deleting } = await on.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    expect([gone.httpStatusCode, deleting.State]).toEqual([202, "Deleting"]);
    const notFound = { name: "ResourceNotFoundException", message: "The resource you requested does not exist." };
    await eventually("it is gone", async () => (await get(UUID).catch((error: Error) => error.name)) === "ResourceNotFoundException");
    await expect(get(UUID)).rejects.toMatchObject(notFound);
    await expect(on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 1 }))).rejects.toMatchObject(notFound);
    await expect(on.lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).rejects.toMatchObject(notFound);
    expect((await on.lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn }))).EventSourceMappings).toEqual([]);
  });

  it("keeps what is configured, and loses what is configured empty", async () => {
    const pattern = '{"body":{"a":[1]}}';
    const { UUID } = await created({
      BatchSize: 100, MaximumBatchingWindowInSeconds: 5, FilterCriteria: { Filters: [{ Pattern: pattern }] }, ScalingConfig: { MaximumConcurrency: 7 }, FunctionResponseTypes: ["ReportBatchItemFailures"],
      MetricsConfig: { Metrics: ["EventCount"] }, Tags: { team: "a" },
    });
    expect(await get(UUID)).toMatchObject({
      BatchSize: 100, MaximumBatchingWindowInSeconds: 5, FilterCriteria: { Filters: [{ Pattern: pattern }] }, ScalingConfig: { MaximumConcurrency: 7 }, FunctionResponseTypes: ["ReportBatchItemFailures"],
      MetricsConfig: { Metrics: ["EventCount"] },
    });
    const updated = await on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 200, ScalingConfig: {}, FilterCriteria: {}, FunctionResponseTypes: [], MetricsConfig: { Metrics: [] } }));
    expect(updated).toMatchObject({ State: "Updating", BatchSize: 200, MaximumBatchingWindowInSeconds: 5, FunctionResponseTypes: [] });
    const after = await settled(UUID);
    expect([after.State, after.ScalingConfig, after.FilterCriteria, after.MetricsConfig]).toEqual(["Enabled", undefined, undefined, undefined]);
    await on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, ProvisionedPollerConfig: { MinimumPollers: 4 } }));
    expect(await settled(UUID)).toMatchObject({ ProvisionedPollerConfig: { MinimumPollers: 4, MaximumPollers: 200 } });
    await on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, ProvisionedPollerConfig: {} }));
    expect((await settled(UUID)).ProvisionedPollerConfig).toBeUndefined();
  });

  it("is disabled and enabled", async () => {
    const { UUID } = await created({ Enabled: false });
    expect((await get(UUID)).State).toBe("Disabled");
    expect((await on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }))).State).toBe("Enabling");
    expect((await settled(UUID)).State).toBe("Enabled");
    expect((await on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }))).State).toBe("Disabling");
    expect((await settled(UUID)).State).toBe("Disabled");
  });

  it("is in use while it changes", async () => {
    const { UUID } = await created();
    await on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 1 }));
    await expect(on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 2 }))).rejects.toMatchObject({ name: "ResourceInUseException", message: "Cannot update the event source mapping because it is in use." });
    await expect(on.lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({ name: "ResourceInUseException", message: "Cannot delete the event source mapping because it is in use." });
  });

  it("invokes a version or an alias, which has mappings of its own", async () => {
    const { UUID, FunctionName, EventSourceArn } = await created();
    await on.isSettled(FunctionName);
    await on.lambda.send(new PublishVersionCommand({ FunctionName }));
    await on.lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
    const live = await create({ FunctionName: `${arnOf(FunctionName)}:live`, EventSourceArn });
    expect(live.FunctionArn).toBe(`${arnOf(FunctionName)}:live`);
    const listed = async (name: string) => (await on.lambda.send(new ListEventSourceMappingsCommand({ FunctionName: name }))).EventSourceMappings!.map((mapping) => mapping.UUID);
    expect(await listed(FunctionName)).toEqual([UUID]);
    expect(await listed(`${FunctionName}:live`)).toEqual([live.UUID]);
    expect((await on.lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn }))).EventSourceMappings).toHaveLength(2);
    await expect(create({ FunctionName: `${FunctionName}:other`, EventSourceArn })).rejects.toMatchObject(invalid("Function does not exist"));
  });

  it("has tags", async () => {
    const { UUID } = await created({ Tags: { team: "a" } });
    const Resource = (await get(UUID)).EventSourceMappingArn;
    const tags = async () => (await on.lambda.send(new ListTagsCommand({ Resource }))).Tags;
    expect(await tags()).toEqual({ team: "a" });
    await on.lambda.send(new TagResourceCommand({ Resource, Tags: { stage: "test" } }));
    await on.lambda.send(new UntagResourceCommand({ Resource, TagKeys: ["team"] }));
    expect(await tags()).toEqual({ stage: "test" });
    await expect(on.lambda.send(new ListTagsCommand({ Resource: Resource!.replace(UUID, systemRandom.uuid()) }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("is listed in pages", async () => {
    const FunctionName = await on.create();
    const uuids = [];
    for (let index = 0; index < 3; index++) uuids.push((await create({ FunctionName, EventSourceArn: await createQueue(), Enabled: false })).UUID);
    const first = await on.lambda.send(new ListEventSourceMappingsCommand({ FunctionName, MaxItems: 2 }));
    const second = await on.lambda.send(new ListEventSourceMappingsCommand({ FunctionName, MaxItems: 2, Marker: first.NextMarker }));
    expect(first.EventSourceMappings).toHaveLength(2);
    expect([...first.EventSourceMappings!, ...second.EventSourceMappings!].map(({ UUID }) => UUID)).toEqual(uuids.toSorted());
    expect(second.NextMarker).toBeUndefined();
  });
});

describe("a mapping that AWS would not make", () => {
  it("is one of a function, an alias or a queue that is not there", async () => {
    const EventSourceArn = await createQueue();
    await expect(create({ FunctionName: "no-such-function", EventSourceArn })).rejects.toMatchObject(invalid("Function does not exist"));
    const FunctionName = await on.create();
    await expect(create({ FunctionName, EventSourceArn: queueArn("no-such-queue") })).rejects.toMatchObject(
      invalid("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist."),
    );
    await expect(create({ FunctionName })).rejects.toMatchObject(invalid("Unrecognized event source."));
    await expect(create({ FunctionName, EventSourceArn: "arn:aws:s3:::bucket" })).rejects.toMatchObject(invalid("Unrecognized event source. Unsupported source arn : arn:aws:s3:::bucket"));
    await expect(create({ FunctionName, EventSourceArn: EventSourceArn.replace("us-east-1", "eu-west-1") })).rejects.toMatchObject(invalid("Event source region must match Lambda region us-east-1"));
  });

  it("is one that there is already", async () => {
    const { UUID, FunctionName, EventSourceArn } = await created();
    await expect(create({ FunctionName, EventSourceArn })).rejects.toMatchObject({
      name: "ResourceConflictException", $metadata: expect.objectContaining({ httpStatusCode: 409 }),
      message: `An event source mapping with SQS arn (" ${EventSourceArn} ") and function (" ${FunctionName} ") already exists. Please update or delete the existing mapping with UUID ${UUID}`,
    });
    const other = await created();
    await expect(on.lambda.send(new UpdateEventSourceMappingCommand({ UUID: (await create({ FunctionName: other.FunctionName, EventSourceArn, Enabled: false }).then(({ UUID: id }) => settled(id))).UUID, FunctionName }))).rejects.toMatchObject({ name: "ResourceConflictException" });
  });

  it("would give a message away while the function has it", async () => {
    const FunctionName = await on.create({ Timeout: 60 });
    await expect(create({ FunctionName, EventSourceArn: await createQueue() })).rejects.toMatchObject(invalid("Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"));
    await expect(create({ FunctionName, EventSourceArn: await createQueue({ VisibilityTimeout: "60" }) })).resolves.toMatchObject({ State: "Creating" });
  });

  it.each(["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])("has a role that may not %s", async (action) => {
    const name = `without-${action}`;
    const Role = await createRole(clients(), name);
    const actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"].filter((one) => one !== action).map((one) => `sqs:${one}`);
    await clients().iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] }) }));
    const FunctionName = await on.create({ Role });
    await expect(create({ FunctionName, EventSourceArn: await createQueue() })).rejects.toMatchObject(invalid(`The provided execution role does not have permissions to call ${action} on SQS`));
    // By the name that the user knows: what was refused, by whom, and what opens it.
    const told = (await fetchStories({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, FunctionName)).flatMap((one) => storyLines(one, (_style, text) => text)).join("\n");
    expect(told).toContain("CreateEventSourceMapping by arn:aws:iam::000000000000:root is refused");
    expect(told).toContain(`"Action": "sqs:${action}"`);
  });

  it.each<[string, Partial<CreateEventSourceMappingCommandInput>, string | RegExp]>([
    ["a large batch without a window", { BatchSize: 11 }, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"],
    ["a filter that is none", { FilterCriteria: { Filters: [{ Pattern: '{"body":"x"}' }] } }, "Invalid filter pattern definition."],
    ["a filter that is no JSON", { FilterCriteria: { Filters: [{ Pattern: "body" }] } }, "Invalid filter pattern definition."],
    ["six filters", { FilterCriteria: { Filters: Array.from({ length: 6 }, (_, index) => ({ Pattern: `{"body":["${index}"]}` })) } }, "Too many filter patterns, maximum allowed 5 patterns, provided 6 patterns."],
    ["a starting position", { StartingPosition: "LATEST" }, "StartingPosition is not valid for SQS event sources."],
    ["what streams have", { MaximumRetryAttempts: 1 }, "Unsupported MaximumRetryAttempts parameter for given event source mapping type."],
    ["a destination", { DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:000000000000:dead" } } }, "Unsupported DestinationConfig parameter for given event source mapping type."],
    ["a batching window of a FIFO queue", { MaximumBatchingWindowInSeconds: 1, EventSourceArn: queueArn("f.fifo") }, "Batching window is not supported for FIFO queues"],
    ["two ways to scale", { ScalingConfig: { MaximumConcurrency: 2 }, ProvisionedPollerConfig: { MinimumPollers: 2 } }, "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism and remove maximum concurrency."],
    ["one poller", { ProvisionedPollerConfig: { MinimumPollers: 1 } }, "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]"],
    ["one poller at most", { ProvisionedPollerConfig: { MaximumPollers: 1 } }, "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]"],
    ["a group of pollers", { ProvisionedPollerConfig: { PollerGroupName: "g" } }, "Invalid parameter: pollerGroupName"],
    ["metrics of Kafka", { MetricsConfig: { Metrics: ["EventCount", "ErrorCount"] } }, "Invalid EventSourceMapping metrics. Expected values: [EventCount]"],
    ["a time to start at", { StartingPositionTimestamp: new Date(1_767_225_600_000) }, "Timestamp is not valid for SQS event sources."],
    ["fewer pollers at most than at least", { ProvisionedPollerConfig: { MinimumPollers: 5, MaximumPollers: 4 } }, "MinimumPollers must be less than or equal to MaximumPollers."],
  ])("has %s", async (_what, input, message) => {
    const FunctionName = await on.create();
    await expect(create({ FunctionName, EventSourceArn: await createQueue(), ...input })).rejects.toMatchObject(invalid(message));
  });

  it("would run more at once than its function has reserved", async () => {
    const { UUID, FunctionName, EventSourceArn } = await created({ ScalingConfig: { MaximumConcurrency: 2 } });
    await on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 5 }));
    const refused = invalid("MaximumConcurrency: 100 is greater than Function Reserved Concurrency: 5");
    const ScalingConfig = { MaximumConcurrency: 100 };
    await expect(on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, ScalingConfig }))).rejects.toMatchObject(refused);
    await expect(create({ FunctionName, EventSourceArn: await createQueue(), ScalingConfig })).rejects.toMatchObject(refused);
    await expect(on.lambda.send(new UpdateEventSourceMappingCommand({ UUID, ScalingConfig: { MaximumConcurrency: 5 } }))).resolves.toMatchObject({ EventSourceArn });
  });

  it("has what the model does not allow", async () => {
    const FunctionName = await on.create();
    const EventSourceArn = await createQueue();
    for (const input of [{ BatchSize: 0 }, { BatchSize: 10_001 }, { MaximumBatchingWindowInSeconds: 301 }, { ScalingConfig: { MaximumConcurrency: 1 } }]) {
      await expect(create({ FunctionName, EventSourceArn, ...input })).rejects.toMatchObject({ name: "ValidationException" });
    }
  });

  it("takes what clients send for nothing", async () => {
    await expect(created({ DestinationConfig: { OnFailure: {} }, KMSKeyArn: "", SourceAccessConfigurations: [] })).resolves.toMatchObject({ UUID: expect.any(String) });
  });
});

describe("what is not built", () => {
  it.each<[string, Partial<CreateEventSourceMappingCommandInput>]>([
    ["Kinesis", { EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/s" }],
    ["a DynamoDB stream", { EventSourceArn: "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000" }],
    ["Amazon MSK", { EventSourceArn: "arn:aws:kafka:us-east-1:000000000000:cluster/c/1" }],
    ["Amazon MQ", { EventSourceArn: "arn:aws:mq:us-east-1:000000000000:broker:b:1" }],
    ["Amazon DocumentDB", { EventSourceArn: "arn:aws:rds:us-east-1:000000000000:cluster:c" }],
    ["self-managed Apache Kafka", { SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["a:9092"] } } }],
  ])("is told by its name: %s", async (name, input) => {
    const FunctionName = await on.create();
    await expect(create({ FunctionName, ...input })).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringContaining(name) });
  });

  it("is a key for filters", async () => {
    const FunctionName = await on.create();
    await expect(create({ FunctionName, EventSourceArn: await createQueue(), KMSKeyArn: "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab" })).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringContaining("KMSKeyArn") });
  });
});

describe("who may", () => {
  const userWith = async (name: string, Statement: object[]) => {
    const { iam } = clients();
    await iam.send(new CreateUserCommand({ UserName: name }));
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
    return clientsOf(on.ground.platform.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).lambda;
  };
  const denied = { name: "AccessDeniedException" };

  it("make, change and delete a mapping of one function: lambda:FunctionArn", async () => {
    const [mine, others] = [await on.create(), await on.create()];
    const user = await userWith("mapper", [
      { Effect: "Allow", Action: ["lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"], Resource: "*", Condition: { ArnEquals: { "lambda:FunctionArn": arnOf(mine) } } },
    ]);
    const EventSourceArn = await createQueue();
    await expect(create({ FunctionName: others, EventSourceArn }, user)).rejects.toMatchObject(denied);
    const { UUID } = await create({ FunctionName: mine, EventSourceArn }, user);
    await settled(UUID);
    await expect(user.send(new UpdateEventSourceMappingCommand({ UUID, FunctionName: others }))).rejects.toMatchObject(denied);
    const { UUID: theirs } = await create({ FunctionName: others, EventSourceArn });
    await settled(theirs);
    await expect(user.send(new DeleteEventSourceMappingCommand({ UUID: theirs }))).rejects.toMatchObject(denied);
    await expect(user.send(new GetEventSourceMappingCommand({ UUID }))).rejects.toMatchObject(denied);
    await expect(create({ FunctionName: mine, EventSourceArn: await createQueue(), Tags: { a: "b" } }, user)).rejects.toMatchObject(denied);
    await user.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 1 }));
    await settled(UUID);
    await user.send(new DeleteEventSourceMappingCommand({ UUID }));
  });

  it("read a mapping by its ARN and its tags, and no account reads another's", async () => {
    const { UUID } = await created({ Tags: { team: "a" } });
    const Resource = `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${UUID}`;
    const byArn = await userWith("by-arn", [{ Effect: "Allow", Action: "lambda:GetEventSourceMapping", Resource }]);
    const byTag = await userWith("by-tag", [{ Effect: "Allow", Action: "lambda:GetEventSourceMapping", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/team": "b" } } }]);
    await expect(byArn.send(new GetEventSourceMappingCommand({ UUID }))).resolves.toMatchObject({ UUID });
    await expect(byTag.send(new GetEventSourceMappingCommand({ UUID }))).rejects.toMatchObject(denied);
    const stranger = clientsOf(on.ground.platform.endpoint, { accessKeyId: "111111111111", secretAccessKey: "test" }).lambda;
    await expect(stranger.send(new GetEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(stranger.send(new TagResourceCommand({ Resource, Tags: { a: "b" } }))).rejects.toThrow();
    expect((await stranger.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings).toEqual([]);
  });

  it("a role that Lambda cannot assume makes no mapping", async () => {
    const FunctionName = await on.create({ Role: await createRole(clients(), "soon-distrusted") });
    await clients().iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "soon-distrusted", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] }) }));
    await expect(create({ FunctionName, EventSourceArn: await createQueue() })).rejects.toMatchObject(invalid("The role defined for the function cannot be assumed by Lambda."));
  });
});

describe("a queue that is gone", () => {
  it("is told as the mapping's problem, which stays enabled", async () => {
    const { UUID, EventSourceArn } = await created();
    await clients().sqs.send(new DeleteQueueCommand({ QueueUrl: `${on.ground.platform.endpoint}/000000000000/${EventSourceArn.split(":").at(-1)}` }));
    await eventually("the problem is told", async () => (await get(UUID)).LastProcessingResult === `PROBLEM: The queue ${EventSourceArn} does not exist.`);
    expect((await get(UUID)).State).toBe("Enabled");
  });
});
