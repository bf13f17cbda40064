import { availableParallelism } from "node:os";
import type { Environment, FunctionTarget } from "../executor/executor.ts";
import type { Timer } from "../kit/clock.ts";
import { createAverage, type Average } from "./average.ts";

/** An invocation without an environment. */
export interface Waiting {
  /** Wall time, monotonic. */
  since: number;
  give(environment: Environment): void;
  fail(error: unknown): void;
}

/** An environment that nothing runs in, with the timer that ends it. */
interface Resting {
  environment: Environment;
  timer: Timer;
}

/** The environments of one function version, in one of its revisions; of a function with tenant isolation, those of one tenant. */
export interface Pool {
  key: string;
  target: FunctionTarget;
  tenantId: string | undefined;
  all: Set<Environment>;
  /** The most recently used last: it is taken first, so that the others can be reaped. */
  idle: Resting[];
  /** The longest waiting first. */
  waiting: Waiting[];
  /** Of environments that are not made yet. */
  starting: number;
  /** Environments in INIT: they are among all, and serve nobody yet. */
  coming: Set<Environment>;
  /** Looks again at who waits. */
  look: Timer | undefined;
  /** How long an environment is kept by an invocation, and how long one takes to be there. Milliseconds. */
  runMs: Average;
  startMs: Average;
  isRetired: boolean;
}

export const createPool = (key: string, target: FunctionTarget, tenantId: string | undefined): Pool => ({
  key, target, tenantId, all: new Set(), idle: [], waiting: [], starting: 0, coming: new Set(), look: undefined, runMs: createAverage(), startMs: createAverage(), isRetired: false,
});

export const isEmpty = ({ all, starting, waiting }: Pool): boolean => all.size === 0 && starting === 0 && waiting.length === 0;

export const onTheirWay = ({ starting, coming }: Pool): number => starting + coming.size;

/** The most recently used. */
export const takeWarm = (pool: Pool): Environment | undefined => {
  const resting = pool.idle.pop();
  resting?.timer.cancel();
  return resting?.environment;
};

export const takeIdle = (pool: Pool, environment: Environment): void => {
  const at = pool.idle.findIndex((resting) => resting.environment === environment);
  if (at >= 0) pool.idle.splice(at, 1)[0]!.timer.cancel();
};

export const takeAllIdle = (pool: Pool): Environment[] => {
  const resting = pool.idle.splice(0);
  for (const { timer } of resting) timer.cancel();
  return resting.map(({ environment }) => environment);
};

/** So many of a function whose invocations are quick keep every processor busy. */
const QUICK_ENVIRONMENTS = 2 * availableParallelism();
/** How much longer than expected a busy one may take to be free. */
const SLACK = 2;
/** Timers know no less. */
const PATIENCE_MS_MIN = 1;

/**
 * How long whoever waits has no start of an environment made for it, in milliseconds: while those that are busy are expected to be free sooner
 * than a new one could be there. Of a handler of a millisecond that many call at once an environment for each call would take longer to start than
 * all calls take, and take the very processors that they need.
 */
export const patience = ({ all, coming, starting, waiting, runMs, startMs }: Pool): number => {
  const busy = all.size - coming.size;
  const isAlone = starting + coming.size === 0;
  if (busy === 0 || runMs.value === undefined || startMs.value === undefined || (isAlone && busy < QUICK_ENVIRONMENTS)) return 0;
  const expectedMs = Math.max(PATIENCE_MS_MIN, Math.ceil(waiting.length / busy) * runMs.value * SLACK);
  return expectedMs < startMs.value ? expectedMs : 0;
};
