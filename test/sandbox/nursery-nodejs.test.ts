import { cpSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";
import { findKoffi } from "../../src/sandbox/find-koffi.ts";
import type { Sandbox, SandboxDriver, SandboxSpec } from "../../src/sandbox/sandbox.ts";
import { preparing } from "../support/prepared.ts";
import { hasBubblewrap } from "../support/isolation.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { createGround } from "./conformance.ts";

const runtimes = fileURLToPath(new URL("../../runtimes/nodejs", import.meta.url));
const isPossible = hasBubblewrap() && process.getuid?.() === 0 && readdirSync("/usr/bin").includes("python3") && findKoffi() !== undefined;
const HEAP = "--max-old-space-size=64";

/** Runs the module that comes on its channel, started or copied. */
const WAIT = `import { readSync } from "node:fs";
const bytes = Buffer.alloc(65536);
export const begin = () => {
  const count = readSync(4, bytes);
  if (count > 0) void import("data:text/javascript;base64," + bytes.toString("base64", 0, count));
};
`;

const createDriver = async (): Promise<SandboxDriver> => {
  const [directory, packages] = [join(temporaryDirectory(), "sandboxes"), temporaryDirectory()];
  const probe = await findBubblewrap({ directory, network: "isolated", searchPath: process.env["PATH"] ?? "", prepared: { packages, count: 1 }, wall: createClock(), log: silentLog });
  if (!probe.ok) throw new Error(probe.why);
  onTestFinished(() => probe.driver.close());
  return preparing(probe.driver);
};

/** What a Node.js runtime is started with; the runtime folder lies where no package does. */
const specOf = (forksAs?: "nodejs"): Partial<SandboxSpec> => {
  const [node, runtime] = [dirname(dirname(realpathSync(process.execPath))), join(temporaryDirectory(), "runtime")];
  cpSync(runtimes, runtime, { recursive: true });
  writeFileSync(join(runtime, "wait.mjs"), WAIT);
  return {
    mounts: [{ source: runtime, target: "/var/runtime" }, { source: node, target: node }],
    waiting: { command: process.execPath, args: [HEAP, "/var/runtime/waiting.mjs"], env: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8" }, ...(forksAs === undefined ? {} : { forksAs }) },
  };
};

/** The processes that copy themselves, of that runtime folder: they are in a nursery's PID namespace, and their copies in one more. */
const zygotesOf = (runtime: string): number[] =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const isZygote = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("/var/runtime/zygote/zygote.mjs") && /^NSpid:\t\d+\t\d+$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      return isZygote && statSync(`/proc/${pid}/root/var/runtime/wait.mjs`).ino === statSync(join(runtime, "wait.mjs")).ino;
    } catch {
      return false;
    }
  });

const wake = async (sandbox: Sandbox, script: string) => {
  const running = await sandbox.exec({ command: "/bin/sh", args: ["-c", "echo started anew"], env: {}, directory: "/", hasChannel: true, wake: Buffer.from(script) });
  const [stdout, stderr, exit] = await Promise.all([text(running.stdout), text(running.stderr), running.exited]);
  return { stdout, stderr, exit };
};

const ask = async (sandbox: Sandbox, script: string): Promise<Record<string, unknown>> => {
  const { stdout, stderr } = await wake(sandbox, script);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};

const IDENTITY = `
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
const status = readFileSync("/proc/self/status", "utf8");
const field = (name) => status.match(new RegExp("^" + name + ":\\\\s+(.*)$", "m"))[1];
const limit = (name) => readFileSync("/proc/self/limits", "utf8").match(new RegExp(name + " +(\\\\S+) +(\\\\S+)")).slice(1).join(" ");
const kinds = readdirSync("/proc/self/fd").map((name) => { try { return [Number(name), readlinkSync("/proc/self/fd/" + name).replace(/\\d+/, "")]; } catch { return [-1]; } });
console.log(JSON.stringify({
  caps: ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(field), privileges: field("NoNewPrivs"), seccomp: field("Seccomp"), uid: field("Uid").split("\\t"), groups: /^Groups:[ \\t]*(.*)$/m.exec(status)[1].trim(),
  parent: process.ppid, isItself: Number(readlinkSync("/proc/self")) === process.pid, umask: process.umask(), directory: process.cwd(),
  files: limit("Max open files"), core: limit("Max core file size"),
  descriptors: kinds.filter(([number]) => number >= 0 && number < 5).toSorted(([one], [other]) => one - other), others: [...new Set(kinds.filter(([number]) => number > 4).map(([, link]) => link))].filter((link) => link !== "/dev/null").toSorted(),
  environment: process.env, argv: process.argv.slice(0, 1), execArgv: process.execArgv, title: process.title, cgroup: readFileSync("/proc/self/cgroup", "utf8").split("\\n").map((line) => line.split(":")[2]).filter((path) => path !== undefined && path !== "/").length,
  globals: Object.getOwnPropertyNames(globalThis).toSorted(), hidden: readdirSync("/run").includes("lambdad") ? readdirSync("/run/lambdad") : [],
}));`;

