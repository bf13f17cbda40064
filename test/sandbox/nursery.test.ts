import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { NURSERY_IDLE_MS } from "../../src/kit/limits/runtime.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";
import type { SandboxDriver, SandboxSpec } from "../../src/sandbox/sandbox.ts";
import { canPrepare } from "../support/modes.ts";
import { preparing } from "../support/prepared.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { createGround, runShell, startShell } from "./conformance.ts";

const MIB = 1024 * 1024;
const PATH = "/usr/local/bin:/usr/bin:/bin";

const createDriver = async ({ packages = tmpdir(), count = 1, directory = join(temporaryDirectory(), "sandboxes"), log = silentLog, wall = createClock() } = {}): Promise<SandboxDriver> => {
  const probe = await findBubblewrap({ directory, network: "isolated", searchPath: process.env["PATH"] ?? "", prepared: { packages, count }, wall, log });
  if (!probe.ok) throw new Error(probe.why);
  onTestFinished(() => probe.driver.close());
  return preparing(probe.driver);
};

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = join(temporaryDirectory(), "package");
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
};

/** What the first process is, as everybody inside may see. */
const FIRST = "tr '\\0' ' ' < /proc/1/cmdline";
const NURSERY = /nursery\.py $/;

/** Waits for a line on its channel, and is what that says. */
const WAITING = { command: "/bin/bash", args: ["-c", "read -r line <&4; echo \"woken by $line in $(cd /var/task && cat hello.txt)\""], env: { PATH } };
const wake = { wake: Buffer.from("a prince\n"), hasChannel: true };

