import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand, CreateAliasCommand, GetAliasCommand, GetFunctionCommand, GetFunctionConfigurationCommand, InvokeCommand, GetProvisionedConcurrencyConfigCommand, PublishVersionCommand, PutFunctionEventInvokeConfigCommand,
  PutProvisionedConcurrencyConfigCommand, UpdateAliasCommand, UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, paginateListObjectsV2, PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { CreateScheduleCommand, CreateScheduleGroupCommand } from "@aws-sdk/client-scheduler";
import { CreateTopicCommand, PublishCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { expect, it } from "vitest";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { pushClientsOf, type PushClients } from "../support/push-clients.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const ROUNDS = 50;
/** Events and uploads that are sent at once, and in one round at most: what is left over must be run in the rounds behind it. */
const SENDERS = 6;
const PER_ROUND_MAX = 24;
/** In some rounds the server is killed within so many milliseconds of its start, while it takes up what it finds; in the others after so many things that it said yes to, and a moment. */
const [EARLY, EARLY_MS_MAX, ACKNOWLEDGED_MAX, MOMENT_MS_MAX] = [0.2, 250, 12, 150];
const ACCOUNT = "000000000000";

/** What was run is seen in a folder, whatever the server forgets: `run` for each event, `told` for each end that its destination was told of. */
const WORKER = `
import { existsSync, writeFileSync } from "node:fs";
const mark = (name) => writeFileSync(process.env.MARKS + "/" + name, "");
export const handler = async (event) => {
  const [record] = event.Records ?? [];
  const name = event.name ?? event.detail?.name ?? record.Sns?.Message ?? record.s3.object.key;
  if (name.startsWith("never-")) throw new Error("as it was asked to");
  if (name.startsWith("once-") && !existsSync(process.env.MARKS + "/tried:" + name)) {
    mark("tried:" + name);
    throw new Error("the first time only");
  }
  mark("run:" + name);
  return name;
};
`;
const COLLECTOR = `
import { writeFileSync } from "node:fs";
export const handler = async ({ responsePayload }) => writeFileSync(process.env.MARKS + "/told:" + responsePayload, "");
`;

/** Small, and the same for the same seed (mulberry32). */
const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const arnOf = (name: string) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;

/** A rule, a topic and a group of schedules that lead to the worker. */
const preparePush = async ({ lambda, iam }: Clients, { events, sns, scheduler }: PushClients) => {
  const target = arnOf("worker");
  const permit = (StatementId: string, Principal: string, SourceArn: string) => lambda.send(new AddPermissionCommand({ FunctionName: "worker", StatementId, Action: "lambda:InvokeFunction", Principal, SourceArn }));
  const { RuleArn } = await events.send(new PutRuleCommand({ Name: "load", EventPattern: '{"source":["load"]}' }));
  await permit("events", "events.amazonaws.com", RuleArn!);
  await events.send(new PutTargetsCommand({ Rule: "load", Targets: [{ Id: "worker", Arn: target }] }));
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "load" }));
  await permit("sns", "sns.amazonaws.com", TopicArn!);
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "lambda", Endpoint: target }));
  await iam.send(new CreateRoleCommand({ RoleName: "scheduler", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" }] }) }));
  await iam.send(new PutRolePolicyCommand({ RoleName: "scheduler", PolicyName: "invoke", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: target }] }) }));
  await scheduler.send(new CreateScheduleGroupCommand({ Name: "load" }));
};

const prepare = async (clients: Clients, marks: string) => {
  const { lambda, s3, iam } = clients;
  const Role = await createRole(clients, "worker");
  await iam.send(new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "tell", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["lambda:InvokeFunction", "s3:PutObject"], Resource: "*" }] }) }));
  for (const Bucket of ["uploads", "failures"]) await s3.send(new CreateBucketCommand({ Bucket }));
  const common = { Role, Runtime: "nodejs24.x" as const, Handler: "index.handler", Timeout: 20, Environment: { Variables: { MARKS: marks } } };
  await createFunction(clients, { ...common, FunctionName: "worker", files: { "index.mjs": WORKER } });
  await createFunction(clients, { ...common, FunctionName: "collector", files: { "index.mjs": COLLECTOR } });
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: "worker" }));
  await lambda.send(new CreateAliasCommand({ FunctionName: "worker", Name: "live", FunctionVersion: Version! }));
  for (const Qualifier of ["$LATEST", "live"]) {
    await lambda.send(new PutFunctionEventInvokeConfigCommand({
      FunctionName: "worker", Qualifier, MaximumRetryAttempts: 1,
      DestinationConfig: { OnSuccess: { Destination: arnOf("collector") }, OnFailure: { Destination: "arn:aws:s3:::failures" } },
    }));
  }
  await lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName: "worker", Qualifier: "live", ProvisionedConcurrentExecutions: 1 }));
  await lambda.send(new AddPermissionCommand({ FunctionName: "worker", StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::uploads" }));
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: "uploads", NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: arnOf("worker"), Events: ["s3:ObjectCreated:*"] }] } }));
};

