import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { createFunction, createRole } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";

/** Version 1 has no `logs tail`. */
const cli = [...(process.env["PATH"] ?? "").split(":").map((folder) => `${folder}/aws`), "/usr/bin/aws"].find((path) => spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.startsWith("aws-cli/2") === true);
const platform = usePlatform();

it.skipIf(cli === undefined)(`aws logs tail shows what a function wrote${cli === undefined ? " (skipped: no AWS CLI of version 2 is on this machine)" : ""}`, async () => {
  const { clients, endpoint } = platform;
  const files = { "app.mjs": 'export const handler = async () => console.log("written by the handler");' };
  await createFunction(clients, { FunctionName: "tailed", Role: await createRole(clients, "tailed"), Runtime: "nodejs24.x", files });
  await clients.lambda.send(new InvokeCommand({ FunctionName: "tailed" }));
  const env = { PATH: process.env["PATH"], AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_PAGER: "" };
  const tail = () => promisify(execFile)(cli!, ["--endpoint-url", endpoint, "logs", "tail", "/aws/lambda/tailed", "--format", "short"], { env });
  const said = await eventually("the report is there", async () => {
    const { stdout } = await tail();
    return stdout.includes("REPORT RequestId") && stdout;
  });
  expect(said).toMatch(/INIT_START[^]*START RequestId[^]*INFO\twritten by the handler[^]*END RequestId[^]*REPORT RequestId/);
});