describe.runIf(canPrepare)("sandboxes that are made in advance (skipped where this server is not root, or without python3)", () => {
  it("are copies of a nursery, with the package, the layers and the /tmp of the function that they are given", async () => {
    const driver = await createDriver();
    const layers = folderWith({ "of-a-layer.txt": "of a layer\n" });
    const code = folderWith({ "hello.txt": "hello\n" });
    const mounts = [{ source: code, target: "/var/task" }, { source: layers, target: "/opt" }];
    const { sandbox } = await createGround(driver, { mounts, storageBytes: 64 * MIB });
    const { stdout } = await runShell(sandbox, `${FIRST}; echo; cat /var/task/hello.txt /opt/of-a-layer.txt; df -B1 --output=size /tmp | tail -1 | tr -d ' '; (: > /var/task/new) 2>&1 | grep -o 'Read-only'; ls -A /run/lambdad`);
    expect(stdout.split("\n")).toEqual([expect.stringMatching(NURSERY), "hello", "of a layer", String(64 * MIB), "Read-only", ""]);
  });

  it("have an empty /opt where a function has no layers, and see nobody else's package", async () => {
    const driver = await createDriver();
    await createGround(driver, { mounts: [{ source: folderWith({ secret: "" }), target: "/opt" }] });
    const { sandbox } = await createGround(driver);
    expect((await runShell(sandbox, "ls -A /opt; cat /proc/self/mountinfo | grep -c package")).stdout).toBe("0\n");
  });

  it("have what lies in /tmp for all of their kind, as an interpreter may, and a /tmp of their own around it", async () => {
    const driver = await createDriver();
    const zones = "/usr/share/zoneinfo";
    const { code } = await createGround(driver);
    const mounts = [{ source: code, target: "/var/task" }, { source: zones, target: "/tmp/a/zones" }, { source: zones, target: "/tmp/a/zones" }, { source: `${zones}/UTC`, target: "/tmp/b/UTC" }];
    for (const round of [1, 2]) {
      const { sandbox } = await createGround(driver, { mounts, ports: [9001 + round] });
      const { stdout, stderr } = await runShell(sandbox, `${FIRST}; echo; ls -A /tmp; cmp /tmp/a/zones/UTC /tmp/b/UTC && echo same; (: > /tmp/b/UTC) 2>&1 | grep -o 'Read-only'; rm -rf /tmp/a 2>/dev/null || echo kept; echo mine > /tmp/mine`);
      expect(stdout.split("\n"), stderr).toEqual([expect.stringMatching(NURSERY), "a", "b", "same", "Read-only", "kept", ""]);
    }
  });

  it("are made by bubblewrap where something of the function's lies elsewhere", async () => {
    const driver = await createDriver();
    const folder = folderWith({ "there.txt": "there\n" });
    const { sandbox, code } = await createGround(driver);
    await sandbox.destroy();
    const { sandbox: other } = await createGround(driver, { mounts: [{ source: code, target: "/var/task" }, { source: folder, target: "/tmp/elsewhere" }] });
    expect((await runShell(other, `${FIRST}; echo; cat /tmp/elsewhere/there.txt`)).stdout).toMatch(/init\.sh \nthere\n$/);
  });

  it("are made by bubblewrap where no nursery can be, and it is told why", async () => {
    const lines: string[] = [];
    const log = { ...silentLog, warn: (message: string, fields?: Record<string, unknown>) => void lines.push(`${message} ${JSON.stringify(fields)}`) };
    const driver = await createDriver({ packages: join(temporaryDirectory(), "none"), log });
    const { sandbox } = await createGround(driver, { mounts: [] });
    expect((await runShell(sandbox, FIRST, { directory: "/" })).stdout).toMatch(/init\.sh $/);
    expect(lines.join()).toMatch(/cannot be made in advance.*Can't find source path/);
  });

  it("have a program that waits, and becomes what it is woken for", async () => {
    const driver = await createDriver();
    const { sandbox } = await createGround(driver, { waiting: WAITING });
    const woken = await startShell(sandbox, "echo started anew", wake);
    expect(await text(woken.stdout)).toBe("woken by a prince in hello from the package\n");
    expect(await woken.exited).toEqual({ code: 0, signal: null, isOutOfMemory: false });
    // There is no other one.
    expect((await runShell(sandbox, "echo started anew", wake)).stdout).toBe("started anew\n");
  });

  it("start a program anew where the one that waited has ended", async () => {
    const driver = await createDriver();
    const { sandbox } = await createGround(driver, { waiting: { ...WAITING, args: ["-c", "exit 1"] } });
    // Its end is told before the end of another that is started behind it.
    await eventually("the end of the waiting program", async () => (await sandbox.usage()).processes === 1);
    await runShell(sandbox, "true");
    expect((await runShell(sandbox, "echo started anew", wake)).stdout).toBe("started anew\n");
  });

  it("give a program its channel, both ways", async () => {
    const { sandbox } = await createGround(await createDriver());
    expect(sandbox.hasChannels).toBe(true);
    const running = await sandbox.exec({ command: "/bin/bash", args: ["-c", "read -r line <&4; echo \"heard $line\" >&4"], env: { PATH }, directory: "/", hasChannel: true });
    running.channel!.write("something\n");
    expect(await text(running.channel!)).toBe("heard something\n");
  });

  it("are made anew, with their package, when their nursery is killed", async () => {
    const directory = join(temporaryDirectory(), "sandboxes");
    const { sandbox } = await createGround(await createDriver({ directory }));
    const running = await startShell(sandbox, "exec sleep 1000");
    const nursery = execFileSync("pgrep", ["-f", `${directory}/nurseries/`], { encoding: "utf8" }).trim().split("\n").map(Number);
    process.kill(Math.min(...nursery), "SIGKILL");
    expect(await running.exited).toMatchObject({ signal: "SIGKILL" });
    expect((await runShell(sandbox, `cat hello.txt; ${FIRST}`)).stdout).toMatch(/^hello from the package\n.*init\.sh $/);
  });

  it("are let go with their nursery when nobody has asked for their kind for long, and nobody has one", async () => {
    const wall = createClock();
    const driver = await createDriver({ wall });
    const { sandbox } = await createGround(driver);
    await eventually("one that waits", () => driver.prepared!().ready === 1);
    await wall.advance(NURSERY_IDLE_MS);
    expect(driver.prepared!()).toEqual({ ready: 1, wanted: 1 });
    await sandbox.destroy();
    await wall.advance(NURSERY_IDLE_MS);
    expect(driver.prepared!()).toEqual({ ready: 0, wanted: 0 });
    expect((await runShell((await createGround(driver)).sandbox, FIRST)).stdout).toMatch(NURSERY);
  });

  it("leave nothing when their driver is closed", async () => {
    const directory = join(temporaryDirectory(), "sandboxes");
    const probe = await findBubblewrap({ directory, network: "isolated", searchPath: process.env["PATH"] ?? "", prepared: { packages: tmpdir(), count: 2 }, wall: createClock(), log: silentLog });
    if (!probe.ok) throw new Error(probe.why);
    const { sandbox } = await createGround(preparing(probe.driver), { waiting: WAITING });
    await startShell(sandbox, "exec sleep 1000");
    await probe.driver.close();
    const processes = readdirSync("/proc").filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(directory);
      } catch {
        return false;
      }
    });
    expect([processes, readdirSync(join(directory, "live")), readdirSync(join(directory, "nurseries"))]).toEqual([[], [], []]);
  });

  it("are of one account each", async () => {
    const driver = await createDriver();
    const uid = async (spec: Partial<SandboxSpec>) => (await runShell((await createGround(driver, spec)).sandbox, "id -un; id -u")).stdout;
    const [one, other] = [await uid({ account: "111111111111" }), await uid({ account: "222222222222" })];
    expect(one).toMatch(/^sbx_user1051\n\d+\n$/);
    expect(one).not.toBe(other);
  });
});
