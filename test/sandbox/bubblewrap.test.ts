import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock, type Clock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { chooseSandboxDriver } from "../../src/sandbox/choose.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";
import { uidOf } from "../../src/sandbox/run-script.ts";
import { hasBubblewrap } from "../support/isolation.ts";
import { openOutside } from "../support/outside.ts";
import { preparing } from "../support/prepared.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { createGround, expectOwnListeners, runConformance, runShell, startShell } from "./conformance.ts";

const searchPath = process.env["PATH"] ?? "";
const isRoot = process.getuid?.() === 0;

interface Options {
  directory?: string;
  network?: "isolated" | "host";
  wall?: Clock;
  /** Where programs are found. */
  path?: string;
  prepared?: { packages: string; count: number };
}
const openDriver = async ({ directory, network = "isolated", wall = createClock(), path = searchPath, prepared }: Options & { directory: string }) => {
  const probe = await findBubblewrap({ directory, network, searchPath: path, wall, log: silentLog, ...(prepared === undefined ? {} : { prepared }) });
  if (!probe.ok) throw new Error(`${probe.why}; ${probe.fix}`);
  return prepared === undefined ? probe.driver : preparing(probe.driver);
};
/** One for this test, closed when it is over. */
const createDriver = async (options: Options = {}) => {
  const driver = await openDriver({ directory: join(temporaryDirectory(), "sandboxes"), ...options });
  onTestFinished(() => driver.close());
  return driver;
};

/** The processes of this machine that this one started. */
const childrenOf = (pid: number): number[] => (readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? []).map(Number);

