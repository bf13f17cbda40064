import type { Executor } from "../executor/executor.ts";
import type { Clock } from "../kit/clock.ts";
import type { Ledger } from "../kit/ledger.ts";
import { createConcurrency } from "./concurrency.ts";
import { createFunctionLimits, type FunctionLimitsTable } from "./function-limits.ts";
import { passThrough } from "./lineage.ts";
import { createPlacement } from "./placement.ts";
import type { Scheduler } from "./scheduler.ts";

interface Needs {
  executor: Executor;
  clock: Clock;
  wall: Clock;
  ledger: Ledger;
  /** What functions reserve and allow. */
  limits?: FunctionLimitsTable;
  settings?: { idleMs?: number; accountConcurrency?: number };
}

/** pass the function in the chain → lease concurrency → acquire an environment → run → release */
export const createScheduler = ({ executor, clock, wall, ledger, limits = createFunctionLimits(), settings = {} }: Needs): Scheduler => {
  const concurrency = createConcurrency({ clock, limits, ...(settings.accountConcurrency === undefined ? {} : { accountLimit: settings.accountConcurrency }) });
  const placement = createPlacement({ executor, clock, wall, grow: concurrency.grow, ...(settings.idleMs === undefined ? {} : { idleMs: settings.idleMs }) });

  return {
    async invoke(target, given, onAnswer) {
      const invocation = { ...given, trace: passThrough(given.trace, target.functionArn, limits.of(target).recursiveLoop) };
      const lease = concurrency.lease(target);
      try {
        const environment = await placement.acquire(target);
        try {
          const report = await environment.invoke(invocation, onAnswer);
          const { outcome, durationMs, isColdStart, logGroup, logStream, memoryUsedMb, initMs } = report;
          const result = outcome.kind === "response" ? "returned" : `failed with ${outcome.errorType}`;
          ledger.record({
            traceId: invocation.trace.id,
            kind: "attempt",
            account: target.account,
            region: target.region,
            keys: [invocation.requestId, target.functionArn, target.name],
            summary: `${target.name} ran in ${isColdStart ? "a new" : "a warm"} environment and ${result} after ${durationMs.toFixed(2)} ms`,
            detail: { environmentId: environment.id, isColdStart, logGroup, logStream, durationMs, memoryUsedMb, ...(initMs === undefined ? {} : { initMs }), outcome: outcome.kind, ...(outcome.kind === "error" ? { errorType: outcome.errorType } : {}) },
          });
          return report;
        } finally {
          placement.release(environment);
        }
      } finally {
        lease.release();
      }
    },
    retire: placement.retire,
    environments: () =>
      placement.environments().map(({ id, target, state }) => ({ id, functionArn: target.functionArn, state, pending: state === "busy" ? 1 : 0 })),
    close: placement.close,
  };
};
