import type { Environment, Executor, FunctionTarget } from "../executor/executor.ts";
import { ApiError } from "../kit/api-error.ts";
import type { Clock } from "../kit/clock.ts";
import { ENVIRONMENT_IDLE_MS } from "../kit/limits/lambda.ts";
import { createPool, isEmpty, onTheirWay, patience, takeAllIdle, takeIdle, takeWarm, type Pool } from "./pool.ts";
import type { Retired } from "./scheduler.ts";
import type { StartQueue } from "./start-queue.ts";
import { createStopping } from "./stopping.ts";
import { endTurnWithInit } from "./turns.ts";
import { isUsable } from "./usable.ts";

const closing = (): ApiError => new ApiError("ServiceException", "lambdad is being stopped", { status: 500, members: { Type: "Service" } });

interface Needs {
  executor: Executor;
  clock: Clock;
  wall: Clock;
  starts: StartQueue;
  /** Asked before an environment is made, with how many the function has for its tenants if it is for one; throws when it may not be. */
  grow: (target: FunctionTarget, tenantEnvironments?: number) => void;
  idleMs?: number;
}

/** Where an environment belongs, and since when an invocation has it. */
interface Home {
  pool: Pool;
  since: number;
}

const NO_POOLS: ReadonlySet<Pool> = new Set();

/** Which environment an invocation gets: a warm one, or whichever comes first of a new one and one that becomes free. */
export const createPlacement = ({ executor, clock, wall, starts, grow, idleMs = ENVIRONMENT_IDLE_MS }: Needs) => {
  const pools = new Map<string, Pool>();
  /** By their function. */
  const ofTenants = new Map<string, Set<Pool>>();
  const homes = new WeakMap<Environment, Home>();
  const stopping = createStopping();
  const underWay = new Set<Promise<void>>();
  let isClosed = false;
  const { stop } = stopping;

  const poolOf = (target: FunctionTarget, tenantId: string | undefined): Pool => {
    const { functionArn, version, revisionId } = target;
    const key = `${functionArn}:${version}:${revisionId}${tenantId === undefined ? "" : `/${tenantId}`}`;
    let pool = pools.get(key);
    if (pool === undefined) {
      pools.set(key, (pool = createPool(key, target, tenantId)));
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
  const dropIfEmpty = (pool: Pool) => {
    if (!isEmpty(pool)) return;
    pool.look?.cancel();
    pools.delete(pool.key);
    const siblings = ofTenants.get(pool.target.functionArn);
    siblings?.delete(pool);
    if (siblings?.size === 0) ofTenants.delete(pool.target.functionArn);
  };
  const forget = (pool: Pool, environment: Environment) => {
    pool.all.delete(environment);
    pool.coming.delete(environment);
    takeIdle(pool, environment);
    startForWaiting(pool);
    dropIfEmpty(pool);
  };
  const rest = (pool: Pool, environment: Environment) => {
    const timer = clock.at(clock.now() + idleMs, "idle environment", () => {
      takeIdle(pool, environment);
      return stop(environment);
    });
    pool.idle.push({ environment, timer });
  };
  const handOut = (environment: Environment): Environment => {
    const home = homes.get(environment);
    if (home !== undefined) home.since = wall.monotonic();
    return environment;
  };
  /** To whoever waits, even if the function has changed since: an invocation runs the revision that it was resolved to. */
  const offer = (pool: Pool, environment: Environment) => {
    const waiting = pool.waiting.shift();
    // What could not be started is told by it to whoever waits for it.
    if (waiting !== undefined) return waiting.give(handOut(environment));
    if (pool.isRetired || !isUsable(environment)) return void stop(environment);
    rest(pool, environment);
  };

  const startForWaiting = (pool: Pool) => {
    pool.look?.cancel();
    pool.look = undefined;
    const now = wall.monotonic();
    while (!isClosed && pool.waiting.length > onTheirWay(pool)) {
      const leftMs = pool.waiting[onTheirWay(pool)]!.since + patience(pool) - now;
      if (leftMs > 0) return void (pool.look = wall.at(wall.now() + Math.ceil(leftMs), "invocations that wait", () => startForWaiting(pool)));
      start(pool);
    }
  };
  const start = (pool: Pool) => {
    const { target, tenantId } = pool;
    try {
      grow(target, tenantId === undefined ? undefined : tenantEnvironments(target.functionArn));
    } catch (error) {
      return pool.waiting.pop()!.fail(error);
    }
    pool.starting++;
    const started = startInTurn(pool).finally(() => underWay.delete(started));
    underWay.add(started);
  };
  const startInTurn = async (pool: Pool) => {
    const turn = await starts.enter(pool);
    // Whoever waited may have been served by one that became free meanwhile.
    if (pool.waiting.length < onTheirWay(pool)) {
      pool.starting--;
      turn();
      return dropIfEmpty(pool);
    }
    try {
      const began = wall.monotonic();
      const environment = await executor.createEnvironment(pool.target);
      endTurnWithInit(wall, turn, environment);
      homes.set(environment, { pool, since: began });
      pool.starting--;
      pool.all.add(environment);
      void environment.dead.then(() => forget(pool, environment));
      if (isClosed) return void stop(environment);
      pool.coming.add(environment);
      // Whoever waits takes one that becomes free meanwhile.
      await environment.initialized;
      pool.coming.delete(environment);
      pool.startMs.add(wall.monotonic() - began);
      offer(pool, environment);
    } catch (error) {
      turn();
      pool.starting--;
      // One that is free again may have served somebody meanwhile: then those on their way are enough.
      if (pool.waiting.length > onTheirWay(pool)) pool.waiting.pop()!.fail(error);
      startForWaiting(pool);
      dropIfEmpty(pool);
    }
  };

  return {
    /** Rejects with why no environment can be made. */
    async acquire(target: FunctionTarget, tenantId?: string): Promise<Environment> {
      if (isClosed) throw closing();
      const pool = poolOf(target, tenantId);
      for (let warm = takeWarm(pool); warm !== undefined; warm = takeWarm(pool)) {
        if (isUsable(warm)) return handOut(warm);
        void stop(warm);
      }
      const environment = new Promise<Environment>((give, fail) => pool.waiting.push({ since: wall.monotonic(), give, fail }));
      if (pool.look === undefined || onTheirWay(pool) === 0) startForWaiting(pool);
      dropIfEmpty(pool);
      return environment;
    },
    release(environment: Environment): void {
      const home = homes.get(environment);
      if (home === undefined || !isUsable(environment)) return void stop(environment);
      home.pool.runMs.add(wall.monotonic() - home.since);
      offer(home.pool, environment);
    },
    retire(functionArn: string, only?: Retired): void {
      for (const pool of pools.values()) {
        const { target } = pool;
        if (target.functionArn !== functionArn) continue;
        if (only !== undefined && (target.version !== only.version || target.revisionId === only.keep)) continue;
        pool.isRetired = true;
        for (const environment of takeAllIdle(pool)) void stop(environment);
      }
    },
    environments: () => [...pools.values()].flatMap((pool) => [...pool.all]),
    /** Ends all, those too that are on their way or run something. */
    async close(): Promise<void> {
      isClosed = true;
      for (const pool of pools.values()) {
        pool.isRetired = true;
        for (const waiting of pool.waiting.splice(0)) waiting.fail(closing());
        takeAllIdle(pool);
        for (const environment of pool.all) void stop(environment);
      }
      while (underWay.size + stopping.count > 0) await Promise.all([...underWay, stopping.settled()]);
    },
  };
};
