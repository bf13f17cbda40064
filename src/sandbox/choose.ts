import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { createProcessDriver } from "./process.ts";
import type { IsolationName, SandboxDriver } from "./sandbox.ts";

interface Needs {
  /** `auto` takes the strongest that works here. */
  isolation: IsolationName | "auto";
  directory: string;
  wall: Clock;
  log: Log;
}

/** The driver that was asked for, or the strongest that works here; never a weaker one than was named. */
export const chooseSandboxDriver = async ({ isolation, ...needs }: Needs): Promise<SandboxDriver> => {
  if (isolation === "bubblewrap") throw new Error('isolation "bubblewrap" is not built in this version of lambdad. Fix: start it with --isolation process, and run only code that you trust');
  if (isolation === "auto") needs.log.warn("functions run without isolation, as this server's user: run only code that you trust");
  return createProcessDriver(needs);
};
