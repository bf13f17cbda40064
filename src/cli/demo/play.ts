import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand, InvokeCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, HeadObjectCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Clock } from "../../kit/clock.ts";
import type { LedgerStory } from "../../kit/ledger.ts";
import { CliError } from "../cli-error.ts";
import type { DemoClients } from "../clients.ts";
import type { DemoApp } from "./app.ts";
import { createFunction, createRole, TIMEOUT_SECONDS, type Names } from "./resources.ts";

/** Whom the story is told to. */
export interface Teller {
  step(title: string): void;
  /** What was done, as a user would do it. */
  does(text: string): void;
  /** What came of it. */
  sees(text: string): void;
  story(story: LedgerStory): void;
}

export interface Stage {
  clients: DemoClients;
  names: Names;
  app: DemoApp;
  account: string;
  wall: Clock;
  teller: Teller;
  findStory(key: string): Promise<LedgerStory[]>;
}

const STATEMENT = "uploads";
const WAIT_MS = 30_000;
const LOOK_MS = 100;

/** The six steps, in order; throws CliError at the first that does not behave. */
export const playDemo = async (stage: Stage): Promise<void> => {
  const { teller, app, names } = stage;
  teller.step("1. A function, and a bucket");
  const functionArn = await makeAll(stage);
  teller.sees(`${names.function} is Active, ${app.file} on ${app.runtime}`);
  teller.step("2. The bucket may not call it yet");
  await knockAtTheLockedDoor(stage, functionArn);
  teller.step("3. Open the door");
  await openTheDoor(stage, functionArn);
  teller.step("4. An upload runs the handler; the next one finds the environment warm");
  await upload(stage);
  teller.step("5. Shut the door again: the upload stays, the handler does not run");
  await uploadBehindTheDoor(stage);
  teller.step("6. Invoke it directly");
  await invokeDirectly(stage);
};

const makeAll = async ({ clients, names, app, teller }: Stage): Promise<string> => {
  teller.does(`aws iam create-role --role-name ${names.role} …`);
  const roleArn = await createRole(clients, names);
  teller.does(`aws lambda create-function --function-name ${names.function} --handler app.handler …`);
  const functionArn = await createFunction(clients, names, app, roleArn);
  teller.does(`aws s3 mb s3://${names.bucket}`);
  await clients.s3.send(new CreateBucketCommand({ Bucket: names.bucket }));
  return functionArn;
};

const configure = ({ clients, names }: Stage, functionArn: string) =>
  clients.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: names.bucket,
      NotificationConfiguration: {
        LambdaFunctionConfigurations: [
          { LambdaFunctionArn: functionArn, Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "in/" }] } } },
        ],
      },
    }),
  );

const knockAtTheLockedDoor = async (stage: Stage, functionArn: string): Promise<void> => {
  const { teller, names, findStory } = stage;
  teller.does(`aws s3api put-bucket-notification-configuration --bucket ${names.bucket} …`);
  const refusal = await configure(stage, functionArn).then(
    () => undefined,
    (error: unknown) => error as Error & { $metadata?: { requestId?: string } },
  );
  if (refusal === undefined) throw misbehaved("the bucket was let in without a permission", "was the server started with --iam soft or off? The demo needs enforce");
  if (!refusal.message.includes("Unable to validate the following destination configurations")) throw refusal;
  teller.sees(`refused: ${refusal.message}`);
  const requestId = refusal.$metadata?.requestId ?? "";
  teller.does(`lambdad why ${requestId}`);
  const story = await waitFor(stage, "the story of the refusal", async () => (await findStory(requestId))[0]);
  teller.story(story);
};

const openTheDoor = async (stage: Stage, functionArn: string): Promise<void> => {
  const { clients, names, account, teller } = stage;
  const sourceArn = `arn:aws:s3:::${names.bucket}`;
  teller.does(`aws lambda add-permission --function-name ${names.function} --principal s3.amazonaws.com --source-arn ${sourceArn} …`);
  await clients.lambda.send(
    new AddPermissionCommand({
      FunctionName: names.function,
      StatementId: STATEMENT,
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
      SourceArn: sourceArn,
      SourceAccount: account,
    }),
  );
  teller.does(`aws s3api put-bucket-notification-configuration --bucket ${names.bucket} …`);
  await configure(stage, functionArn);
  teller.sees("accepted");
};

const put = ({ clients, names, teller }: Stage, key: string) => {
  teller.does(`aws s3 cp ${key.slice(3)} s3://${names.bucket}/in/`);
  return clients.s3.send(new PutObjectCommand({ Bucket: names.bucket, Key: key, Body: "not really a picture" }));
};

