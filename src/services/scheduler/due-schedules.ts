import { InvalidSchedule } from "../../kit/cron.ts";
import { createDueLoop } from "../../kit/due-loop.ts";
import { newTrace } from "../../kit/ids.ts";
import type { Trace } from "../../kit/ledger.ts";
import type { Worker } from "../../kit/patience.ts";
import { SCHEDULES_PER_COMMIT } from "../../kit/limits/schedules.ts";
import { backoffMs } from "../../plumber/retry.ts";
import type { Operation } from "../../store/store.ts";
import { deliveryOf, executionOf, type Execution } from "./deliveries.ts";
import { scheduleArn } from "./names.ts";
import type { SchedulesNeeds } from "./needs.ts";
import { occurrenceAfter } from "./occurrences.ts";
import { countDue, deleteSchedule, isAnyDue, listDue, moveOn, nextDueAt, type Occurrence, type Schedule } from "./schedule-rows.ts";

/** Runs what is due. */
export interface DueSchedules extends Worker {
  /** After a commit that made, changed or deleted a schedule, and at the start. */
  poke(): Promise<void>;
  /** What is due now. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

interface Run {
  schedule: Schedule;
  execution: Execution;
  trace: Trace;
  /** Whether it was the last: "broken" where nobody can tell. */
  end: "no" | "last" | "broken";
}

export const createDueSchedules = ({ store, outbox, clock, random, ledger, log }: SchedulesNeeds): DueSchedules => {
  const startedAt = clock.now();
  let failures = 0;

  /** An expression that an earlier version took, and this one does not, ends its own schedule: all others are in the same commits. */
  const nextOf = ({ body, occurrence }: Schedule, now: number): Occurrence | "broken" | undefined => {
    try {
      return occurrenceAfter(body, occurrence!, { now, startedAt, random });
    } catch (error) {
      if (error instanceof InvalidSchedule) return "broken";
      throw error;
    }
  };

  /** In the commit of those beside it: the schedule goes on to what comes next, and the delivery of this run is on its way. */
  function* run(schedule: Schedule, now: number, trace: Trace): Operation<Run | undefined> {
    const { body, occurrence } = schedule;
    const next = nextOf(schedule, now);
    if (!(yield* moveOn(schedule, next === "broken" ? undefined : next))) return undefined;
    const execution = executionOf(schedule, occurrence!.scheduledAt);
    yield* outbox.enqueue(deliveryOf(schedule, execution, trace));
    const end = next === undefined ? "last" : next === "broken" ? next : "no";
    if (end === "last" && body.actionAfterCompletion === "DELETE") yield* deleteSchedule(schedule);
    return { schedule, execution, trace, end };
  }
  function* runDue(now: number, traceOf: (index: number) => Trace): Operation<Run[]> {
    const runs: Run[] = [];
    for (const [index, schedule] of (yield* listDue(now, SCHEDULES_PER_COMMIT)).entries()) {
      const one = yield* run(schedule, now, traceOf(index));
      if (one !== undefined) runs.push(one);
    }
    return runs;
  }
  const endOf = ({ schedule: { body }, end }: Run): string => {
    if (end === "no") return "";
    if (end === "broken") return `; when it is due next cannot be told from ${body.expression} in ${body.timeZone}, and it does not run again until it is changed`;
    return `; it was the last time${body.actionAfterCompletion === "DELETE" ? ", and the schedule is deleted" : ""}`;
  };
  const tell = (done: Run) => {
    const { schedule, execution, trace, end } = done;
    const { account, region, group, name, body: { target } } = schedule;
    const arn = scheduleArn(schedule);
    if (end === "broken") log.error(`the schedule ${arn} does not run again`, { why: endOf(done).slice(2) });
    ledger.record({
      traceId: trace.id, kind: "event", account, region, keys: [execution.executionId, execution.deliveryId, arn, name],
      summary: `the schedule ${group}/${name} is due, and ${target.Arn} is called for ${execution.scheduledTime}${endOf(done)}`,
      detail: { scheduleArn: arn, executionId: execution.executionId, scheduledTime: execution.scheduledTime, targetArn: target.Arn, isLast: end !== "no" },
    });
  };

  const loop = createDueLoop({
    clock,
    name: "schedule",
    // One commit at a time: what it has not moved on yet is still due.
    inFlightMax: 1,
    async startDue(now) {
      if (!(await store.read(() => isAnyDue(now)))) return [];
      const traces: Trace[] = [];
      const runs = await store.run(() => runDue(now, (index) => (traces[index] ??= newTrace(random, now))));
      runs.forEach(tell);
      if (runs.length > 0) outbox.poke();
      return [Promise.resolve()];
    },
    async nextDueAt(now) {
      const next = await store.read(() => nextDueAt(now));
      failures = 0;
      return next;
    },
    onFailure(error) {
      log.error("the schedules that are due could not be run; they are looked for again later", { error: String(error) });
      return backoffMs(failures++);
    },
  });

  return {
    poke: loop.poke,
    rest: loop.rest,
    async pending() {
      await loop.settled();
      return store.read(() => countDue(clock.now()));
    },
    async close() {
      await Promise.all(await loop.stop());
    },
  };
};
