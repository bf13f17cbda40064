import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import { probeBubblewrap } from "./bubblewrap.ts";
import { createProcessDriver } from "./process.ts";
import type { IsolationName, SandboxDriver } from "./sandbox.ts";

interface Needs {
  /** `auto` takes the strongest that works here. */
  isolation: IsolationName | "auto";
  network: "isolated" | "host";
  directory: string;
  random: Random;
  wall: Clock;
  log: Log;
}

/** The driver that was asked for, or the strongest that passes its canary; never weaker without saying so. */
export const chooseSandboxDriver = async ({ isolation, ...needs }: Needs): Promise<SandboxDriver> => {
  if (isolation === "process") return createProcessDriver(needs);
  const probe = await probeBubblewrap(needs);
  if (probe.ok) return probe.driver;
  if (isolation === "bubblewrap") throw new Error(`isolation "bubblewrap" does not work here: ${probe.why}. Fix: ${probe.fix}`);
  needs.log.warn(`functions run without isolation: ${probe.why}. Fix: ${probe.fix}`);
  return createProcessDriver(needs);
};
