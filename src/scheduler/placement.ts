import type { Environment, Executor, FunctionTarget } from "../executor/executor.ts";
import { wallNow, type Clock } from "../kit/clock.ts";
import { CREDENTIALS_MARGIN_MS, ENVIRONMENT_IDLE_MS } from "../kit/limits.ts";

interface Waiting {
  give(environment: Environment): void;
  fail(error: unknown): void;
}

/** The environments of one function version, in one of its revisions. */
interface Pool {
  functionArn: string;
  revisionId: string;
  all: Set<Environment>;
  /** The most recently used last: it is taken first, so that the others can be reaped. */
  idle: Environment[];
  waiting: Waiting[];
  isRetired: boolean;
}

interface Needs {
  executor: Executor;
  clock: Clock;
  /** Asked before an environment is made; throws when it may not be. */
  grow: (functionArn: string) => void;
  idleMs?: number;
}

/** Which environment an invocation gets: a warm one, or whichever comes first of a new one and one that becomes free. */
export const createPlacement = ({ executor, clock, grow, idleMs = ENVIRONMENT_IDLE_MS }: Needs) => {
  const pools = new Map<string, Pool>();
  const stopping = new Set<Promise<void>>();

  const stop = (environment: Environment) => {
    const stopped = environment.stop("SPINDOWN");
    stopping.add(stopped);
    void stopped.finally(() => stopping.delete(stopped));
    return stopped;
  };
  const poolOf = (target: FunctionTarget): Pool => {
    const key = `${target.functionArn}:${target.version}:${target.revisionId}`;
    let pool = pools.get(key);
    if (pool === undefined) {
      pool = { functionArn: target.functionArn, revisionId: target.revisionId, all: new Set(), idle: [], waiting: [], isRetired: false };
      pools.set(key, pool);
    }
    return pool;
  };
  const forget = (pool: Pool, environment: Environment) => {
    pool.all.delete(environment);
    pool.idle = pool.idle.filter((one) => one !== environment);
    if (pool.all.size > 0 || pool.waiting.length > 0) return;
    for (const [key, one] of pools) if (one === pool) pools.delete(key);
  };
  const isUsable = (environment: Environment): boolean =>
    environment.state !== "dead" && environment.state !== "stopping" && environment.credentialsExpireAt - environment.target.timeoutSeconds * 1_000 - CREDENTIALS_MARGIN_MS > wallNow();

  const offer = (pool: Pool, environment: Environment) => {
    // Who waits was let in before the pool was retired: the environment ends after that one invocation.
    const waiting = isUsable(environment) ? pool.waiting.shift() : undefined;
    if (waiting !== undefined) return waiting.give(environment);
    if (pool.isRetired || !isUsable(environment)) return void stop(environment);
    pool.idle.push(environment);
    const { lastUsedAt } = environment;
    clock.at(clock.now() + idleMs, "idle environment", () => {
      if (pool.idle.includes(environment) && environment.lastUsedAt === lastUsedAt) {
        pool.idle = pool.idle.filter((one) => one !== environment);
        return stop(environment);
      }
    });
  };
  const start = async (pool: Pool, target: FunctionTarget) => {
    const environment = await executor.createEnvironment(target);
    pool.all.add(environment);
    void environment.dead.then(() => forget(pool, environment));
    offer(pool, environment);
  };

  return {
    async acquire(target: FunctionTarget): Promise<Environment> {
      const pool = poolOf(target);
      for (let warm = pool.idle.pop(); warm !== undefined; warm = pool.idle.pop()) {
        if (isUsable(warm)) return warm;
        void stop(warm);
      }
      grow(target.functionArn);
      return new Promise<Environment>((give, fail) => {
        const waiting = { give, fail };
        pool.waiting.push(waiting);
        start(pool, target).catch((error) => {
          pool.waiting = pool.waiting.filter((one) => one !== waiting);
          fail(error);
        });
      });
    },
    release(environment: Environment): void {
      offer(poolOf(environment.target), environment);
    },
    retire(functionArn: string, keepRevisionId?: string): void {
      for (const pool of pools.values()) {
        if (pool.functionArn !== functionArn || pool.revisionId === keepRevisionId) continue;
        pool.isRetired = true;
        for (const environment of pool.idle.splice(0)) void stop(environment);
      }
    },
    environments: () => [...pools.values()].flatMap((pool) => [...pool.all]),
    async close(): Promise<void> {
      for (const pool of pools.values()) {
        pool.isRetired = true;
        for (const environment of pool.all) void stop(environment);
      }
      await Promise.all(stopping);
    },
  };
};
