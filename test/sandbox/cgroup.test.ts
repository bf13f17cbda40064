import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findCgroups, type Cgroup, type CgroupHost, type CgroupLimits } from "../../src/sandbox/cgroup.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const MIB = 1024 * 1024;
const PREFIX = `lambdad-test-${process.pid}`;
const needs = { wall: createClock(), log: silentLog, prefix: PREFIX };

/** This machine, seen as it is, and, where it has both versions of cgroups, as if it had one of them only. */
const seen = mkdtempSync(join(tmpdir(), "lambdad-test-"));
const seenThrough = (name: string, isShown: (line: string) => boolean): string => {
  const proc = join(seen, name);
  mkdirSync(join(proc, "self"), { recursive: true });
  const mountinfo = readFileSync("/proc/self/mountinfo", "utf8");
  writeFileSync(join(proc, "self/mountinfo"), mountinfo.split("\n").filter((line) => !/ - cgroup2? /.test(line) || isShown(line)).join("\n"));
  writeFileSync(join(proc, "self/cgroup"), readFileSync("/proc/self/cgroup", "utf8"));
  return proc;
};
const mounted = existsSync("/proc/self/mountinfo") ? readFileSync("/proc/self/mountinfo", "utf8") : "";
const isHybrid = / - cgroup /.test(mounted) && / - cgroup2 /.test(mounted);

const views: readonly { name: string; needs: typeof needs & { proc?: string } }[] = [
  { name: "as this machine is", needs },
  ...(isHybrid
    ? [
        { name: "with v1 alone", needs: { ...needs, proc: seenThrough("v1", (line) => line.includes(" - cgroup ")) } },
        { name: "with v2 alone", needs: { ...needs, proc: seenThrough("v2", (line) => line.includes(" - cgroup2 ")) } },
      ]
    : []),
];
const hosts = await Promise.all(views.map(async (view) => ({ ...view, host: await findCgroups(view.needs) })));
const hasPython = spawnSync("python3", ["-c", ""]).status === 0;

const folders = (directory: string): string[] => readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

let made = 0;
const createGroupOf = (host: CgroupHost, limits: Partial<CgroupLimits> = {}): Cgroup => {
  const cgroup = host.create(`sandbox-${made++}`, { memoryBytes: 512 * MIB, cpus: 2, processesMax: 200, ...limits });
  onTestFinished(() => cgroup.remove());
  return cgroup;
};

/** Starts a program that joins the group before it is what it is. */
const start = (cgroup: Cgroup, command: readonly string[]): { child: ChildProcess; output: () => string; ended: Promise<{ code: number | null; signal: string | null }> } => {
  const join = cgroup.joinFiles.map((file) => `echo $$ > '${file}' || exit 99`).join("; ");
  const child = spawn("/bin/sh", ["-c", `${join}; exec "$0" "$@"`, ...command], { stdio: ["ignore", "pipe", "pipe"] });
  let seen = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding("utf8").on("data", (text: string) => (seen += text));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
  return { child, output: () => seen, ended };
};

const python = (cgroup: Cgroup, script: string) => start(cgroup, ["python3", "-c", script]);

afterAll(async () => {
  for (const { host } of hosts) await host.close();
  rmSync(seen, { recursive: true });
});

