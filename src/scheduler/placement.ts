import { availableParallelism } from "node:os";
import type { Environment, Executor, FunctionTarget } from "../executor/executor.ts";
import { ApiError } from "../kit/api-error.ts";
import { wallNow, type Clock, type Timer } from "../kit/clock.ts";
import { CREDENTIALS_MARGIN_MS, ENVIRONMENT_IDLE_MS, ENVIRONMENT_STARTS_PER_CPU, START_TURN_MS } from "../kit/limits.ts";
import { createStartQueue } from "./start-queue.ts";

interface Waiting {
  give(environment: Environment): void;
  fail(error: unknown): void;
}

const closing = (): ApiError => new ApiError("ServiceException", "lambdad is being stopped", { status: 500, members: { Type: "Service" } });

/** The environments of one function version, in one of its revisions. */
interface Pool {
  functionArn: string;
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
  /** Asked before an environment is made; throws when it may not be. */
  grow: (functionArn: string) => void;
  idleMs?: number;
  /** Environments that may begin at once: more would only slow each other down. */
  startsAtOnce?: number;
}

/** Which environment an invocation gets: a warm one, or whichever comes first of a new one and one that becomes free. */
export const createPlacement = ({ executor, clock, wall, grow, idleMs = ENVIRONMENT_IDLE_MS, startsAtOnce = availableParallelism() * ENVIRONMENT_STARTS_PER_CPU }: Needs) => {
  const pools = new Map<string, Pool>();
  const stopping = new Set<Promise<void>>();
  const underWay = new Set<Promise<void>>();
  let isClosed = false;
  const starts = createStartQueue(startsAtOnce);

  const stop = (environment: Environment) => {
    const stopped = environment.stop();
    stopping.add(stopped);
    void stopped.finally(() => stopping.delete(stopped));
    return stopped;
  };
  const keyOf = ({ functionArn, version, revisionId }: FunctionTarget): string => `${functionArn}:${version}:${revisionId}`;
  const poolOf = (target: FunctionTarget): Pool => {
    const key = keyOf(target);
    let pool = pools.get(key);
    if (pool === undefined) {
      pool = { functionArn: target.functionArn, revisionId: target.revisionId, all: new Set(), idle: new Map(), waiting: [], starting: 0, isRetired: false };
      pools.set(key, pool);
    }
    return pool;
  };
  const takeIdle = (pool: Pool, environment: Environment) => {
    pool.idle.get(environment)?.cancel();
    pool.idle.delete(environment);
  };
  const dropIfEmpty = (pool: Pool, target: FunctionTarget) => {
    if (pool.all.size === 0 && pool.starting === 0 && pool.waiting.length === 0) pools.delete(keyOf(target));
  };
  const forget = (pool: Pool, environment: Environment) => {
    pool.all.delete(environment);
    takeIdle(pool, environment);
    dropIfEmpty(pool, environment.target);
  };
  const isUsable = (environment: Environment): boolean =>
    environment.state !== "dead" && environment.state !== "stopping" && environment.credentialsExpireAt - environment.target.timeoutSeconds * 1_000 - CREDENTIALS_MARGIN_MS > wallNow();

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
  /** Its turn ends with INIT, or sooner: an INIT that waits for something shall not keep others from starting. */
  const endTurn = (turn: () => void, environment: Environment) => {
    const timer = wall.at(wall.now() + START_TURN_MS, "turn to start", turn);
    void environment.initialized.finally(() => {
      timer.cancel();
      turn();
    });
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
      return dropIfEmpty(pool, target);
    }
    try {
      const environment = await executor.createEnvironment(target);
      endTurn(turn, environment);
      pool.starting--;
      pool.all.add(environment);
      void environment.dead.then(() => forget(pool, environment));
      offer(pool, environment);
    } catch (error) {
      turn();
      pool.starting--;
      // One that is free again may have served somebody meanwhile: then those on their way are enough.
      if (pool.waiting.length > pool.starting) pool.waiting.pop()!.fail(error);
      dropIfEmpty(pool, target);
    }
  };

  return {
    /** Rejects with why no environment can be made. */
    async acquire(target: FunctionTarget): Promise<Environment> {
      if (isClosed) throw closing();
      const pool = poolOf(target);
      for (const warm of [...pool.idle.keys()].toReversed()) {
        takeIdle(pool, warm);
        if (isUsable(warm)) return warm;
        void stop(warm);
      }
      grow(target.functionArn);
      return new Promise<Environment>((give, fail) => {
        pool.waiting.push({ give, fail });
        start(pool, target);
      });
    },
    release(environment: Environment): void {
      const pool = pools.get(keyOf(environment.target));
      if (pool !== undefined && isUsable(environment)) offer(pool, environment);
      else void stop(environment);
    },
    retire(functionArn: string, keepRevisionId?: string): void {
      for (const pool of pools.values()) {
        if (pool.functionArn !== functionArn || pool.revisionId === keepRevisionId) continue;
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
      while (underWay.size + stopping.size > 0) await Promise.all([...underWay, ...stopping]);
    },
  };
};
