import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CreateLogGroupCommand, DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "bin/lambdad.js");
const baseEnv = () => ({ PATH: process.env["PATH"], HOME: process.env["HOME"], LAMBDAD_PREPARE_SDKS: "0" });

const run = (args: readonly string[], options: { env?: Record<string, string>; input?: string } = {}) =>
  spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", timeout: 30_000, env: { ...baseEnv(), ...options.env }, ...(options.input === undefined ? {} : { input: options.input }) });

/** A negative number asks for a group. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const SLOW = `
console.log("pid", process.pid);
export const handler = () => new Promise((resolve) => setTimeout(resolve, 290_000));
`;

/** A server whose one function runs, and will for minutes. */
const startSlowFunction = async () => {
  const server = await startServer({ flags: ["--isolation", "process"] });
  const clients = clientsOf(server.endpoint);
  await createFunction(clients, { FunctionName: "slow", Role: await createRole(clients, "slow"), Runtime: "nodejs24.x", Timeout: 300, files: { "app.mjs": SLOW } });
  const running = clients.lambda.send(new InvokeCommand({ FunctionName: "slow" })).then(() => "answered", () => "cut off");
  const log = async () => (await clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/slow", filterPattern: "pid" })).catch(() => undefined))?.events?.[0]?.message;
  const pid = Number(/pid (\d+)/.exec(await eventually("the handler runs", log))![1]);
  return { server, pid, running };
};

/** As a later lambdad would have left it. */
const writeFuture = (path: string) => {
  const database = new DatabaseSync(path);
  database.exec("create table schema_migration (id text primary key); insert into schema_migration (id) values ('from-the-future');");
  database.close();
};

describe("lambdad start", () => {
  it.each(["state.db", "history.db"])("refuses data that a newer lambdad wrote: %s", (file) => {
    const directory = temporaryDirectory();
    writeFuture(join(directory, file));
    const { status, stdout, stderr } = run(["start", "--port", "0", "--data-dir", directory, "--isolation", "process"]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`✗ the data in ${directory} cannot be opened`);
    expect(stderr).toContain("written by a newer lambdad (it knows from-the-future)");
    expect(stderr).toContain("code: DATA_TOO_NEW");
  });

  it("prints the endpoint that is bound, then Ready., and nothing else on stdout", async () => {
    const child = spawn(process.execPath, [BIN, "start", "--port", "0", "--data-dir", join(temporaryDirectory(), "data")], { env: baseEnv(), stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (said.stdout += chunk));
    child.stderr.on("data", (chunk) => (said.stderr += chunk));
    await eventually("Ready.", () => said.stdout.includes("Ready.\n"));
    expect(said.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\nReady\.\n$/);
    const endpoint = said.stdout.split("\n")[0]!;
    expect(said.stderr).toContain(`export AWS_ENDPOINT_URL=${endpoint}`);
    expect(said.stderr).toContain("isolation");
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });

  it("ends with 0 on SIGINT, and keeps what it was told across starts", async () => {
    const first = await startServer();
    await clientsOf(first.endpoint).logs.send(new CreateLogGroupCommand({ logGroupName: "kept" }));
    first.process.kill("SIGINT");
    expect((await once(first.process, "exit"))[0]).toBe(0);
    const second = await startServer({ dataDirectory: first.dataDirectory });
    const { logGroups } = await clientsOf(second.endpoint).logs.send(new DescribeLogGroupsCommand({}));
    expect(logGroups!.map(({ logGroupName }) => logGroupName)).toEqual(["kept"]);
    expect(await second.stop()).toBe(0);
  });

  it("refuses a second server on the same data directory with the first one's pid, and starts again after kill -9", async () => {
    const first = await startServer();
    const { status, stdout, stderr } = run(["start", "--port", "0", "--data-dir", first.dataDirectory]);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("is in use by another lambdad");
    expect(stderr).toContain(`pid ${first.process.pid} serves it at ${first.endpoint}`);
    await first.kill();
    const second = await startServer({ dataDirectory: first.dataDirectory });
    expect(await second.stop()).toBe(0);
  });

  it("says in one clear line that the port is taken, and what to do", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    onTestFinished(() => void blocker.close());
    const { port } = blocker.address() as AddressInfo;
    const { status, stderr } = run(["start", "--port", String(port), "--data-dir", join(temporaryDirectory(), "data")]);
    expect(status).toBe(1);
    expect(stderr).toContain(`port ${port} of 127.0.0.1 is taken`);
    expect(stderr).toContain("--port 0");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("says in one line each what is missing on a machine, and how to have it", async () => {
    const bare = { PATH: temporaryDirectory(), HOME: temporaryDirectory() };
    const server = await startServer({ env: bare });
    expect(server.said()).toMatch(/^.* warn +functions run without isolation.*bubblewrap is not installed.*apt install bubblewrap.*$/m);
    expect(server.said()).toMatch(/^.*no Python is on this machine.*Fix: apt install python3.*$/m);
    const refused = run(["start", "--port", "0", "--data-dir", join(temporaryDirectory(), "data"), "--isolation", "bubblewrap"], { env: bare });
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toMatch(/bubblewrap is not installed\n  fix:  install it \(apt install bubblewrap\)/);
    for (const said of [server.said(), refused.stderr]) expect(said).not.toMatch(/^\s+at /m);
  });

  it("warns that an address of others makes them root", async () => {
    const [wide, own] = await Promise.all([startServer({ flags: ["--host", "0.0.0.0"] }), startServer()]);
    expect(wide.said()).toMatch(/^.*everybody who reaches 0\.0\.0\.0 is root with the key test \/ test.*$/m);
    expect(own.said()).not.toContain("everybody who reaches");
  });

  it("under npm is ended by npm's own SIGTERM, and nothing is left behind", async () => {
    const child = spawn("npm", ["start"], { cwd: ROOT, env: { ...baseEnv(), LAMBDAD_PORT: "0", LAMBDAD_DATA_DIR: join(temporaryDirectory(), "data") }, stdio: ["ignore", "pipe", "ignore"], detached: true });
    onTestFinished(() => void (isAlive(-child.pid!) && process.kill(-child.pid!, "SIGKILL")));
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    await eventually("Ready.", () => said.includes("Ready.\n"));
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    await eventually("no process of it is left", () => !isAlive(-child.pid!));
  });

  it.each(["SIGTERM", "SIGINT"] as const)("at a second %s ends at once, whatever still runs, and leaves no process behind", async (signal) => {
    const { server, pid, running } = await startSlowFunction();
    server.process.kill(signal);
    await eventually("it stops", () => server.said().includes(`stopping on ${signal}`));
    // What comes right behind the first one is the same Ctrl-C, passed on by npm: only a later one counts.
    await eventually("a later signal ends it", () => server.process.exitCode !== null || void server.process.kill(signal));
    expect(server.process.exitCode).toBe(130);
    expect(await running).toBe("cut off");
    await eventually("the handler's process is gone", () => !isAlive(pid));
  });

  it("after kill -9 ends at its next start what the first one left running", async () => {
    const { server, pid } = await startSlowFunction();
    await server.kill();
    expect(isAlive(pid)).toBe(true);
    await startServer({ dataDirectory: server.dataDirectory, flags: ["--isolation", "process"] });
    await eventually("the handler's process is gone", () => !isAlive(pid));
  });

  it("says why a data directory cannot be used", () => {
    for (const directory of ["/proc/lambdad", join(ROOT, "package.json")]) {
      const { status, stderr } = run(["start", "--port", "0", "--data-dir", directory]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^✗ the data directory \S+ cannot be used\n {2}why: {2}E\w+: .*\n {2}fix: /);
    }
  });

  it("tells how it read LocalStack's variables", async () => {
    const server = await startServer({ env: { LAMBDA_EXECUTOR: "docker", IAM_SOFT_MODE: "1" } });
    expect(server.said()).toContain("IAM_SOFT_MODE=1 → iam soft");
    expect(server.said()).toContain("LAMBDA_EXECUTOR: functions run in sandboxes");
  });
});

describe("commands against a running server", () => {
  it("speak with it by its endpoint", async () => {
    const server = await startServer();
    const env = { AWS_ENDPOINT_URL: server.endpoint };
    const health = run(["health", "--json"], { env });
    expect(health.status).toBe(0);
    expect(JSON.parse(health.stdout)).toMatchObject({ schemaVersion: 1, command: "health", status: "ok", data: { status: "ready", pid: server.process.pid }, error: null });
    expect(run(["health"], { env }).stdout).toContain(server.endpoint);
    expect(run(["runtimes"], { env }).stdout).toContain("nodejs24.x");
    expect(run(["drain"], { env })).toMatchObject({ status: 0, stdout: "quiet\n" });

    const before = Date.parse(run(["clock", "now"], { env }).stdout.trim());
    const after = Date.parse(run(["clock", "advance", "2h"], { env }).stdout.trim());
    expect(after - before).toBeGreaterThanOrEqual(2 * 60 * 60 * 1000);
    expect(run(["health"], { env }).stdout).toContain(" ahead: it was moved.");
    expect(run(["clock", "reset"], { env })).toMatchObject({ status: 0, stdout: expect.stringMatching(/^the clock is (2h|1h 59m) ahead until the server ends; its next start begins with the wall's time\n$/) as string });

    const unknown = run(["why", "no-such-thing"], { env });
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain("nothing is known of no-such-thing");
    const missing = run(["invoke", "no-such-function", "--json"], { env });
    expect(missing.status).toBe(1);
    expect(JSON.parse(missing.stdout)).toMatchObject({ status: "error", error: { code: "ResourceNotFoundException" } });
    expect(run(["logs"], { env })).toMatchObject({ status: 0, stdout: "" });
  });
});
