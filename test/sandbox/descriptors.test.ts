import { closeSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { createProcessDriver } from "../../src/sandbox/process.ts";
import type { SandboxDriver } from "../../src/sandbox/sandbox.ts";
import { bubblewrap } from "../support/isolation.ts";
import { hasPrlimit, limitOpenFiles } from "../support/prlimit.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

/** More than a sandbox with a program needs. */
const NEEDED = 40;
const MIB = 1024 * 1024;

const openNow = (): number[] => readdirSync("/proc/self/fd").map(Number);
/** Opens files until so many more can be opened. */
const leaveFree = (free: number): (() => void) => {
  const fillers: number[] = [];
  try {
    for (;;) fillers.push(openSync("/dev/null", "r"));
  } catch {
    for (const filler of fillers.splice(0, free)) closeSync(filler);
  }
  return () => fillers.forEach((filler) => closeSync(filler));
};

const runOnce = async (driver: SandboxDriver, id: string): Promise<string> => {
  const sandbox = await driver.create({
    id, account: "000000000000", mounts: [], memoryBytes: 64 * MIB, storageBytes: 8 * MIB, cpus: 1, processesMax: 64, openFilesMax: 64, ports: [9001],
  });
  try {
    await sandbox.listen([{ name: "runtime-api", port: 9001, onConnection: (socket) => socket.destroy() }]);
    const running = await sandbox.exec({ command: "/bin/sh", args: ["-c", "echo it runs"], env: {}, directory: "/" });
    const [said] = await Promise.all([text(running.stdout), running.exited]);
    return said;
  } finally {
    await sandbox.destroy();
  }
};

describe.runIf(hasPrlimit())("without file descriptors (skipped where prlimit is not there)", () => {
  beforeAll(() => limitOpenFiles(process.pid, Math.max(...openNow()) + 3 * NEEDED));

  it.each(["process", "bubblewrap"].filter((name) => name === "process" || bubblewrap !== undefined))("a sandbox of %s is refused whole, and the next one works", async (name) => {
    const driver = name === "bubblewrap" ? bubblewrap! : createProcessDriver({ directory: join(temporaryDirectory(), "sandboxes"), wall: createClock(), log: silentLog });
    if (name === "process") onTestFinished(() => driver.close());
    expect(await runOnce(driver, `warm-up-${process.pid}`)).toBe("it runs\n");
    await eventually("the first one is closed", () => openNow().length < 2 * NEEDED);
    const before = openNow().length;
    const refusals: string[] = [];
    for (let free = 0; free <= NEEDED; free++) {
      const fill = leaveFree(free);
      await runOnce(driver, `starved-${process.pid}-${free}`).catch((error: Error) => refusals.push(error.message)).finally(fill);
      await eventually(`nothing is left after ${free}`, () => openNow().length <= before);
    }
    expect(refusals.length).toBeGreaterThan(0);
    for (const message of refusals) expect(message).not.toContain("undefined");
    expect(await runOnce(driver, `fed-${process.pid}`)).toBe("it runs\n");
  });
});
