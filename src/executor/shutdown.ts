import type { Clock } from "../kit/clock.ts";
import { SHUTDOWN_MS, SHUTDOWN_RUNTIME_MS } from "../kit/limits/runtime.ts";
import type { Extensions } from "./extensions.ts";
import type { Run } from "./run.ts";

/** As AWS sends it; its guide writes it in capitals. */
export type ShutdownReason = "spindown" | "timeout" | "failure";

/** How long a run may take to end: none without extensions. */
export const shutdownMsOf = ({ all }: Pick<Extensions, "all">): number => {
  if (all.length === 0) return SHUTDOWN_MS.none;
  return all.some(({ isExternal }) => isExternal) ? SHUTDOWN_MS.external : SHUTDOWN_MS.internal;
};

/** Whether it comes in time. */
const within = (wall: Clock, ms: number, what: Promise<unknown>): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = wall.at(wall.now() + Math.max(0, ms), "shutdown", () => resolve(false));
    void what.then(() => {
      timer.cancel();
      resolve(true);
    });
  });

/**
 * First the runtime is asked to end, and killed when it does not in its part of the time; then the extensions are told, and have what is left. What runs
 * after that is killed with the sandbox's reset ("Shutdown phase", developer guide).
 */
export const createShutdown = (run: Run, wall: Clock) => {
  const budgetMs = shutdownMsOf(run.extensions);
  const began = wall.monotonic();
  const leftMs = () => Math.max(0, budgetMs - (wall.monotonic() - began));
  const programs = run.stop();
  return {
    async stopRuntime(): Promise<void> {
      const { runtime } = programs;
      if (runtime === undefined) return;
      runtime.signal("SIGTERM");
      if (await within(wall, Math.min(leftMs(), budgetMs === SHUTDOWN_MS.external ? SHUTDOWN_RUNTIME_MS : budgetMs), runtime.exited)) return;
      runtime.signal("SIGKILL");
      await within(wall, leftMs(), runtime.exited);
    },
    async stopExtensions(reason: ShutdownReason): Promise<void> {
      const told = run.extensions.sendShutdown(JSON.stringify({ eventType: "SHUTDOWN", shutdownReason: reason, deadlineMs: Math.round(wall.now() + leftMs()) }));
      for (const [extension, program] of programs.extensions) if (!told.includes(extension)) program.signal("SIGKILL");
      await within(wall, leftMs(), Promise.all([...programs.extensions.values()].map(({ exited }) => exited)));
    },
  };
};
