import type { Environment, Executor, FunctionTarget } from "../executor/executor.ts";
import type { Clock } from "../kit/clock.ts";
import { newTrace } from "../kit/ids.ts";
import type { Ledger } from "../kit/ledger.ts";
import { PROVISIONED_RETRY_MS_FIRST, PROVISIONED_RETRY_MS_MAX, PROVISIONED_SUCCESSOR_MS } from "../kit/limits/lambda.ts";
import { systemRandom } from "../kit/random.ts";
import { allocated, createGroup, forget, isKept, isOf, missing, type Group } from "./provisioned-group.ts";
import type { ProvisionedStatus, ProvisionedWishes } from "./scheduler.ts";
import type { StartQueue } from "./start-queue.ts";
import { createStopping } from "./stopping.ts";
import { endTurnWithInit } from "./turns.ts";
import { isUsable, usableUntil } from "./usable.ts";

interface Needs {
  executor: Executor;
  clock: Clock;
  wall: Clock;
  starts: StartQueue;
  ledger: Ledger;
}

/** AWS's word, as CloudFormation and the console show it. */
const INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE";

/** Environments that are made before anybody invokes: kept warm, replaced when they die or grow old, let go when nobody asks for them any more. */
export const createProvisioned = ({ executor, clock, wall, starts, ledger }: Needs) => {
  /** By the ARN that is invoked, with its qualifier; several where an alias has weights. */
  const groups = new Map<string, Group[]>();
  const homes = new WeakMap<Environment, Group>();
  const all = new Set<Environment>();
  const underWay = new Set<Promise<void>>();
  const stopping = createStopping();
  const { stop } = stopping;
  let isClosed = false;

  const dismiss = (group: Group, environment: Environment) => {
    forget(group, environment);
    void stop(environment);
  };
  /** What is idle and more than is wanted goes: those that have a successor first. */
  const trim = (group: Group) => {
    for (const environment of [...group.idle.filter((one) => group.leaving.has(one)), ...group.idle.filter((one) => group.ready.has(one))]) if (!isKept(group, environment)) dismiss(group, environment);
  };
  const fill = (group: Group) => {
    if (isClosed) return;
    while (missing(group) > 0) {
      group.starting++;
      const made = make(group).finally(() => underWay.delete(made));
      underWay.add(made);
    }
  };
  const tell = ({ target }: Group, why: string) =>
    ledger.record({
      traceId: newTrace(systemRandom, clock.now()).id, kind: "retry", account: target.account, region: target.region, keys: [target.name, target.functionArn, `${target.functionArn}:${target.version}`],
      summary: `an environment that is provisioned for version ${target.version} of ${target.name} does not become ready (${why}), and is made again and again`, detail: { provisioned: why },
    });
  const fail = (group: Group, why: string) => {
    // Once, not at every try.
    if (group.failure !== why) tell(group, why);
    group.failure = why;
    if (isClosed || group.isOver || group.retry !== undefined) return;
    const delayMs = Math.min(PROVISIONED_RETRY_MS_FIRST * 2 ** group.failures++, PROVISIONED_RETRY_MS_MAX);
    group.retry = clock.at(clock.now() + delayMs, "provisioned concurrency", () => {
      group.retry = undefined;
      fill(group);
    });
  };
  const make = async (group: Group) => {
    const turn = await starts.enter(group);
    // Meanwhile fewer may be wanted, or another one have failed.
    group.starting--;
    if (isClosed || missing(group) <= 0) return turn();
    group.starting++;
    try {
      const environment = await executor.createEnvironment(group.target);
      endTurnWithInit(wall, turn, environment);
      follow(group, environment);
      await environment.initialized;
      group.starting--;
      welcome(group, environment);
    } catch (error) {
      turn();
      group.starting--;
      fail(group, error instanceof Error ? error.message : String(error));
    }
  };
  /** From its birth to its death, after which another one takes its place. */
  const follow = (group: Group, environment: Environment) => {
    all.add(environment);
    homes.set(environment, group);
    if (isClosed || group.isOver) void stop(environment);
    void environment.dead.then(() => {
      all.delete(environment);
      const wasServing = group.ready.has(environment);
      forget(group, environment);
      if (wasServing) fill(group);
    });
  };
  /** INIT is over. */
  const welcome = (group: Group, environment: Environment) => {
    if (isClosed || group.isOver) return void stop(environment);
    if (!environment.isInitialized || !isUsable(environment)) {
      void stop(environment);
      return fail(group, environment.isInitialized ? "the credentials of its role end too soon" : INIT_FAILURE);
    }
    group.failure = undefined;
    group.failures = 0;
    group.ready.add(environment);
    group.idle.push(environment);
    planSuccessor(group, environment);
    trim(group);
    fill(group);
  };
  const planSuccessor = (group: Group, environment: Environment) => {
    const leftMs = usableUntil(environment) - wall.now();
    const timer = wall.at(wall.now() + Math.max(leftMs / 2, leftMs - PROVISIONED_SUCCESSOR_MS), "successor of a provisioned environment", () => {
      if (!group.ready.delete(environment)) return;
      group.leaving.add(environment);
      fill(group);
    });
    void environment.dead.then(() => timer.cancel());
  };
  const endGroup = (group: Group) => {
    group.isOver = true;
    group.retry?.cancel();
    // Those that an invocation has been given end with it.
    const isTaken = (environment: Environment) => (group.ready.has(environment) || group.leaving.has(environment)) && !group.idle.includes(environment);
    for (const environment of all) if (homes.get(environment) === group && !isTaken(environment)) dismiss(group, environment);
  };
  const setGroup = (group: Group, count: number) => {
    group.wanted = count;
    // Who asks anew wants to see it tried anew.
    group.retry?.cancel();
    group.retry = group.failure = undefined;
    group.failures = 0;
    trim(group);
    fill(group);
  };

  return {
    /** All that a function's configurations ask for, by the ARNs that they are for: what else it had is let go. */
    provision(functionArn: string, wishes: ProvisionedWishes): void {
      for (const [arn, before] of groups) {
        if (!arn.startsWith(`${functionArn}:`)) continue;
        for (const group of before) if (!wishes.get(arn)?.some(({ target }) => isOf(group, target))) endGroup(group);
        if (!wishes.has(arn)) groups.delete(arn);
      }
      for (const [arn, shares] of wishes) {
        const before = groups.get(arn) ?? [];
        const now = shares.map(({ target }) => before.find((group) => isOf(group, target)) ?? createGroup(target));
        groups.set(arn, now);
        for (const [index, group] of now.entries()) setGroup(group, shares[index]!.count);
      }
    },
    /** One that waits for an invocation by this ARN, if there is one. */
    take(invokedArn: string, target: FunctionTarget): Environment | undefined {
      const group = (groups.get(invokedArn) ?? groups.get(`${target.functionArn}:${target.version}`))?.find((one) => isOf(one, target));
      for (let idle = group?.idle.pop(); idle !== undefined; idle = group!.idle.pop()) {
        if (isUsable(idle)) return idle;
        dismiss(group!, idle);
        fill(group!);
      }
      return undefined;
    },
    release(environment: Environment): void {
      const group = homes.get(environment)!;
      if (isKept(group, environment)) group.idle.push(environment);
      else {
        dismiss(group, environment);
        fill(group);
      }
    },
    status(arn: string): ProvisionedStatus {
      const found = groups.get(arn) ?? [];
      const failure = found.find((group) => group.failure !== undefined)?.failure;
      return { allocated: found.reduce((total, group) => total + allocated(group), 0), ...(failure === undefined ? {} : { failure }) };
    },
    environments: () => [...all],
    /** Ends all, those too that are on their way or run something. */
    async close(): Promise<void> {
      isClosed = true;
      for (const group of [...groups.values()].flat()) {
        group.isOver = true;
        group.retry?.cancel();
      }
      for (const environment of all) void stop(environment);
      while (underWay.size + stopping.count > 0) await Promise.all([...underWay, stopping.settled()]);
    },
  };
};