/** A port of the host's own loopback that answers `hello`. */
const openPort = async (): Promise<number> => {
  const server = createServer((socket) => socket.end("hello\n"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
};

const METADATA = "169.254.169.254";
const ask = (address: string, port: number): string => `timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/${port} && head -n 1 <&3' 2>/dev/null || echo refused`;

describe.runIf(hasBubblewrap())("where bubblewrap is there (skipped where it is not)", () => {
  runConformance("bubblewrap", (directory) => openDriver({ directory }));
  runConformance("bubblewrap, prepared", (directory) => openDriver({ directory, prepared: { packages: tmpdir(), count: 1 } }));

  it("has its listeners made by a Node of ours inside where there is no Python to make them from outside", async () => {
    const programs = temporaryDirectory();
    for (const name of ["bwrap", "pasta", "setpriv"]) {
      const found = searchPath.split(":").map((folder) => join(folder, name)).find((path) => existsSync(path));
      if (found !== undefined) symlinkSync(found, join(programs, name));
    }
    await expectOwnListeners(await createDriver({ path: programs }));
  });

  it("says what it keeps apart", async () => {
    const { isolation } = await createDriver();
    expect(isolation).toMatchObject({ name: "bubblewrap", isBoundary: true, network: "isolated" });
    expect(["pasta", "none"]).toContain(isolation.internet);
    if (isolation.internet === "none") expect(isolation.warnings.join()).toContain("no way to the internet");
  });

  it("mounts the package read-only at its path, and a mount inside of another", async () => {
    const driver = await createDriver();
    const outer = temporaryDirectory();
    const inner = temporaryDirectory();
    mkdirSync(join(outer, "lib"));
    chmodSync(inner, 0o755);
    writeFileSync(join(outer, "lib", "a.txt"), "outer\n");
    writeFileSync(join(inner, "b.txt"), "inner\n");
    const { sandbox } = await createGround(driver, { mounts: [{ source: outer, target: "/var/runtime" }, { source: inner, target: "/var/runtime/modules/own" }] });
    const { stdout } = await runShell(sandbox, "cat /var/runtime/lib/a.txt /var/runtime/modules/own/b.txt; touch /var/runtime/lib/c 2>&1", { directory: "/" });
    expect(stdout).toMatch(/^outer\ninner\n.*Read-only file system\n$/);
  });

  it("mounts deep inside of what another mount has, and leaves that one's links what they are", async () => {
    const [outer, inner, host] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
    for (const folder of [inner, host]) chmodSync(folder, 0o755);
    writeFileSync(join(host, "secret"), "of the host\n");
    mkdirSync(join(outer, "own"));
    writeFileSync(join(outer, "own", "a.txt"), "outer\n");
    symlinkSync(join(host, "secret"), join(outer, "own", "escape"));
    symlinkSync("own/a.txt", join(outer, "link"));
    writeFileSync(join(inner, "b.txt"), "inner\n");
    const { sandbox } = await createGround(await createDriver(), { mounts: [{ source: outer, target: "/opt" }, { source: inner, target: "/opt/own/deep" }] });
    const { stdout } = await runShell(sandbox, "cat /opt/link /opt/own/deep/b.txt; cat /opt/own/escape 2>/dev/null || echo nowhere", { directory: "/" });
    expect(stdout).toBe("outer\ninner\nnowhere\n");
  });

  it("has an empty /opt", async () => {
    const { sandbox } = await createGround(await createDriver());
    const { stdout } = await runShell(sandbox, "ls -A /opt && touch /opt/a 2>&1");
    expect(stdout).toMatch(/^touch: .*Read-only file system\n$/);
  });

  it("runs a program that lies in the host's /tmp, read-only, and keeps the rest of /tmp writable", async () => {
    const outer = temporaryDirectory();
    chmodSync(outer, 0o755);
    writeFileSync(join(outer, "program"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
    const { sandbox } = await createGround(await createDriver(), { mounts: [{ source: join(outer, "program"), target: "/tmp/some/where/program" }] });
    const { stdout } = await runShell(sandbox, "/tmp/some/where/program; (echo x > /tmp/some/where/program) 2>&1; echo own > /tmp/own && cat /tmp/own", { directory: "/" });
    expect(stdout).toMatch(/^ran\n.*(Read-only file system|Permission denied)\nown\n$/);
  });

  it("bounds /tmp by its size, and gives the rest back", async () => {
    const { sandbox } = await createGround(await createDriver(), { storageBytes: 4 << 20 });
    const { stdout } = await runShell(sandbox, "head -c 8000000 /dev/zero > /tmp/big 2>&1 || echo full; rm /tmp/big; echo small > /tmp/small && cat /tmp/small");
    expect(stdout).toBe("full\nsmall\n");
  });

  it("is made anew when its first process starts nothing any more, and when it ends nothing", async () => {
    const wall = createClock();
    const { sandbox } = await createGround(await createDriver({ wall }));
    const first = await eventually("its first process", () => firstProcessOf(sandbox.id));
    for (const pid of [first, ...childrenOf(first)]) process.kill(pid, "SIGSTOP");
    const hanging = startShell(sandbox, "echo never");
    await eventually("it waits", async () => (await wall.advance(1_000)).some(({ name }) => name === "start of a program"));
    expect((await (await hanging).exited).signal).toBe("SIGKILL");
    const running = await startShell(sandbox, "exec sleep 1000");
    process.kill(await eventually("its first process", () => firstProcessOf(sandbox.id)), "SIGSTOP");
    const reset = sandbox.reset();
    await eventually("it waits", async () => (await wall.advance(1_000)).some(({ name }) => name === "reset of a sandbox"));
    await reset;
    expect((await running.exited).signal).toBe("SIGKILL");
    expect((await runShell(sandbox, "echo again")).stdout).toBe("again\n");
  });

  it("has no /dev/shm, no devices of the host's, and a name for its user", async () => {
    const { sandbox } = await createGround(await createDriver());
    const { stdout } = await runShell(sandbox, "ls /dev | tr '\\n' ' '; id -un; hostname");
    expect(stdout).toBe("fd full null random stderr stdin stdout tty urandom zero sbx_user1051\nlambdad\n");
  });

  it.runIf(isRoot)("gives each account a user of its own (skipped where the tests are not root)", async () => {
    const driver = await createDriver();
    const [one, two] = [await createGround(driver, { account: "111111111111" }), await createGround(driver, { account: "222222222222" })];
    const uids = await Promise.all([one, two].map(async ({ sandbox }) => (await runShell(sandbox, "id -u")).stdout.trim()));
    expect(uids).toEqual([String(uidOf("111111111111")), String(uidOf("222222222222"))]);
    expect(uids[0]).not.toBe(uids[1]);
  });

  it("ends what ignores signals, has many children, and was orphaned, and reaps it", async () => {
    const { sandbox } = await createGround(await createDriver());
    const running = await startShell(sandbox, "trap '' TERM INT; for i in 1 2 3 4 5 6 7 8; do (setsid sleep 1000 &) ; done; echo up; while :; do sleep 1000; done");
    void text(running.stdout);
    await eventually("its children are up", async () => (await sandbox.usage()).processes > 9);
    await sandbox.reset();
    expect(await running.exited).toMatchObject({ signal: "SIGKILL" });
    // bubblewrap's own, the first process, and the one that reads its orders.
    expect((await sandbox.usage()).processes).toBeLessThanOrEqual(3);
    const { stdout } = await runShell(sandbox, "ls /proc | grep -c '^[0-9]'");
    expect(Number(stdout)).toBeLessThan(8);
  });

  it("goes on when a program kills everything that it may", async () => {
    const { sandbox } = await createGround(await createDriver());
    const tmp = await runShell(sandbox, "echo kept > /tmp/file; kill -KILL -1; echo over");
    expect([0, null]).toContain(tmp.exit.code);
    expect((await runShell(sandbox, "cat /tmp/file")).stdout).toBe("kept\n");
  });

  it("is made anew when its first process is ended from outside", async () => {
    const { sandbox } = await createGround(await createDriver());
    const running = await startShell(sandbox, "exec sleep 1000");
    const first = await eventually("its first process", () => firstProcessOf(sandbox.id));
    process.kill(first, "SIGKILL");
    expect(await running.exited).toMatchObject({ signal: "SIGKILL" });
    expect((await runShell(sandbox, "echo again")).stdout).toBe("again\n");
  });

  it("has a whole CPU while it starts, and its share once it is limited (skipped without the cpu controller)", async ({ skip }) => {
    const driver = await createDriver();
    skip(!driver.isolation.limits.includes("cpu"), "this machine has no cpu controller");
    const { sandbox } = await createGround(driver, { cpus: 0.05 });
    const running = await startShell(sandbox, "while :; do :; done");
    void text(running.stdout);
    const shareOf = async () => {
      const [began, before] = [performance.now(), (await sandbox.usage()).cpuMs];
      const used = await eventually("some CPU was used", async () => ((now) => now > before + 20 && now - before)((await sandbox.usage()).cpuMs));
      return used / (performance.now() - began);
    };
    expect(await shareOf()).toBeGreaterThan(0.1);
    sandbox.limitCpu();
    await shareOf();
    expect(await shareOf()).toBeLessThan(0.1);
  });

  describe("its network", () => {
    it("is its own: no port of the host's loopback is reached, by no address", async () => {
      const port = await openPort();
      const { sandbox } = await createGround(await createDriver());
      const addresses = ["127.0.0.1", "10.0.2.2", "169.254.1.1", gateway()].filter((address) => address !== undefined);
      const { stdout } = await runShell(sandbox, `${addresses.map((address) => `(${ask(address, port)}) &`).join(" ")} wait`);
      expect(stdout).toBe("refused\n".repeat(addresses.length));
    });

    it("is the host's with --network host, and says so", async () => {
      const port = await openPort();
      const driver = await createDriver({ network: "host" });
      const { sandbox } = await createGround(driver);
      expect((await runShell(sandbox, ask("127.0.0.1", port))).stdout).toBe("hello\n");
      expect(driver.isolation).toMatchObject({ network: "host", internet: "host" });
      expect(driver.isolation.warnings.join()).toContain("--network host");
    });

    it.runIf(isRoot && hasProgram("ip") && hasProgram("pasta"))("reaches a machine outside through pasta (skipped where the tests are not root, or there is no ip or pasta)", async () => {
      const outside = await openOutside({ also: METADATA });
      const driver = await createDriver();
      expect(driver.isolation.internet).toBe("pasta");
      const { sandbox } = await createGround(driver);
      await eventually("the machine outside answers", async () => (await runShell(sandbox, ask(outside.IPv4, outside.port))).stdout.includes("from outside"));
      // Where a cloud gives the machine's credentials away: the host reaches it, a handler does not.
      expect(execFileSync("bash", ["-c", ask(METADATA, outside.port)], { encoding: "utf8" })).toContain("from outside");
      expect((await runShell(sandbox, ask(METADATA, outside.port))).stdout).toBe("refused\n");
    });
  });

  it("leaves no file of its own but its folder's frame", async () => {
    const directory = join(temporaryDirectory(), "sandboxes");
    const driver = await createDriver({ directory });
    const { sandbox } = await createGround(driver);
    expect(readdirSync(join(directory, "live"))).toEqual([sandbox.id]);
    await sandbox.destroy();
    expect(readdirSync(join(directory, "live"))).toEqual([]);
  });
});

it("is not taken where it is not installed, and the reason has a fix", async () => {
  const said: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void said.push(message) };
  const needs = { network: "isolated" as const, searchPath: "", wall: createClock(), log };
  const directory = join(temporaryDirectory(), "sandboxes");
  await expect(chooseSandboxDriver({ ...needs, isolation: "bubblewrap", directory })).rejects.toThrow(/bubblewrap is not installed\. Fix: install it/);
  const driver = await chooseSandboxDriver({ ...needs, isolation: "auto", directory });
  onTestFinished(() => driver.close());
  expect(driver.isolation.name).toBe("process");
  expect(said.join()).toMatch(/without isolation.*bubblewrap is not installed.*apt install bubblewrap/);
});

function hasProgram(name: string): boolean {
  return ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].some((folder) => readdirSync(folder).includes(name));
}

/** Where the host's own way out leads, if it has one. */
function gateway(): string | undefined {
  const hex = readFileSync("/proc/net/route", "utf8").split("\n").map((line) => line.split("\t")).find((fields) => fields[1] === "00000000")?.[2];
  return hex === undefined ? undefined : Buffer.from(hex, "hex").toReversed().join(".");
}

/** The host's pid of the shell that holds a sandbox: bubblewrap's child. */
function firstProcessOf(id: string): number | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`/live/${id}/control`)) continue;
      const child = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      if (child !== "") return Number(child.split(" ")[0]);
    } catch {
      // It ended while it was looked at.
    }
  }
  return undefined;
}