const upload = async (stage: Stage): Promise<void> => {
  await put(stage, "in/photo.jpg");
  const first = await waitForUpload(stage, 1);
  await put(stage, "in/photo-2.jpg");
  const second = await waitForUpload(stage, 2);
  const inits = (await readLog(stage)).filter(({ message }) => message.startsWith("INIT_START"));
  if (second.stream !== first.stream || inits.length !== 1) throw misbehaved(`${inits.length} environments were made for two uploads`, "the second one should have found the first one's");
  stage.teller.sees(`one INIT_START, one environment: ${first.stream}`);
};

const waitForUpload = async (stage: Stage, number: number): Promise<LogLine> => {
  const line = await waitFor(stage, `upload number ${number} in the function's log`, async () =>
    (await readLog(stage)).find(({ message }) => message.includes(`upload number ${number}`)),
  );
  stage.teller.sees(`log: ${line.message.trimEnd()}`);
  return line;
};

const uploadBehindTheDoor = async (stage: Stage): Promise<void> => {
  const { clients, names, teller, findStory } = stage;
  teller.does(`aws lambda remove-permission --function-name ${names.function} --statement-id ${STATEMENT}`);
  await clients.lambda.send(new RemovePermissionCommand({ FunctionName: names.function, StatementId: STATEMENT }));
  const key = "in/photo-3.jpg";
  await put(stage, key);
  await clients.s3.send(new HeadObjectCommand({ Bucket: names.bucket, Key: key }));
  teller.sees("the object is stored");
  const story = await waitFor(stage, "the refused delivery", async () => (await findStory(`${names.bucket}/${key}`)).find(isRefusal));
  if ((await readLog(stage)).some(({ message }) => message.includes("upload number 3"))) throw misbehaved("the handler ran behind a shut door", "the delivery should have been refused");
  teller.does(`lambdad why ${names.bucket}/${key}`);
  teller.story(story);
};

const isRefusal = ({ entries }: LedgerStory): boolean => entries.some(({ detail }) => (detail["explanation"] as { fix?: unknown } | undefined)?.fix !== undefined);

const invokeDirectly = async (stage: Stage): Promise<void> => {
  const good = await invoke(stage, { name: "world" });
  if (good.functionError !== undefined) throw misbehaved("the handler failed", good.payload);
  const raised = await invoke(stage, { raise: "that did not work" });
  expectError(raised, "ValueError");
  const slept = await invoke(stage, { sleep: TIMEOUT_SECONDS + 5 });
  expectError(slept, "Sandbox.Timedout");
};

const invoke = async ({ clients, names, teller }: Stage, event: Record<string, unknown>) => {
  const payload = JSON.stringify(event);
  teller.does(`aws lambda invoke --function-name ${names.function} --payload '${payload}' /dev/stdout`);
  const reply = await clients.lambda.send(new InvokeCommand({ FunctionName: names.function, Payload: Buffer.from(payload) }));
  const answer = { functionError: reply.FunctionError, payload: Buffer.from(reply.Payload!).toString() };
  teller.sees(`${answer.functionError === undefined ? "" : `X-Amz-Function-Error: ${answer.functionError}  `}${answer.payload}`);
  return answer;
};

const expectError = ({ functionError, payload }: { functionError: string | undefined; payload: string }, errorType: string): void => {
  const parsed = JSON.parse(payload) as { errorType?: string } | null;
  if (functionError !== "Unhandled" || parsed?.errorType !== errorType) throw misbehaved(`${errorType} was expected`, payload);
};

interface LogLine {
  stream: string;
  message: string;
}

const readLog = async ({ clients, names }: Stage): Promise<LogLine[]> => {
  try {
    const { events = [] } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${names.function}` }));
    return events.map(({ logStreamName, message }) => ({ stream: logStreamName!, message: message! }));
  } catch (error) {
    // The group is made with the first line.
    if ((error as Error).name === "ResourceNotFoundException") return [];
    throw error;
  }
};

const waitFor = async <T>({ wall }: Stage, what: string, look: () => Promise<T | undefined>): Promise<T> => {
  const end = wall.monotonic() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (wall.monotonic() > end) throw misbehaved(`${what} did not come`, `waited ${WAIT_MS / 1000} s`);
    await wall.sleep(LOOK_MS);
  }
};

const misbehaved = (what: string, why: string): CliError =>
  new CliError("DEMO", what, { why, actions: ["see the server's own log, and lambdad logs", "run it once more: every run makes its own function and bucket"] });
