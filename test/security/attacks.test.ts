import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join, resolve } from "node:path";
import { DeleteFunctionCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { hasBubblewrap } from "../support/isolation.ts";
import { MODES } from "../support/modes.ts";
import { launchServer, startServer, type RunningServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";
import { ATTACKS, type Outcome } from "./attacks.ts";

const SECURITY = readFileSync(resolve(import.meta.dirname, "../../SECURITY.md"), "utf8");

const ATTACKER = `
def handler(event, context):
    scope = {"event": event}
    exec(event["code"], scope)
    return scope["result"]
`;
const VICTIM = `
import os, tempfile
def handler(event, context):
    with open(os.path.join(tempfile.gettempdir(), "private"), "w") as file: file.write("secret of the victim")
    return "still here"
`;

const processesNamed = (mark: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(mark);
    } catch {
      return false;
    }
  });

const invoke = async ({ lambda }: Clients, name: string, event: unknown) => {
  const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
  return { error: FunctionError, value: JSON.parse(Buffer.from(Payload!).toString()) as { outcome?: Outcome | "pending"; found?: string[] } };
};

/** Something of the host's that listens, for a handler to find. */
const openHostPort = async () => {
  const tcp = createServer((socket) => socket.end());
  const unix = createServer((socket) => socket.end());
  const abstract = `lambdad-test-${process.pid}`;
  await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", done));
  await new Promise<void>((done) => unix.listen(`\0${abstract}`, done));
  const { port } = tcp.address() as { port: number };
  const addresses = ["127.0.0.1", ...Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ family }) => family === "IPv4").map(({ address }) => address))];
  return { port, abstract, addresses, close: () => [tcp, unix].forEach((server) => server.close()) };
};

describe.each(MODES)("a handler under $name", ({ name, isolation, flags, isHere, untilPrepared }) => {
  let server: RunningServer;
  let clients: Clients;
  let host: Awaited<ReturnType<typeof openHostPort>>;

  beforeAll(async () => {
    if (!isHere) return;
    host = await openHostPort();
    server = await launchServer({ flags: [...flags], env: { LAMBDAD_TEST_SECRET: "of-the-server" } });
    clients = clientsOf(server.endpoint);
    const role = await createRole(clients, "attacker");
    await createFunction(clients, { FunctionName: "attacker", Role: role, files: { "app.py": ATTACKER }, Timeout: 60, MemorySize: 10_240 });
    await createFunction(clients, { FunctionName: "victim", Role: role, files: { "app.py": VICTIM }, MemorySize: 512 });
    await untilPrepared(server.endpoint);
    expect((await invoke(clients, "victim", {})).value, server.said()).toBe("still here");
    await untilPrepared(server.endpoint);
  });
  afterAll(async () => {
    host?.close();
    await server?.stop();
  });

  it.each(ATTACKS)("$id $title: as SECURITY.md says (skipped where there is no bubblewrap)", async ({ id, title, code, expected }) => {
    expect(SECURITY).toContain(`| ${id} | ${title} | ${expected.bubblewrap} | ${expected.process} |`);
    if (!isHere) return;
    const mark = `outliving-${name.replaceAll(/\W/g, "-")}-${process.pid}`;
    const { addresses, port, abstract } = host;
    const { error, value } = await invoke(clients, "attacker", { code, mark, addresses, port, abstract, dataDirectory: server.dataDirectory, serverPid: server.process.pid });
    expect(error, JSON.stringify(value)).toBeUndefined();
    if (value.outcome === "pending") {
      // It becomes one in two steps, and the handler does not wait for them.
      await eventually("the daemon", () => processesNamed(mark).length > 0);
      await clients.lambda.send(new DeleteFunctionCommand({ FunctionName: "attacker" }));
      await eventually("the environment is gone", async () => !(await environments(server)).some((arn) => arn.includes("attacker")));
      value.outcome = processesNamed(mark).length === 0 ? "kept out" : "possible";
      for (const pid of processesNamed(mark)) process.kill(Number(pid), "SIGKILL");
    }
    expect(value.outcome, JSON.stringify(value.found)).toBe(expected[isolation]);
    expect((await invoke(clients, "victim", {})).value).toBe("still here");
  });
});

it.runIf(hasBubblewrap())("under bubblewrap no process outlives a server that is killed (skipped where there is no bubblewrap)", async () => {
  const doomed = await launchServer({ flags: ["--isolation", "bubblewrap"] });
  const its = clientsOf(doomed.endpoint);
  await createFunction(its, { FunctionName: "attacker", Role: await createRole(its, "attacker"), files: { "app.py": ATTACKER }, MemorySize: 1769 });
  const mark = `orphan-${process.pid}`;
  await invoke(its, "attacker", { code: ATTACKS.find(({ id }) => id === "S12")!.code, mark });
  // It becomes one in two steps, and the handler does not wait for them.
  await eventually("the daemon", () => processesNamed(mark).length === 1);
  await doomed.kill();
  await eventually("they are gone", () => processesNamed(mark).length === 0);
  const next = await startServer({ dataDirectory: doomed.dataDirectory, flags: ["--isolation", "bubblewrap"] });
  expect(next.said()).toContain("a server was killed: what it left is ended sandboxes=1");
  expect(readdirSync(join(doomed.dataDirectory, "sandboxes/live"))).toEqual([]);
  expect(await next.stop()).toBe(0);
});

it("without isolation they are ended by the next server, whichever isolation that one has, and it says so", async () => {
  const doomed = await launchServer({ flags: ["--isolation", "process"] });
  const its = clientsOf(doomed.endpoint);
  await createFunction(its, { FunctionName: "parent", Role: await createRole(its, "parent"), files: { "app.py": ATTACKER } });
  const mark = `left-${process.pid}`;
  const code = `import os; os.posix_spawn("/bin/sh", [event["mark"], "-c", "while :; do sleep 1; done"], os.environ); result = {}`;
  await invoke(its, "parent", { code, mark });
  // It becomes one in two steps, and the handler does not wait for them.
  await eventually("the daemon", () => processesNamed(mark).length === 1);
  await doomed.kill();
  // It becomes one in two steps, and the handler does not wait for them.
  await eventually("the daemon", () => processesNamed(mark).length === 1);
  const next = await startServer({ dataDirectory: doomed.dataDirectory });
  await eventually("they are gone", () => processesNamed(mark).length === 0);
  expect(next.said()).toMatch(/a server was killed: what it left is ended sandboxes=1 processes=[1-9]/);
});

/** As the command line sees them: the functions of the live environments. */
const environments = async ({ endpoint }: RunningServer): Promise<string[]> => {
  const { callPlatform } = await import("../../src/cli/platform-client.ts");
  const { body } = await callPlatform({ endpoint, region: "us-east-1", account: undefined }, "GET", "environments");
  return (body as { environments: { functionArn: string }[] }).environments.map(({ functionArn }) => functionArn);
};
