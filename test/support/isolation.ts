import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";
import type { IsolationName, SandboxDriver } from "../../src/sandbox/sandbox.ts";

const directory = mkdtempSync(join(tmpdir(), "lambdad-sandboxes-"));
const found = await findBubblewrap({ directory, network: "isolated", searchPath: process.env["PATH"] ?? "", wall: createClock(), log: silentLog });
if (!found.ok) process.stderr.write(`tests of bubblewrap are skipped: ${found.why}\n`);

/** One driver for all tests of a file, which leave no sandbox in it; undefined where this machine cannot isolate functions. */
export const bubblewrap: SandboxDriver | undefined = found.ok ? found.driver : undefined;

afterAll(async () => {
  await bubblewrap?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Whether this machine can isolate functions; tests that need it are skipped where it cannot. */
export const hasBubblewrap = (): boolean => bubblewrap !== undefined;

/** The drivers of this machine, the one that lambdad would choose first. */
export const isolations: readonly IsolationName[] = [...(bubblewrap === undefined ? [] : ["bubblewrap" as const]), "process"];
