import { availableParallelism } from "node:os";
import type { Environment, Executor, FunctionTarget, InvocationReport } from "../executor/executor.ts";
import { isApiError } from "../kit/api-error.ts";
import type { Clock } from "../kit/clock.ts";
import type { Ledger } from "../kit/ledger.ts";
import { ENVIRONMENT_STARTS_PER_CPU } from "../kit/limits/lambda.ts";
import type { Metrics } from "../kit/metrics.ts";
import { createConcurrency } from "./concurrency.ts";
import { createFunctionMetrics, invokedOf } from "./function-metrics.ts";
import { createFunctionLimits, setAsideBy, type FunctionLimitsTable } from "./function-limits.ts";
import { passThrough } from "./lineage.ts";
import { createPlacement } from "./placement.ts";
import { createProvisioned } from "./provisioned.ts";
import type { RequestedInvocation, Scheduler } from "./scheduler.ts";
import { createStartQueue } from "./start-queue.ts";

interface Needs {
  executor: Executor;
  clock: Clock;
  wall: Clock;
  ledger: Ledger;
  /** What functions reserve and allow. */
  limits?: FunctionLimitsTable;
  metrics?: Metrics;
  settings?: { idleMs?: number; accountConcurrency?: number };
}

/** An environment for one invocation, and how it is given back. */
interface Place {
  environment: Environment;
  isProvisioned: boolean;
  release(): void;
}

const describeStart = (isColdStart: boolean, { target }: Environment): string =>
  target.initializationType === "provisioned-concurrency" ? "a provisioned" : isColdStart ? "a new" : "a warm";

/** pass the function in the chain → lease concurrency → acquire an environment → run → release */
export const createScheduler = ({ executor, clock, wall, ledger, limits = createFunctionLimits(), metrics, settings = {} }: Needs): Scheduler => {
  const concurrency = createConcurrency({ clock, limits, ...(settings.accountConcurrency === undefined ? {} : { accountLimit: settings.accountConcurrency }) });
  // More at once would only slow each other down.
  const starts = createStartQueue(availableParallelism() * ENVIRONMENT_STARTS_PER_CPU);
  const grow = (target: FunctionTarget, tenantEnvironments?: number) => {
    if (tenantEnvironments !== undefined) concurrency.admitTenant(target, tenantEnvironments);
    concurrency.grow(target.functionArn);
  };
  const placement = createPlacement({ executor, clock, wall, starts, grow, ...(settings.idleMs === undefined ? {} : { idleMs: settings.idleMs }) });
  const measured = createFunctionMetrics(metrics);
  const provisioned = createProvisioned({ executor, clock, wall, starts, ledger });

  /** A provisioned one that is free; else, on demand, whatever concurrency is left. */
  const acquire = async (target: FunctionTarget, { invokedFunctionArn, tenantId }: RequestedInvocation): Promise<Place> => {
    const waiting = provisioned.take(invokedFunctionArn, target);
    if (waiting !== undefined) return { environment: waiting, isProvisioned: true, release: () => provisioned.release(waiting) };
    const lease = concurrency.lease(target);
    try {
      const environment = await placement.acquire(target, tenantId);
      return {
        environment,
        isProvisioned: false,
        release() {
          placement.release(environment);
          lease.release();
        },
      };
    } catch (error) {
      lease.release();
      throw error;
    }
  };

  const COUNTED = { TooManyRequestsException: "Throttles", RecursiveInvocationException: "RecursiveInvocationsDropped" } as const;

  /** Asked whether it may run; what is refused is counted. */
  const admit = async (target: FunctionTarget, given: RequestedInvocation): Promise<{ invocation: RequestedInvocation; place: Place }> => {
    try {
      const invocation = { ...given, trace: passThrough(given.trace, target.functionArn, limits.of(target).recursiveLoop) };
      if (given.isQueued !== true) concurrency.request(target);
      return { invocation, place: await acquire(target, invocation) };
    } catch (error) {
      const name = isApiError(error) ? COUNTED[error.code as keyof typeof COUNTED] : undefined;
      if (name !== undefined) measured.count(invokedOf(target, given.invokedFunctionArn), name, 1);
      throw error;
    }
  };
  const begin = (target: FunctionTarget, { invokedFunctionArn }: RequestedInvocation, { isProvisioned }: Place) => {
    const { reservedConcurrency, provisionedConcurrency } = limits.of(target);
    const allocatedFor = (arn: string) => provisioned.status(arn).allocated;
    const allocated = provisionedConcurrency === undefined && !isProvisioned ? 0 : allocatedFor(invokedFunctionArn) || allocatedFor(`${target.functionArn}:${target.version}`);
    return measured.begin(invokedOf(target, invokedFunctionArn), {
      hasReservation: reservedConcurrency !== undefined,
      setAside: setAsideBy(limits.setAsideIn(target)),
      provisioned: isProvisioned || allocated > 0 ? { isTaken: isProvisioned, allocated } : undefined,
    });
  };

  return {
    async invoke(target, given, onAnswer) {
      const { invocation, place } = await admit(target, given);
      const { environment, release } = place;
      const begun = begin(target, given, place);
      let report: InvocationReport | undefined;
      try {
        report = await environment.invoke(invocation, onAnswer);
        const { outcome, durationMs, isColdStart, logGroup, logStream, memoryUsedMb, initMs } = report;
        const result = outcome.kind === "response" ? "returned" : `failed with ${outcome.errorType}`;
        ledger.record({
          traceId: invocation.trace.id,
          kind: "attempt",
          account: target.account,
          region: target.region,
          keys: [invocation.requestId, target.functionArn, target.name],
          summary: `${target.name} ran in ${describeStart(isColdStart, environment)} environment and ${result} after ${durationMs.toFixed(2)} ms`,
          detail: { environmentId: environment.id, isColdStart, logGroup, logStream, durationMs, memoryUsedMb, ...(initMs === undefined ? {} : { initMs }), ...(given.tenantId === undefined ? {} : { tenantId: given.tenantId }), outcome: outcome.kind, ...(outcome.kind === "error" ? { errorType: outcome.errorType } : {}) },
        });
        return report;
      } finally {
        begun.end(report);
        release();
      }
    },
    prepare: executor.prepare,
    retire: placement.retire,
    provision: provisioned.provision,
    provisioned: provisioned.status,
    environments: () =>
      [...provisioned.environments(), ...placement.environments()].map(({ id, target, state }) => ({ id, functionArn: target.functionArn, state, pending: state === "busy" ? 1 : 0 })),
    close: async () => void (await Promise.all([provisioned.close(), placement.close()])),
  };
};
