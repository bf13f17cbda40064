import type { Environment, Executor, FunctionTarget } from "../executor/executor.ts";
import { ApiError } from "../kit/api-error.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import { ENVIRONMENT_IDLE_MS } from "../kit/limits.ts";
import type { Retired } from "./scheduler.ts";
import type { StartQueue } from "./start-queue.ts";
import { createStopping } from "./stopping.ts";
import { endTurnWithInit } from "./turns.ts";
import { isUsable } from "./usable.ts";

interface Waiting {
  give(environment: Environment): void;
  fail(error: unknown): void;
}

const closing = (): ApiError => new ApiError("ServiceException", "lambdad is being stopped", { status: 500, members: { Type: "Service" } });

/** The environments of one function version, in one of its revisions; of a function with tenant isolation, those of one tenant. */
interface Pool {
  key: string;
  functionArn: string;
  version: string;
  revisionId: string;
  all: Set<Environment>;
  /** With the timer that ends each. The most recently used last: it is taken first, so that the others can be reaped. */
  idle: Map<Environment, Timer>;
  waiting: Waiting[];
  /** Environments on their way: at least as many as wait. */
  starting: number;
  isRetired: boolean;
}

interface Needs {
  executor: Executor;
  clock: Clock;
  wall: Clock;
  starts: StartQueue;
  /** Asked before an environment is made, with how many the function has for its tenants if it is for one; throws when it may not be. */
  grow: (target: FunctionTarget, tenantEnvironments?: number) => void;
  idleMs?: number;
}

const NO_POOLS: ReadonlySet<Pool> = new Set();

/** Which environment an invocation gets: a warm one, or whichever comes first of a new one and one that becomes free. */
export const createPlacement = ({ executor, clock, wall, starts, grow, idleMs = ENVIRONMENT_IDLE_MS }: Needs) => {
  const pools = new Map<string, Pool>();
  /** By their function. */
  const ofTenants = new Map<string, Set<Pool>>();
  const homes = new WeakMap<Environment, Pool>();
  const stopping = createStopping();
  const underWay = new Set<Promise<void>>();
  let isClosed = false;
  const { stop } = stopping;

  const poolOf = ({ functionArn, version, revisionId }: FunctionTarget, tenantId: string | undefined): Pool => {
    const key = `${functionArn}:${version}:${revisionId}${tenantId === undefined ? "" : `/${tenantId}`}`;
    let pool = pools.get(key);
    if (pool === undefined) {
      pool = { key, functionArn, version, revisionId, all: new Set(), idle: new Map(), waiting: [], starting: 0, isRetired: false };
      pools.set(key, pool);
      if (tenantId !== undefined) {
        const siblings = ofTenants.get(functionArn) ?? new Set<Pool>();
        ofTenants.set(functionArn, siblings.add(pool));
      }
    }
    return pool;
  };
  const tenantEnvironments = (functionArn: string): number => {
    let total = 0;
    for (const pool of ofTenants.get(functionArn) ?? NO_POOLS) total += pool.all.size + pool.starting;
    return total;
  };
  const takeIdle = (pool: Pool, environment: Environment) => {
    pool.idle.get(environment)?.cancel();
    pool.idle.delete(environment);
  };
  const dropIfEmpty = (pool: Pool) => {
    if (pool.all.size > 0 || pool.starting > 0 || pool.waiting.length > 0) return;
    pools.delete(pool.key);
    const siblings = ofTenants.get(pool.functionArn);
    siblings?.delete(pool);
    if (siblings?.size === 0) ofTenants.delete(pool.functionArn);
  };
  const forget = (pool: Pool, environment: Environment) => {
    pool.all.delete(environment);
    takeIdle(pool, environment);
    dropIfEmpty(pool);
  };
  const rest = (pool: Pool, environment: Environment) => {
    const timer = clock.at(clock.now() + idleMs, "idle environment", () => {
      takeIdle(pool, environment);
      return stop(environment);
    });
    pool.idle.set(environment, timer);
  };
  /** To whoever waits, even if the function has changed since: an invocation runs the revision that it was resolved to. */
  const offer = (pool: Pool, environment: Environment) => {
    const waiting = pool.waiting.shift();
    if (waiting !== undefined) return waiting.give(environment);
    if (pool.isRetired) return void stop(environment);
    rest(pool, environment);
  };
  const start = (pool: Pool, target: FunctionTarget) => {
    pool.starting++;
    const started = startInTurn(pool, target).finally(() => underWay.delete(started));
    underWay.add(started);
  };
  const startInTurn = async (pool: Pool, target: FunctionTarget) => {
    const turn = await starts.enter(pool);
    // Whoever waited may have been served by one that became free meanwhile.
    if (pool.waiting.length < pool.starting) {
      pool.starting--;
      turn();
      return dropIfEmpty(pool);
    }
    try {
      const environment = await executor.createEnvironment(target);
      endTurnWithInit(wall, turn, environment);
      homes.set(environment, pool);
      pool.starting--;
      pool.all.add(environment);
      void environment.dead.then(() => forget(pool, environment));
      offer(pool, environment);
    } catch (error) {
      turn();
      pool.starting--;
      // One that is free again may have served somebody meanwhile: then those on their way are enough.
      if (pool.waiting.length > pool.starting) pool.waiting.pop()!.fail(error);
      dropIfEmpty(pool);
    }
  };

  return {
    /** Rejects with why no environment can be made. */
    async acquire(target: FunctionTarget, tenantId?: string): Promise<Environment> {
      if (isClosed) throw closing();
      const pool = poolOf(target, tenantId);
      for (const warm of [...pool.idle.keys()].toReversed()) {
        takeIdle(pool, warm);
        if (isUsable(warm)) return warm;
        void stop(warm);
      }
      try {
        grow(target, tenantId === undefined ? undefined : tenantEnvironments(target.functionArn));
      } catch (error) {
        dropIfEmpty(pool);
        throw error;
      }
      return new Promise<Environment>((give, fail) => {
        pool.waiting.push({ give, fail });
        start(pool, target);
      });
    },
    release(environment: Environment): void {
      const pool = homes.get(environment);
      if (pool !== undefined && isUsable(environment)) offer(pool, environment);
      else void stop(environment);
    },
    retire(functionArn: string, only?: Retired): void {
      for (const pool of pools.values()) {
        if (pool.functionArn !== functionArn) continue;
        if (only !== undefined && (pool.version !== only.version || pool.revisionId === only.keep)) continue;
        pool.isRetired = true;
        for (const environment of pool.idle.keys()) {
          takeIdle(pool, environment);
          void stop(environment);
        }
      }
    },
    environments: () => [...pools.values()].flatMap((pool) => [...pool.all]),
    /** Ends all, those too that are on their way or run something. */
    async close(): Promise<void> {
      isClosed = true;
      for (const pool of pools.values()) {
        pool.isRetired = true;
        for (const waiting of pool.waiting.splice(0)) waiting.fail(closing());
        for (const environment of pool.all) {
          takeIdle(pool, environment);
          void stop(environment);
        }
      }
      while (underWay.size + stopping.count > 0) await Promise.all([...underWay, stopping.settled()]);
    },
  };
};
