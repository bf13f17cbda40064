import { createDueLoop } from "../../kit/due-loop.ts";
import { newTrace } from "../../kit/ids.ts";
import type { Trace } from "../../kit/ledger.ts";
import { SCHEDULES_PER_COMMIT } from "../../kit/limits.ts";
import { backoffMs } from "../../plumber/retry.ts";
import type { Operation } from "../../store/store.ts";
import { deliveryOf, executionOf, type Execution } from "./deliveries.ts";
import { scheduleArn } from "./names.ts";
import type { SchedulesNeeds } from "./needs.ts";
import { occurrenceAfter } from "./occurrences.ts";
import { countDue, deleteSchedule, isAnyDue, listDue, moveOn, nextDueAt, type Schedule } from "./schedule-rows.ts";

/** Runs what is due. */
export interface DueSchedules {
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
  isLast: boolean;
}

export const createDueSchedules = ({ store, outbox, clock, random, ledger, log }: SchedulesNeeds): DueSchedules => {
  const startedAt = clock.now();
  let failures = 0;

  /** In the commit of those beside it: the schedule goes on to what comes next, and the delivery of this run is on its way. */
  function* run(schedule: Schedule, trace: Trace): Operation<Run | undefined> {
    const { body, occurrence } = schedule;
    const next = occurrenceAfter(body, occurrence!, startedAt, random);
    if (!(yield* moveOn(schedule, next))) return undefined;
    const execution = executionOf(schedule, occurrence!.scheduledAt);
    yield* outbox.enqueue(deliveryOf(schedule, execution, trace));
    const isLast = next === undefined;
    if (isLast && body.actionAfterCompletion === "DELETE") yield* deleteSchedule(schedule);
    return { schedule, execution, trace, isLast };
  }
  function* runDue(now: number, traceOf: (index: number) => Trace): Operation<Run[]> {
    const runs: Run[] = [];
    for (const [index, schedule] of (yield* listDue(now, SCHEDULES_PER_COMMIT)).entries()) {
      const one = yield* run(schedule, traceOf(index));
      if (one !== undefined) runs.push(one);
    }
    return runs;
  }
  const tell = ({ schedule, execution, trace, isLast }: Run) => {
    const { account, region, group, name, body: { target, actionAfterCompletion } } = schedule;
    const arn = scheduleArn(schedule);
    const end = isLast ? `; it was the last time${actionAfterCompletion === "DELETE" ? ", and the schedule is deleted" : ""}` : "";
    ledger.record({
      traceId: trace.id, kind: "event", account, region, keys: [execution.executionId, execution.deliveryId, arn, name],
      summary: `the schedule ${group}/${name} is due, and ${target.Arn} is called for ${execution.scheduledTime}${end}`,
      detail: { scheduleArn: arn, executionId: execution.executionId, scheduledTime: execution.scheduledTime, targetArn: target.Arn, isLast },
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
    async pending() {
      await loop.settled();
      return store.read(() => countDue(clock.now()));
    },
    async close() {
      await Promise.all(await loop.stop());
    },
  };
};