describe.each(hosts)("the groups of a sandbox, $name", ({ host, needs }) => {
  const createGroup = (limits: Partial<CgroupLimits> = {}) => createGroupOf(host, limits);
  const has = (...controllers: readonly string[]) => controllers.every((one) => host.limits.some((limit) => limit === one));
  const hasGroups = host.freezer === "cgroup" || host.limits.length > 0;
  const withGroups = it.skipIf(!hasGroups);

  withGroups("hold what joins, and are gone when they are removed (skipped where no group can be made)", async () => {
    const cgroup = createGroup();
    const { child, ended } = start(cgroup, ["sleep", "1000"]);
    await eventually("it joined each", () => cgroup.joinFiles.every((file) => readFileSync(file, "utf8") === `${child.pid}\n`));
    expect(cgroup.pids()).toEqual([child.pid]);
    expect(cgroup.pids().length).toBe(1);
    await cgroup.remove();
    expect((await ended).signal).toBe("SIGKILL");
    expect(cgroup.joinFiles.length).toBeGreaterThan(0);
    for (const file of cgroup.joinFiles) expect(existsSync(dirname(file))).toBe(false);
    expect(cgroup.pids()).toEqual([]);
    await cgroup.remove();
  });

  it.skipIf(!has("memory") || !hasPython)("limit memory: the kernel kills, and counts (skipped without the memory controller or python3)", async () => {
    const cgroup = createGroup({ memoryBytes: 64 * MIB });
    const { ended } = python(cgroup, "held = []\nwhile True: held.append(bytearray(1 << 20))");
    expect((await ended).signal).toBe("SIGKILL");
    expect(cgroup.outOfMemoryKills()).toBe(1);
    const { peakBytes } = cgroup.memory();
    expect(peakBytes).toBeLessThanOrEqual(64 * MIB);
    expect(peakBytes).toBeGreaterThan(60 * MIB);
    // Another life in the same group is not charged for the first.
    const second = python(cgroup, "print('alive')");
    await second.ended;
    expect(second.output()).toBe("alive\n");
    expect(cgroup.outOfMemoryKills()).toBe(1);
  });

  it.skipIf(!has("memory") || !hasPython)("measure what is held, and its peak, without the files that were read (skipped without the memory controller or python3)", async () => {
    // On a disk: what lies in a tmpfs, as /tmp often is, is memory that is held.
    const directory = mkdtempSync("/var/tmp/lambdad-test-");
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "package");
    const cgroup = createGroup();
    const writer = python(cgroup, `open("${file}", "wb").write(bytes(100 << 20))`);
    await writer.ended;
    const reader = python(cgroup, `
import sys, time
spike = bytearray(150 << 20); del spike
held = bytearray(40 << 20)
with open("${file}", "rb") as file:
    while file.read(1 << 20): pass
print("ready", flush=True); time.sleep(1000)`);
    await eventually("it has read", () => reader.output() === "ready\n");
    const { bytes, peakBytes } = cgroup.memory();
    expect(bytes).toBeGreaterThan(40 * MIB);
    expect(bytes).toBeLessThan(70 * MIB);
    // The spike was between two looks; 100 MiB of page cache are not in it.
    expect(peakBytes).toBeGreaterThan(130 * MIB);
    expect(peakBytes).toBeLessThan(190 * MIB);
    await cgroup.kill();
    expect(cgroup.memory().bytes).toBeLessThan(10 * MIB);
    expect(cgroup.memory().peakBytes).toBeGreaterThan(130 * MIB);
  });

  it.skipIf(!has("pids") || !hasPython)("limit processes and threads (skipped without the pids controller or python3)", async () => {
    const cgroup = createGroup({ processesMax: 10 });
    const { ended, output } = python(cgroup, `
import threading, time
for count in range(1, 100):
    try: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    except RuntimeError: break
print(count, flush=True)
import os; os._exit(0)`);
    await ended;
    expect(output()).toBe("10\n");
  });

  it.skipIf(!has("cpu"))("share out the CPU (skipped without the cpu controller)", async () => {
    const cgroup = createGroup({ cpus: 0.2 });
    start(cgroup, ["sh", "-c", "while :; do :; done"]);
    await eventually("it runs", () => cgroup.cpuMs() > 0);
    const [begin, used] = [performance.now(), cgroup.cpuMs()];
    await eventually("a second passed", () => performance.now() - begin > 1_000);
    const share = (cgroup.cpuMs() - used) / (performance.now() - begin);
    expect(share).toBeLessThan(0.4);
    expect(share).toBeGreaterThan(0);
  });

  withGroups("take more CPUs than there are, and a share that is too small to be one (skipped where no group can be made)", () => {
    createGroup({ cpus: 1_000 });
    createGroup({ cpus: 0.000_1 });
  });

  withGroups("freeze what runs, and let it go on (skipped where no group can be made)", async () => {
    const cgroup = createGroup();
    const { output } = start(cgroup, ["sh", "-c", "while :; do echo x; done"]);
    await eventually("output", () => output().length > 0);
    await cgroup.freeze();
    const cpuMs = cgroup.cpuMs();
    // Two reads of what was in the pipe, then nothing.
    const length = await eventually("silence", async () => {
      const before = output().length;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return output().length === before && before;
    });
    expect(cgroup.cpuMs()).toBe(cpuMs);
    await cgroup.thaw();
    await eventually("more output", () => output().length > length);
  });

  withGroups("give up waiting for the freeze when it is thawed (skipped where no group can be made)", async () => {
    const cgroup = createGroup();
    start(cgroup, ["sh", "-c", "while :; do :; done"]);
    await eventually("it joined", () => cgroup.pids().length > 0);
    await Promise.all([cgroup.freeze(), cgroup.thaw()]);
    const cpuMs = cgroup.cpuMs();
    await eventually("it runs", () => cgroup.cpuMs() > cpuMs);
  });

  withGroups.each(["running", "frozen"])("kill everything that is %s, and can be used again (skipped where no group can be made)", async (state) => {
    const cgroup = createGroup();
    const { ended, output } = start(cgroup, ["sh", "-c", "for i in 1 2 3 4 5; do setsid sleep 1000 & done; (setsid sh -c 'while :; do sleep 0.01; done' &); echo up; wait"]);
    await eventually("all are there", () => output() === "up\n" && cgroup.pids().length >= 7);
    if (state === "frozen") await cgroup.freeze();
    await cgroup.kill();
    expect(cgroup.pids()).toEqual([]);
    expect((await ended).signal).toBe("SIGKILL");
    const again = start(cgroup, ["sh", "-c", "(echo child); echo again"]);
    expect((await again.ended).code).toBe(0);
    expect(again.output()).toBe("child\nagain\n");
  });

  it.skipIf(!has("pids") || !hasPython)("kill a bomb that forks as fast as it can (skipped without the pids controller or python3)", async () => {
    const cgroup = createGroup({ processesMax: 50 });
    python(cgroup, `
import os
while True:
    try: os.fork() or os.setsid()
    except OSError: pass`);
    await eventually("it is full", () => cgroup.pids().length === 50);
    await cgroup.kill();
    expect(cgroup.pids()).toEqual([]);
  });

  withGroups("sweep what a killed server left, and nothing of a living one (skipped where no group can be made)", async () => {
    const living = createGroup();
    const survivor = start(living, ["sleep", "1000"]);
    // A server that makes a group, starts something in it, freezes it and dies by SIGKILL.
    const script = `
import { spawn } from "node:child_process";
import { findCgroups } from ${JSON.stringify(join(import.meta.dirname, "../../src/sandbox/cgroup.ts"))};
import { createClock, keepAlive } from ${JSON.stringify(join(import.meta.dirname, "../../src/kit/clock.ts"))};
keepAlive();
const log = { debug() {}, info() {}, warn() {}, error() {} };
const host = await findCgroups({ wall: createClock(), log, ...${JSON.stringify({ prefix: needs.prefix, proc: needs.proc })} });
const cgroup = host.create("left-over", { memoryBytes: 1 << 28, cpus: 1, processesMax: 50 });
const child = spawn("/bin/sh", ["-c", cgroup.joinFiles.map((file) => "echo $$ > " + file).join("; ") + "; echo joined; exec sleep 1000"], { detached: true });
child.stdout.once("data", async () => { await cgroup.freeze(); console.log(JSON.stringify({ child: child.pid, files: cgroup.joinFiles })); });
`;
    const server = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    server.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const { child, files } = await eventually("the server is up", () => text.endsWith("\n") && (JSON.parse(text) as { child: number; files: string[] }));
    await eventually("what it started is in its group", () => files.every((file) => readFileSync(file, "utf8") === `${child}\n`));
    server.kill("SIGKILL");
    await new Promise((resolve) => server.once("close", resolve));
    await host.sweep();
    for (const file of files) expect(existsSync(dirname(dirname(file)))).toBe(false);
    expect(existsSync(`/proc/${child}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${child}/status`, "utf8"))).toBe(false);
    expect(living.pids()).toEqual([survivor.child.pid]);
  });

  withGroups("leave nothing: not even the server's own groups (skipped where no group can be made)", async () => {
    const other = await findCgroups({ ...needs, prefix: `${PREFIX}-other` });
    const cgroup = createGroupOf(other);
    const tops = cgroup.joinFiles.map((file) => dirname(dirname(dirname(file))));
    await cgroup.remove();
    await other.close();
    for (const top of tops) expect(folders(top).filter((name) => name.startsWith(`${PREFIX}-other`))).toEqual([]);
  });

  withGroups("refuse a group that is there already, instead of sharing it (skipped where no group can be made)", () => {
    const id = `twice-${made++}`;
    const limits = { memoryBytes: MIB, cpus: 1, processesMax: 10 };
    const first = host.create(id, limits);
    onTestFinished(() => first.remove());
    expect(() => host.create(id, limits)).toThrow(/groups of sandbox twice-\d+ could not be made: EEXIST/);
    for (const file of first.joinFiles) expect(existsSync(file)).toBe(true);
  });
});

