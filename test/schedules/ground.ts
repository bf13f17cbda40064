import { join } from "node:path";
import type { CreateScheduleCommandInput } from "@aws-sdk/client-scheduler";
import { onTestFinished } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call, CallOptions, OperationInput, OperationName, OperationOutput } from "../../src/kit/call.ts";
import type { AdvanceableClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { silentLog } from "../../src/kit/log.ts";
import type { Metrics } from "../../src/kit/metrics.ts";
import { systemRandom, type Random } from "../../src/kit/random.ts";
import { createOutbox } from "../../src/plumber/outbox.ts";
import type { SchedulesTypes } from "../../src/services/scheduler/needs.ts";
import { createSchedules } from "../../src/services/scheduler/parts.ts";
import { createSchedulesService } from "../../src/services/scheduler/service.ts";
import type { RequestContext } from "../../src/services/service.ts";
import { sqlOne, type Operation, type Store } from "../../src/store/store.ts";
import { createStillClock } from "../sqs/still-clock.ts";
import { noApiDestinations } from "../support/no-api-destinations.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { openState } from "../support/store.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

/** A Tuesday. */
export const NOW = Date.UTC(2026, 10, 24, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const ROLE = `arn:aws:iam::${ACCOUNT}:role/scheduler`;
export const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:orders`;
export const DEAD = `arn:aws:sqs:us-east-1:${ACCOUNT}:dead`;
export const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
export const OFF = { Mode: "OFF" } as const;

/** One call of a target, as it got there. */
export interface Called {
  at: number;
  service: string;
  operation: string;
  input: Record<string, unknown>;
  options: CallOptions;
}

/** What a target does with a call; throwing refuses it. */
export type Behaviour = (called: Called, count: number) => unknown;

interface Options {
  behave?: Behaviour;
  directory?: string;
  clock?: AdvanceableClock;
  random?: Random;
  wrap?(store: Store): Store;
}

/** Operations that the test's `call` has beside its targets'. */
const isBuilt = (service: string, operation: string) => service !== "dynamodb" && operation !== "AddPermission";

/** Scheduler's operations and its engine over a real store and a real outbox; the targets are `behave`, and time stands still between two advances. */
export const openSchedules = async ({ behave = () => undefined, directory = temporaryDirectory(), clock = createStillClock(NOW), random = systemRandom, wrap = (store) => store }: Options = {}) => {
  const real = openState(join(directory, "state.db"));
  const store = wrap(real);
  const called: Called[] = [];
  const told: LedgerEntry[] = [];
  const counted: Record<string, number> = {};
  const trusted = { is: true };
  const warned: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
  const ledger = { record: (entry: LedgerEntry) => void told.push(entry), find: async () => [], flush: async () => {} };
  const metrics = {
    series: ({ name, dimensions }: { name: string; dimensions: Record<string, string> }) => ({
      add(n: number) {
        const key = [name, ...Object.values(dimensions)].join(" ");
        counted[key] = (counted[key] ?? 0) + n;
      },
    }),
  } as unknown as Metrics;
  const call = (async (service: string, operation: string, input: Record<string, unknown>, options: CallOptions) => {
    if (options.isQuestion === true) {
      if (!isBuilt(service, operation)) throw new ApiError("NotImplemented", "not built", { status: 501 });
      throw new ApiError("ValidationException", "nothing is given");
    }
    if (service === "sts") {
      if (!trusted.is) throw new ApiError("AccessDenied", "not trusted", { status: 403 });
      return {
        Credentials: { AccessKeyId: "A", SecretAccessKey: "S", SessionToken: "T", Expiration: new Date(clock.now() + HOUR) },
        AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/scheduler/scheduler`, AssumedRoleId: "AROA:scheduler" },
      };
    }
    const one = { at: clock.now(), service, operation, input, options };
    called.push(one);
    return (await behave(one, called.length)) ?? {};
  }) as unknown as Call;
  const outbox = createOutbox({ store, call, clock, wall: clock, random, ledger, metrics, log, sendToApiDestination: noApiDestinations });
  const engine = createSchedules({ store, call, outbox, clock, wall: clock, random, ledger, metrics, log, sessionKey: Buffer.alloc(32, 7) });
  await outbox.start();
  await engine.start();
  const { handlers } = createSchedulesService(engine.parts);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await engine.close();
    await outbox.close();
    await real.close();
    clock.stop();
  };
  onTestFinished(close);
  const ask = async <N extends OperationName<SchedulesTypes>>(operation: N, input: OperationInput<SchedulesTypes, N>, over: Partial<RequestContext> = {}): Promise<OperationOutput<SchedulesTypes, N>> =>
    (await (handlers[operation] as (input: unknown, context: RequestContext) => unknown)(input, requestContext(over))) as OperationOutput<SchedulesTypes, N>;
  /** All that is due now has been tried, and its outcome written. */
  const settle = async () => {
    await eventually("no schedule is due", async () => (await engine.pending!()) === 0, 20_000, 0);
    await eventually("no delivery is due", async () => (await store.read(() => sqlOne("select 1 from delivery where due_at <= ? limit 1", clock.now()))) === undefined, 20_000, 0);
    await outbox.pending();
  };
  function* nextMoment(): Operation<number | undefined> {
    const row = yield* sqlOne("select min(at) as at from (select min(due_at) as at from delivery where due_at > ? union all select min(next_at) from schedule where next_at > ?)", clock.now(), clock.now());
    return (row!["at"] ?? undefined) as number | undefined;
  }

  return {
    store, clock, called, told, counted, warned, trusted, engine, outbox, directory, close, ask, settle,
    create: (over: Partial<CreateScheduleCommandInput> & Pick<CreateScheduleCommandInput, "ScheduleExpression">) =>
      ask("CreateSchedule", { Name: "s", FlexibleTimeWindow: OFF, Target: { Arn: FUNCTION, RoleArn: ROLE, Input: "{}" }, ...over }),
    /** Time goes on, each moment's work done before the next. */
    async pass(ms: number) {
      const end = clock.now() + ms;
      await settle();
      while (clock.now() < end) {
        const next = await store.read(nextMoment);
        await clock.advance(Math.min(next ?? end, end) - clock.now());
        await settle();
      }
    },
    /** When targets were called: seconds since the beginning. */
    moments: () => called.map(({ at }) => (at - NOW) / 1_000),
    why: (key: string) => told.filter(({ keys }) => keys.includes(key)).map(({ summary }) => summary),
  };
};

export type OpenSchedules = Awaited<ReturnType<typeof openSchedules>>;
