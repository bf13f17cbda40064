import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { runConformance } from "./conformance.ts";

const createDriver = async (directory: string, network: "isolated" | "host" = "isolated") => {
  const probe = await findBubblewrap({ directory, network, searchPath: process.env["PATH"] ?? "", wall: createClock(), log: silentLog });
  if (!probe.ok) throw new Error(`${probe.why}; ${probe.fix}`);
  onTestFinished(() => probe.driver.close());
  return probe.driver;
};

runConformance("bubblewrap", async () => createDriver(join(temporaryDirectory(), "sandboxes")));
