import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { findBubblewrap } from "./find-bubblewrap.ts";
import { createProcessDriver, sweepProcesses } from "./process.ts";
import type { IsolationName, SandboxDriver } from "./sandbox.ts";

interface Needs {
  /** `auto` takes the strongest that works here. */
  isolation: IsolationName | "auto";
  network: "isolated" | "host";
  directory: string;
  /** PATH of the server, to find the programs of drivers on. */
  searchPath: string;
  /** Of each kind of sandbox, how many wait for a function whose packages all lie in that folder. */
  prepared?: { packages: string; count: number };
  wall: Clock;
  log: Log;
}

/** The driver that was asked for, or the strongest that works here; never a weaker one than was named. */
export const chooseSandboxDriver = async ({ isolation, network, ...needs }: Needs): Promise<SandboxDriver> => {
  if (isolation === "process") return createProcessDriver(needs);
  // The server before this one may have run without isolation.
  sweepProcesses(needs);
  const probe = await findBubblewrap({ ...needs, network });
  if (probe.ok) return probe.driver;
  if (isolation === "bubblewrap") throw new Error(`bubblewrap cannot isolate functions here: ${probe.why}. Fix: ${probe.fix}`);
  needs.log.warn(`functions run without isolation, as this server's user: run only code that you trust. bubblewrap would isolate them: ${probe.why}. To have it, ${probe.fix.split(/, or /)[0]}`);
  return createProcessDriver(needs);
};