describe.runIf(isPossible)("Node.js runtimes that are copied into sandboxes (skipped where this server is not root, or without python3 or koffi)", () => {
  const isCopy = (sandbox: Sandbox) => ask(sandbox, 'import { readFileSync } from "node:fs"; console.log(JSON.stringify({ line: readFileSync("/proc/self/cmdline", "utf8") }));');

  it("are copies", async () => {
    const { sandbox } = await createGround(await createDriver(), specOf("nodejs"));
    expect((await isCopy(sandbox))["line"]).toContain("/var/runtime/zygote/zygote.mjs");
  });

  it("are like started ones: identity, limits, namespaces, descriptors, what Node.js shows", async () => {
    const driver = await createDriver();
    const { sandbox: copied } = await createGround(driver, specOf("nodejs"));
    const { sandbox: started } = await createGround(driver, specOf());
    const [copy, start] = [await ask(copied, IDENTITY), await ask(started, IDENTITY)];
    expect(copy).toEqual(start);
    const none = "0000000000000000";
    expect(copy).toMatchObject({ caps: [none, none, none, none, none], privileges: "1", seccomp: "2", groups: "", parent: 1, isItself: true, directory: "/", execArgv: [HEAP] });
  });

  it("have nothing random in common", async () => {
    const driver = await createDriver();
    const spec = specOf("nodejs");
    const script = 'import { randomUUID, randomBytes, randomInt } from "node:crypto"; console.log(JSON.stringify([Math.random(), randomUUID(), randomBytes(8).toString("hex"), randomInt(2 ** 40)]));';
    const seen = [];
    for (let i = 0; i < 3; i++) seen.push(...Object.values(await ask((await createGround(driver, spec)).sandbox, script)));
    expect(new Set(seen).size).toBe(12);
  });

  it.each([
    ["by itself", "process.exitCode = 7;", { code: 7, signal: null }],
    ["by process.exit, after the thread pool was used", 'import { gzip } from "node:zlib"; gzip("text", () => process.exit(8));', { code: 8, signal: null }],
    ["with a worker that still runs", 'import { Worker } from "node:worker_threads"; new Worker("setInterval(() => {}, 1000)", { eval: true }).once("online", () => process.exit(9));', { code: 9, signal: null }],
    ["by an error that nobody catches", 'setTimeout(() => { throw new Error("lost"); });', { code: 1, signal: null }],
    ["by its own SIGTERM handler", 'process.on("SIGTERM", () => process.exit(11)); process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);', { code: 11, signal: null }],
    ["for want of heap, of which it has what it was given", "const all = []; for (;;) all.push(new Array(1000).fill(all.length));", { code: null, signal: "SIGABRT" }],
  ])("end %s", async (_how, script, end) => {
    const { sandbox } = await createGround(await createDriver(), specOf("nodejs"));
    expect((await wake(sandbox, script)).exit).toMatchObject(end);
  });

  it("are counted to their sandbox: its limits hold for them, and its reset ends them", async () => {
    const { sandbox } = await createGround(await createDriver(), specOf("nodejs"));
    const running = await sandbox.exec({ command: "/bin/false", args: [], env: {}, directory: "/", hasChannel: true, wake: Buffer.from('console.log("ready"); setInterval(() => {}, 1000);') });
    await new Promise((resolve) => running.stdout.once("data", resolve));
    expect((await sandbox.usage()).processes).toBe(2);
    await sandbox.reset();
    expect(await running.exited).toMatchObject({ signal: "SIGKILL" });
  });

  it("are started where their Node.js cannot be copied", async () => {
    const spec = specOf("nodejs");
    const runtime = spec.mounts![0]!.source;
    writeFileSync(join(runtime, "zygote", "probe.mjs"), 'export const proveCopies = () => { throw new Error("not this one"); };');
    const { sandbox } = await createGround(await createDriver(), spec);
    expect((await isCopy(sandbox))["line"]).toContain("/var/runtime/waiting.mjs");
    expect(readFileSync(join(runtime, "wait.mjs"), "utf8")).toBe(WAIT);
  });

  it("are started once the process is gone that copied itself", async () => {
    const driver = await createDriver();
    const spec = specOf("nodejs");
    const runtime = spec.mounts![0]!.source;
    await isCopy((await createGround(driver, spec)).sandbox);
    for (const pid of zygotesOf(runtime)) process.kill(pid, "SIGKILL");
    // What was made before is still taken.
    await eventually("one that was started", async () => String((await isCopy((await createGround(driver, spec)).sandbox))["line"]).includes("/var/runtime/waiting.mjs"));
  });
});
