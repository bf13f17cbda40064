import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";

const probe = async (): Promise<boolean> => {
  const directory = mkdtempSync(join(tmpdir(), "lambdad-probe-"));
  const found = await findBubblewrap({ directory, network: "isolated", searchPath: process.env["PATH"] ?? "", wall: createClock(), log: silentLog });
  if (found.ok) await found.driver.close();
  else process.stderr.write(`tests of bubblewrap are skipped: ${found.why}\n`);
  rmSync(directory, { recursive: true, force: true });
  return found.ok;
};

const isThere = await probe();

/** Whether this machine can isolate functions; tests that need it are skipped where it cannot, and say so. */
export const hasBubblewrap = (): boolean => isThere;
