import type { Environment, FunctionTarget } from "../executor/executor.ts";
import type { Timer } from "../kit/clock.ts";
import { isUsable } from "./usable.ts";

/** So many environments of one version, for those who invoke it by one version number or alias. */
export interface Group {
  target: FunctionTarget;
  wanted: number;
  /** On their way, INIT included. */
  starting: number;
  /** INIT is done: busy or idle. */
  ready: Set<Environment>;
  /** The same, and soon too old: they serve until their successors are ready. */
  leaving: Set<Environment>;
  /** The most recently used last: it is taken first. */
  idle: Environment[];
  /** Why the last one could not be made; until one can. */
  failure: string | undefined;
  failures: number;
  retry: Timer | undefined;
  isOver: boolean;
}

export const createGroup = (target: FunctionTarget): Group => ({
  target: { ...target, initializationType: "provisioned-concurrency" }, wanted: 0, starting: 0, ready: new Set(), leaving: new Set(), idle: [], failure: undefined, failures: 0, retry: undefined, isOver: false,
});

export const isOf = ({ target }: Group, { version, revisionId }: FunctionTarget): boolean => target.version === version && target.revisionId === revisionId;

/** How many to start now: after a failure one at a time, until one is ready. */
export const missing = ({ wanted, starting, ready, failure, retry, isOver }: Group): number => {
  if (isOver || retry !== undefined) return 0;
  return (failure === undefined ? wanted : Math.min(wanted, ready.size + 1)) - ready.size - starting;
};

/** Whether one that nothing runs in any more is kept for the next invocation. */
export const isKept = ({ isOver, ready, wanted }: Group, environment: Environment): boolean => {
  if (isOver || !isUsable(environment)) return false;
  return ready.has(environment) ? ready.size <= wanted : ready.size < wanted;
};

export const allocated = ({ wanted, ready, leaving }: Group): number => Math.min(wanted, ready.size + leaving.size);

export const forget = (group: Group, environment: Environment): void => {
  group.ready.delete(environment);
  group.leaving.delete(environment);
  const at = group.idle.indexOf(environment);
  if (at >= 0) group.idle.splice(at, 1);
};