/** What the server said yes to, in all its lives. */
const createLoad = (random: () => number) => {
  const acknowledged = { events: [] as string[], objects: [] as string[], pushed: [] as string[], schedules: [] as string[], versions: [] as string[], aliasVersion: 1 };
  let sent = 0;
  let [left, reached] = [0, () => {}];
  let awaited: readonly string[] | undefined;
  const acknowledge = (names: string[], name: string) => {
    names.push(name);
    if ((awaited === undefined || awaited === names) && --left === 0) reached();
  };

  const event = async ({ lambda }: Clients, kind: "ok" | "once" | "never") => {
    const name = `${kind}-${sent++}`;
    await lambda.send(new InvokeCommand({ FunctionName: "worker", InvocationType: "Event", Payload: JSON.stringify({ name }), ...(random() < 0.5 ? { Qualifier: "live" } : {}) }));
    acknowledge(acknowledged.events, name);
  };
  const upload = async ({ s3 }: Clients) => {
    const name = `object-${sent++}`;
    await s3.send(new PutObjectCommand({ Bucket: "uploads", Key: name, Body: name.repeat(100) }));
    acknowledge(acknowledged.objects, name);
  };
  const put = async ({ events }: PushClients) => {
    const names = [`put-${sent++}`, `put-${sent++}`];
    const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: names.map((name) => ({ Source: "load", DetailType: "load", Detail: JSON.stringify({ name }) })) }));
    expect(FailedEntryCount).toBe(0);
    for (const name of names) acknowledge(acknowledged.pushed, name);
  };
  const publish = async ({ sns }: PushClients) => {
    const name = `message-${sent++}`;
    await sns.send(new PublishCommand({ TopicArn: `arn:aws:sns:us-east-1:${ACCOUNT}:load`, Message: name }));
    acknowledge(acknowledged.pushed, name);
  };
  /** Due while the rounds go on, or when time is moved in the end. */
  const schedule = async ({ scheduler }: PushClients) => {
    const name = `schedule-${sent++}`;
    const at = new Date(Date.now() + (random() < 0.7 ? 1_000 : 120_000)).toISOString().slice(0, 19);
    const Target = { Arn: arnOf("worker"), RoleArn: `arn:aws:iam::${ACCOUNT}:role/scheduler`, Input: JSON.stringify({ name }) };
    await scheduler.send(new CreateScheduleCommand({ Name: name, GroupName: "load", ScheduleExpression: `at(${at})`, FlexibleTimeWindow: { Mode: "OFF" }, Target }));
    acknowledge(acknowledged.schedules, name);
  };
  /** One after the other, as whoever deploys does: what is refused meanwhile was not acknowledged. */
  const deploy = async ({ lambda }: Clients) => {
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "worker", Description: `change ${sent++}` }));
    await eventually("the update has settled", async () => (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "worker" }))).LastUpdateStatus === "Successful");
    const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: "worker" }));
    acknowledge(acknowledged.versions, Version!);
    const { FunctionVersion } = await lambda.send(new UpdateAliasCommand({ FunctionName: "worker", Name: "live", FunctionVersion: Version! }));
    acknowledged.aliasVersion = Number(FunctionVersion);
  };
  const sendOne = (clients: Clients & PushClients) => {
    const drawn = random();
    if (drawn < 0.15) return event(clients, "ok");
    if (drawn < 0.3) return event(clients, "once");
    if (drawn < 0.4) return event(clients, "never");
    if (drawn < 0.65) return upload(clients);
    if (drawn < 0.78) return put(clients);
    return drawn < 0.9 ? publish(clients) : schedule(clients);
  };

  return {
    acknowledged,
    /** Of those that follow; or of one kind of them. */
    acknowledges: (count: number, kind?: readonly string[]) => new Promise<void>((resolve) => ([left, reached, awaited] = [count, resolve, kind])),
    /** Until the server is gone, or all is sent. */
    async send(clients: Clients & PushClients) {
      let unsent = PER_ROUND_MAX;
      const sender = async () => {
        while (unsent-- > 0) await sendOne(clients);
      };
      await Promise.allSettled([...Array.from({ length: SENDERS }, sender), random() < 0.3 ? deploy(clients) : undefined]);
    },
  };
};

const keysOf = async ({ s3 }: Clients, Bucket: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) keys.push(...Contents.map(({ Key }) => Key!));
  return keys;
};
const textOf = async ({ s3 }: Clients, Bucket: string, Key: string) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();