describe("without groups", () => {
  const createFallback = async (members: () => readonly number[]) => {
    const bare = await findCgroups({ ...needs, proc: temporaryDirectory() });
    return { bare, cgroup: bare.create("bare", { memoryBytes: MIB, cpus: 1, processesMax: 10 }, members) };
  };

  it("says what is not limited, why, and what to do", async () => {
    const { bare } = await createFallback(() => []);
    expect(bare).toMatchObject({ limits: [], freezer: "signal" });
    expect(bare.warnings).toEqual([
      expect.stringMatching(/^the kernel does not limit the memory, the CPU time, the number of processes of sandboxes: no cgroups are mounted\. Fix: /),
    ]);
    await bare.sweep();
    await bare.close();
  });

  it("names a mount that is read-only, and makes nothing in it", async () => {
    const proc = temporaryDirectory();
    const tree = temporaryDirectory();
    mkdirSync(join(proc, "self"));
    writeFileSync(join(proc, "self/cgroup"), "0::/\n");
    writeFileSync(join(proc, "self/mountinfo"), `31 23 0:28 / ${tree} ro,relatime - cgroup2 cgroup2 rw\n`);
    writeFileSync(join(tree, "cgroup.controllers"), "cpu memory\n");
    const { warnings } = await findCgroups({ ...needs, proc });
    expect(warnings).toEqual([
      expect.stringContaining(`the memory, the CPU time of sandboxes: ${tree} is mounted read-only`),
      expect.stringContaining('the number of processes of sandboxes: no cgroups with "pids" are mounted'),
    ]);
    expect(folders(tree)).toEqual([]);
  });

  it("stops, continues, measures and kills the processes that it is told of", async () => {
    const child = spawn("/bin/sh", ["-c", "while :; do echo x; done"], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise<string | null>((resolve) => child.once("close", (_code, signal) => resolve(signal)));
    let isAlive = true;
    void ended.then(() => (isAlive = false));
    child.stdout.resume();
    const { cgroup } = await createFallback(() => (isAlive ? [child.pid!] : []));
    expect(cgroup.joinFiles).toEqual([]);
    await eventually("it works", () => cgroup.cpuMs() > 0);
    expect(cgroup.pids()).toHaveLength(1);
    expect(cgroup.memory().peakBytes).toBeGreaterThan(0);
    const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
    await cgroup.freeze();
    await eventually("it is stopped", () => state() === "T");
    await cgroup.thaw();
    await eventually("it is not stopped", () => state() !== "T");
    await cgroup.freeze();
    await cgroup.kill();
    expect(await ended).toBe("SIGKILL");
    expect(cgroup.outOfMemoryKills()).toBe(0);
    await cgroup.remove();
  });
});
