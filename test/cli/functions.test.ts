import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const BIN = resolve(import.meta.dirname, "../../bin/lambdad.js");

const APP = `
export const handler = async (event) => {
  console.log("got", JSON.stringify(event));
  if (event.bad) throw new TypeError("bad input");
  return { hi: event.name ?? null };
};`;

/** A server with one function, and the command line that speaks to it. */
const startWithFunction = async () => {
  const server = await startServer();
  const clients = clientsOf(server.endpoint);
  await createFunction(clients, { FunctionName: "hello", Role: await createRole(clients, "hello"), Runtime: "nodejs24.x", files: { "app.mjs": APP } });
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], AWS_ENDPOINT_URL: server.endpoint };
  const run = (args: readonly string[], input?: string) =>
    spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", timeout: 60_000, env, ...(input === undefined ? {} : { input }) });
  return { server, clients, env, run };
};

type Started = Awaited<ReturnType<typeof startWithFunction>>;

describe("a function from the command line", () => {
  let started: Started;
  // One server for each test: onTestFinished ends it.
  beforeEach(async () => void (started = await startWithFunction()));

  it("is invoked: payload on stdout, log on stderr, exit code 4 when it fails", () => {
    const { run } = started;
    const good = run(["invoke", "hello", "-e", '{"name":"you"}', "--tail"]);
    expect(good).toMatchObject({ status: 0, stdout: '{"hi":"you"}\n' });
    expect(good.stderr).toMatch(/^START RequestId: /);
    expect(good.stderr).toContain('got {"name":"you"}');
    expect(good.stderr).toContain("REPORT RequestId: ");

    expect(run(["invoke", "hello", "-e", "-"], '{"name":"stdin"}').stdout).toBe('{"hi":"stdin"}\n');
    const file = join(temporaryDirectory(), "event.json");
    writeFileSync(file, '{"name":"file"}');
    expect(run(["invoke", "hello", "-e", file]).stdout).toBe('{"hi":"file"}\n');

    const bad = run(["invoke", "hello", "-e", '{"bad":1}']);
    expect(bad.status).toBe(4);
    expect(JSON.parse(bad.stdout)).toMatchObject({ errorType: "TypeError", errorMessage: "bad input" });
    expect(bad.stderr).toMatch(/✗ hello ended with TypeError\n {2}why: {2}bad input\n {2}fix: {2}see its story: lambdad why [\w-]+\n/);
    const envelope = run(["invoke", "hello", "-e", '{"bad":1}', "--json"]);
    expect(envelope.status).toBe(4);
    expect(JSON.parse(envelope.stdout)).toMatchObject({ status: "error", data: { functionError: "Unhandled", payload: { errorType: "TypeError" } }, error: { code: "FUNCTION_ERROR", category: "functionError" } });
  });

  it("is invoked for a tenant", async () => {
    const { run, clients } = started;
    await createFunction(clients, {
      FunctionName: "shared", Role: await createRole(clients, "shared"), Runtime: "nodejs24.x", TenancyConfig: { TenantIsolationMode: "PER_TENANT" },
      files: { "app.mjs": "export const handler = async (_event, context) => context.tenantId;" },
    });
    expect(run(["invoke", "shared", "--tenant-id", "blue"])).toMatchObject({ status: 0, stdout: '"blue"\n' });
    expect(run(["invoke", "shared"])).toMatchObject({ status: 1, stderr: expect.stringContaining("Add a valid tenant ID in your request") });
  });

  it("is followed by its log, its request and its story", async () => {
    const { run, env } = started;
    run(["invoke", "hello", "-e", '{"name":"first"}']);
    const { requestId } = JSON.parse(run(["invoke", "hello", "-e", '{"name":"second"}', "--json"]).stdout).data;
    await eventually("both in the log", () => run(["logs", "hello"]).stdout.includes(`REPORT RequestId: ${requestId}`));
    expect(run(["logs", "hello", "-n", "2"]).stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(run(["logs", "--filter", '"second"']).stdout).toContain('hello 2');
    const own = run(["logs", "hello", "--request-id", requestId]).stdout;
    expect(own).toContain("START RequestId: ");
    expect(own).toContain("second");
    expect(own).not.toContain("first");
    expect(run(["logs", "hello", "--request-id", "none"]).status).toBe(1);
    expect(run(["why", requestId]).stdout).toContain("hello");
    expect(JSON.parse(run(["why", "hello", "--json"]).stdout).data.stories).toHaveLength(1);

    const follower = spawn(process.execPath, [BIN, "logs", "-f", "-n", "1", "--json"], { env, stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void follower.kill("SIGKILL"));
    let followed = "";
    follower.stdout.on("data", (chunk) => (followed += chunk));
    await eventually("the last line", () => followed.includes("\n"));
    run(["invoke", "hello", "-e", '{"name":"third"}']);
    await eventually("what is written from now on", () => followed.includes("third") && followed.includes("REPORT", followed.indexOf("third")));
    const lines = followed.trimEnd().split("\n").map((line) => JSON.parse(line) as { message: string; function: string });
    expect(lines[0]).toMatchObject({ function: "hello", message: expect.stringContaining(`REPORT RequestId: ${requestId}`) });
    expect(lines.some(({ message }) => message.includes("first"))).toBe(false);
    follower.kill("SIGINT");
    await eventually("its end", () => follower.exitCode === 130);
  });

  it("is queued with --async, and quiet after a drain", async () => {
    const { run } = started;
    const queued = run(["invoke", "hello", "--async"]);
    expect(queued).toMatchObject({ status: 0, stdout: "" });
    const requestId = /queued as ([\w-]+)/.exec(queued.stderr)![1]!;
    expect(run(["drain"]).status).toBe(0);
    expect(run(["logs", "hello"]).stdout).toContain(requestId);
  });
});

describe("lambdad demo", () => {
  it("plays its six steps, and leaves nothing behind", async () => {
    const server = await startServer();
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], AWS_ENDPOINT_URL: server.endpoint };
    const played = spawnSync(process.execPath, [BIN, "demo", "--json"], { encoding: "utf8", timeout: 60_000, env });
    expect(played.stderr).toBe("");
    expect(played.status).toBe(0);
    expect(JSON.parse(played.stdout).data.steps).toHaveLength(6);
    const { logs, iam, s3, lambda } = clientsOf(server.endpoint);
    const [{ ListFunctionsCommand }, { ListBucketsCommand }, { ListRolesCommand }, { DescribeLogGroupsCommand }] = await Promise.all([
      import("@aws-sdk/client-lambda"),
      import("@aws-sdk/client-s3"),
      import("@aws-sdk/client-iam"),
      import("@aws-sdk/client-cloudwatch-logs"),
    ]);
    expect((await lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
    expect((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
    expect((await iam.send(new ListRolesCommand({}))).Roles).toEqual([]);
    expect((await logs.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([]);
  });

  it("says what is wrong when the door was never locked", async () => {
    const server = await startServer({ flags: ["--iam", "off"] });
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], AWS_ENDPOINT_URL: server.endpoint };
    const played = spawnSync(process.execPath, [BIN, "demo"], { encoding: "utf8", timeout: 60_000, env });
    expect(played.status).toBe(1);
    expect(played.stderr).toContain("The demo needs enforce");
  });
});
