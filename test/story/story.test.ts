import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand, GetFunctionCommand, InvokeCommand, RemovePermissionCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { DetachRolePolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { IsolationName } from "../../src/sandbox/sandbox.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { isolations } from "../support/isolation.ts";
import { startServer, type RunningServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";

const APP = `
let count = 0;
export const handler = async (event) => {
  count += 1;
  if (event.raise) throw Object.assign(new Error(event.raise), { name: "ValueError" });
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep * 1000));
  for (const { eventName, s3 } of event.Records ?? []) console.log("upload", count, s3.object.key, eventName);
  return { count };
};
`;

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:thumbnails";

const notify = (clients: Clients) =>
  clients.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: "uploads",
      NotificationConfiguration: {
        LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "in/" }, { Name: "suffix", Value: ".jpg" }] } } }],
      },
    }),
  );
const openDoor = (clients: Clients, sourceArn = "arn:aws:s3:::uploads") =>
  clients.lambda.send(new AddPermissionCommand({ FunctionName: "thumbnails", StatementId: "uploads", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: sourceArn, SourceAccount: "000000000000" }));
const shutDoor = (clients: Clients) => clients.lambda.send(new RemovePermissionCommand({ FunctionName: "thumbnails", StatementId: "uploads" }));
const upload = (clients: Clients, Key: string) => clients.s3.send(new PutObjectCommand({ Bucket: "uploads", Key, Body: "a photo" }));

const messages = async (clients: Clients): Promise<string[]> => {
  const { events = [] } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/thumbnails" })).catch(() => ({ events: [] }));
  return events.map((event) => event.message!);
};
const logged = (clients: Clients, text: string) => eventually(`"${text}" is logged`, async () => (await messages(clients)).find((message) => message.includes(text)));

const startWith = async (isolation: IsolationName): Promise<{ server: RunningServer; clients: Clients }> => {
  const server = await startServer({ flags: ["--isolation", isolation, "--prepared", "2"] });
  const clients = clientsOf(server.endpoint);
  const Role = await createRole(clients, "worker");
  await createFunction(clients, { FunctionName: "thumbnails", Role, Runtime: "nodejs24.x", Timeout: 2, files: { "app.mjs": APP } });
  await clients.s3.send(new CreateBucketCommand({ Bucket: "uploads" }));
  return { server, clients };
};

describe.each(isolations)("one upload runs one handler, under %s", (isolation) => {
  const start = () => startWith(isolation);

  it("with the door shut, opened, and shut again", async () => {
    const { clients } = await start();
    await expect(notify(clients)).rejects.toMatchObject({ name: "InvalidArgument", message: "Unable to validate the following destination configurations" });
    await openDoor(clients, "arn:aws:s3:::another-bucket");
    await expect(notify(clients)).rejects.toMatchObject({ name: "InvalidArgument" });
    await shutDoor(clients);
    await openDoor(clients);
    await notify(clients);

    await upload(clients, "in/first photo.jpg");
    await logged(clients, "upload 1 in/first+photo.jpg ObjectCreated:Put");
    await upload(clients, "in/not-a-photo.txt");
    await upload(clients, "out/elsewhere.jpg");
    await upload(clients, "in/second.jpg");
    await logged(clients, "upload 2 in/second.jpg");
    const seen = await messages(clients);
    expect(seen.filter((message) => message.startsWith("INIT_START"))).toHaveLength(1);
    expect(seen.filter((message) => message.includes("\tupload "))).toHaveLength(2);

    await shutDoor(clients);
    await upload(clients, "in/third.jpg");
    const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: "uploads", Key: "in/third.jpg" }));
    expect(await Body!.transformToString()).toBe("a photo");
    await clients.s3.send(new DeleteObjectCommand({ Bucket: "uploads", Key: "in/third.jpg" }));
    await openDoor(clients);
    await upload(clients, "in/fourth.jpg");
    await logged(clients, "upload 3 in/fourth.jpg");
    expect((await messages(clients)).some((message) => message.includes("third"))).toBe(false);
  });

  it("invoked directly: its result, its error, its timeout, its log", async () => {
    const { clients } = await start();
    const invoke = async (event: unknown, more: { LogType?: "Tail" } = {}) => {
      const { Payload, FunctionError, LogResult, StatusCode, ExecutedVersion } = await clients.lambda.send(new InvokeCommand({ FunctionName: FUNCTION, Payload: JSON.stringify(event), ...more }));
      return { payload: JSON.parse(Payload!.transformToString()) as Record<string, unknown>, FunctionError, StatusCode, ExecutedVersion, log: Buffer.from(LogResult ?? "", "base64").toString("utf8") };
    };
    expect(await invoke({}, { LogType: "Tail" })).toMatchObject({ payload: { count: 1 }, StatusCode: 200, ExecutedVersion: "$LATEST", FunctionError: undefined, log: expect.stringMatching(/^START[^]*REPORT/) });
    const failed = await invoke({ raise: "no luck" });
    expect(failed.FunctionError).toBe("Unhandled");
    expect(failed.payload).toMatchObject({ errorType: "ValueError", errorMessage: "no luck" });
    const timedOut = await invoke({ sleep: 10 });
    expect(timedOut.payload["errorType"]).toBe("Sandbox.Timedout");
    expect(timedOut.payload["errorMessage"]).toMatch(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 2\.00 seconds$/);
    expect((await invoke({})).payload).toEqual({ count: 1 });
  });

  it("sees a changed configuration in a new environment, and its package can be downloaded", async () => {
    const { clients } = await start();
    const count = async () => JSON.parse((await clients.lambda.send(new InvokeCommand({ FunctionName: "thumbnails" }))).Payload!.transformToString()) as unknown;
    expect([await count(), await count()]).toEqual([{ count: 1 }, { count: 2 }]);
    await clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "thumbnails", Environment: { Variables: { GREETING: "hallo" } } }));
    await waitUntilFunctionUpdatedV2({ client: clients.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: "thumbnails" });
    expect(await count()).toEqual({ count: 1 });
    const { Code, Configuration } = await clients.lambda.send(new GetFunctionCommand({ FunctionName: "thumbnails" }));
    const zip = await fetch(Code!.Location!);
    expect((await zip.arrayBuffer()).byteLength).toBe(Configuration!.CodeSize);
  });

  it("leaves no log when its role may not write one, and the server says so once", async () => {
    const { clients, server } = await start();
    await clients.iam.send(new DetachRolePolicyCommand({ RoleName: "worker", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }));
    await clients.lambda.send(new InvokeCommand({ FunctionName: "thumbnails" }));
    await eventually("the server's own log tells it", () => server.said().includes("the log lines of thumbnails are dropped"));
    expect(await messages(clients)).toEqual([]);
  });
});