/** Everything that is due, and the retries that wait for their minute. */
const finish = async (endpoint: string) => {
  const platform = (path: string, body: object) => callPlatform({ endpoint, region: "us-east-1", account: undefined }, "POST", path, body, [408]);
  await eventually("nothing is left to be done", async () => {
    await platform("clock", { advance: "5m" });
    return (await platform("drain", { timeout: "5s" })).status === 200;
  }, 60_000);
};

const story = async (random: () => number) => {
  const directory = temporaryDirectory();
  const [marks, dataDirectory] = [join(directory, "marks"), join(directory, "data")];
  mkdirSync(marks);
  // Handlers leave marks in a folder of the host: what they did is known whatever the server forgets.
  const flags = ["--isolation", "process"];
  const first = await startServer({ dataDirectory, flags });
  await prepare(clientsOf(first.endpoint), marks);
  await preparePush(clientsOf(first.endpoint), pushClientsOf(first.endpoint));
  await first.kill();

  const load = createLoad(random);
  const { acknowledged } = load;
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startServer({ dataDirectory, flags });
    const isEarly = random() < EARLY;
    // An upload takes longer than the others: in some rounds it is waited for.
    const enough = random() < 0.25 ? load.acknowledges(1 + Math.floor(random() * 2), acknowledged.objects) : load.acknowledges(1 + Math.floor(random() * ACKNOWLEDGED_MAX));
    const sending = load.send({ ...clientsOf(server.endpoint), ...pushClientsOf(server.endpoint) });
    if (!isEarly) await Promise.race([enough, sending]);
    // The moment is random: nothing is waited for.
    await new Promise((resolve) => setTimeout(resolve, random() * (isEarly ? EARLY_MS_MAX : MOMENT_MS_MAX)));
    await server.kill();
    await sending;
  }
  // As random as it is, it was a load.
  expect(Math.min(acknowledged.events.length, acknowledged.pushed.length)).toBeGreaterThan(ROUNDS / 2);
  expect(acknowledged.objects.length).toBeGreaterThan(ROUNDS / 5);
  expect(acknowledged.schedules.length).toBeGreaterThan(ROUNDS / 10);

  const last = await startServer({ dataDirectory, flags });
  const clients = clientsOf(last.endpoint);
  await finish(last.endpoint);

  const seen = new Set(readdirSync(marks));
  const ran = [...acknowledged.events.filter((name) => !name.startsWith("never-")), ...acknowledged.objects, ...acknowledged.pushed, ...acknowledged.schedules];
  expect(ran.filter((name) => !seen.has(`run:${name}`)), "acknowledged, and not run").toEqual([]);
  expect(ran.filter((name) => !seen.has(`told:${name}`)), "run, and its destination was not told").toEqual([]);

  const failures = new Map<string, string>();
  for (const key of await keysOf(clients, "failures")) {
    const { requestPayload, requestContext } = JSON.parse(await textOf(clients, "failures", key)) as { requestPayload: { name: string }; requestContext: { condition: string } };
    failures.set(requestPayload.name, requestContext.condition);
  }
  const failed = acknowledged.events.filter((name) => name.startsWith("never-"));
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.filter((name) => failures.get(name) !== "RetriesExhausted"), "failed for good, and its destination was not told").toEqual([]);

  const objects = new Set(await keysOf(clients, "uploads"));
  expect(acknowledged.objects.filter((name) => !objects.has(name)), "acknowledged, and not there").toEqual([]);
  for (const name of acknowledged.objects) expect(await textOf(clients, "uploads", name)).toBe(name.repeat(100));

  for (const version of acknowledged.versions) await clients.lambda.send(new GetFunctionCommand({ FunctionName: "worker", Qualifier: version }));
  expect(Number((await clients.lambda.send(new GetAliasCommand({ FunctionName: "worker", Name: "live" }))).FunctionVersion)).toBeGreaterThanOrEqual(acknowledged.aliasVersion);
  for (const Qualifier of ["$LATEST", "live"]) {
    expect(await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "worker", Qualifier }))).toMatchObject({ State: "Active", LastUpdateStatus: "Successful" });
    const { FunctionError, Payload } = await clients.lambda.send(new InvokeCommand({ FunctionName: "worker", Qualifier, Payload: '{"name":"last"}' }));
    expect([FunctionError, Payload!.transformToString()]).toEqual([undefined, '"last"']);
  }
  await eventually("what is provisioned is warm again", async () => (await clients.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: "worker", Qualifier: "live" }))).Status === "READY");
  expect(await last.stop()).toBe(0);
};

it("kill -9 at random moments of mixed asynchronous load, 50 rounds, loses nothing that was acknowledged", async () => {
  const seed = Number(process.env["LAMBDAD_TEST_SEED"] ?? systemRandom.below(2 ** 31));
  try {
    await story(seeded(seed));
  } catch (error) {
    throw new Error(`with LAMBDAD_TEST_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}, 240_000);
