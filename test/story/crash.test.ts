import { CreateBucketCommand, GetObjectCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AddPermissionCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { readdirSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

/** Leaves one file per event: what was run can be seen from outside, whatever happened to the server. */
const APP = `
import os
def handler(event, context):
    name = event.get("name") or event["Records"][0]["s3"]["object"]["key"].replace("/", "-")
    open(os.path.join(os.environ["MARKS"], name), "w").close()
`;

it.skipIf(!hasPython)(`kill -9 in the middle of asynchronous invocations and uploads loses none that was acknowledged${NO_PYTHON}`, async () => {
  const directory = temporaryDirectory();
  const marks = join(directory, "marks");
  mkdirSync(marks);
  const dataDirectory = join(directory, "data");
  // Handlers leave marks in a folder of the host: what they did is known whatever the server forgets.
  const flags = ["--isolation", "process"];
  const first = await startServer({ dataDirectory, flags });
  const clients = clientsOf(first.endpoint);
  const Role = await createRole(clients, "worker");
  const FunctionArn = await createFunction(clients, { FunctionName: "marker", Role, Runtime: "python3.11", Timeout: 20, files: { "app.py": APP }, Environment: { Variables: { MARKS: marks } } });
  await clients.s3.send(new CreateBucketCommand({ Bucket: "uploads" }));
  await clients.lambda.send(new AddPermissionCommand({ FunctionName: "marker", StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::uploads" }));
  await clients.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: "uploads", NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: FunctionArn, Events: ["s3:ObjectCreated:*"] }] } }));

  const acknowledged: string[] = [];
  const send = async (index: number) => {
    const name = `event-${index}`;
    if (index % 2 === 0) await clients.lambda.send(new InvokeCommand({ FunctionName: "marker", InvocationType: "Event", Payload: JSON.stringify({ name }) }));
    else await clients.s3.send(new PutObjectCommand({ Bucket: "uploads", Key: name, Body: `body of ${name}` }));
    acknowledged.push(name);
    if (acknowledged.length === 120) void first.kill();
  };
  await Promise.allSettled(Array.from({ length: 200 }, (_, index) => send(index)));
  await first.kill();
  expect(acknowledged.length).toBeGreaterThanOrEqual(120);

  const second = await startServer({ dataDirectory, flags });
  await eventually("every acknowledged event was run", () => {
    const run = new Set(readdirSync(marks));
    return acknowledged.every((name) => run.has(name));
  }, 50_000);
  const { s3 } = clientsOf(second.endpoint);
  for (const name of acknowledged.filter((_, index) => index % 7 === 0 && /[13579]$/.test(acknowledged[index]!))) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "uploads", Key: name }));
    expect(await Body!.transformToString()).toBe(`body of ${name}`);
  }
  expect(await second.stop()).toBe(0);
}, 120_000);
