import { createDueLoop } from "../../../kit/due-loop.ts";
import { MESSAGES_PER_MOVE } from "../../../kit/limits/sqs.ts";
import type { Worker } from "../../../kit/patience.ts";
import { sqlOne, type Operation } from "../../../store/store.ts";
import type { MessageParts } from "../messages/parts.ts";
import { parseQueueArn } from "../queue-names.ts";
import { toQueue, type Queue } from "../queue-rows.ts";
import { moveBatch, type BatchOutcome } from "./move-messages.ts";
import { findTask, isActive, listActiveTasks, writeProgress, type MoveTask } from "./task-rows.ts";

/** Carries out the tasks that are active, those too that an earlier process left. */
export interface MoveTasks extends Worker {
  /** After a commit that began or changed one. Resolves when each that is due has had a turn, and its next is set on the clock. */
  poke(): Promise<void>;
  /** Tasks that have not ended. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

const SECOND_MS = 1_000;
/** Batches in a second of a task whose rate is bounded: one of its messages each, or a tenth of them. */
const BATCHES_PER_SECOND = 10;
const TASKS_AT_ONCE_MAX = 10;
const FAILED_PAUSE_MS = 10_000;

const batchSize = ({ perSecond }: MoveTask): number => (perSecond === undefined ? MESSAGES_PER_MOVE : Math.ceil(perSecond / BATCHES_PER_SECOND));
const pauseMs = ({ perSecond }: MoveTask, moved: number): number => (perSecond === undefined ? 0 : (moved * SECOND_MS) / perSecond);

/** What a turn of a task has done. */
interface Turn {
  task: MoveTask;
  outcome: BatchOutcome | undefined;
}

export const createMoveTasks = ({ store, clock, random, ledger, log, arrivals, counts, retention }: MessageParts): MoveTasks => {
  /** When each goes on; those that are under way are not in it, and those that have ended leave it at the next look. */
  const dueAt = new Map<string, number>();
  const underWay = new Map<string, Promise<void>>();

  const tellEnd = ({ handle, sourceArn, destinationArn, status, moved, failure }: MoveTask) => {
    const { account = "", region = "" } = parseQueueArn(sourceArn) ?? {};
    const where = destinationArn ?? "the queues that they came from";
    ledger.record({
      traceId: handle, kind: "notice", account, region, keys: [handle, sourceArn, ...(destinationArn === undefined ? [] : [destinationArn])],
      summary: `${moved} messages of ${sourceArn} were moved to ${where}: the task is ${status}${failure === undefined ? "" : ` (${failure})`}`,
      detail: { status, moved, failure },
    });
  };

  const announce = ({ task, outcome }: Turn) => {
    counts.changed(outcome?.changes ?? []);
    for (const { queueId, visibleAt, expiresAt } of outcome?.reached ?? []) {
      arrivals.due(queueId, visibleAt);
      retention.expect(expiresAt);
    }
    if (!isActive(task)) tellEnd(task);
  };

  const goOn = (task: MoveTask): Promise<void> => {
    dueAt.delete(task.handle);
    const turn = take(task).finally(() => underWay.delete(task.handle));
    underWay.set(task.handle, turn);
    return turn;
  };
  const take = async (task: MoveTask) => {
    try {
      const now = clock.now();
      const ids = Array.from({ length: batchSize(task) }, () => random.uuid());
      const turn = await store.run(() => takeTurn(task.handle, now, ids));
      if (turn === undefined) return;
      announce(turn);
      dueAt.set(task.handle, clock.now() + pauseMs(task, turn.outcome?.moved ?? 0));
    } catch (error) {
      log.error("a message move task could not go on; it is tried again later", { task: task.sourceArn, error: String(error) });
      dueAt.set(task.handle, clock.now() + FAILED_PAUSE_MS);
    }
  };

  const loop = createDueLoop({
    clock,
    name: "message move task",
    inFlightMax: TASKS_AT_ONCE_MAX,
    async startDue(now, room) {
      const active = await store.run(listActiveTasks);
      const known = new Set(active.map(({ handle }) => handle));
      for (const handle of dueAt.keys()) if (!known.has(handle)) dueAt.delete(handle);
      const waiting = active.filter(({ handle }) => !underWay.has(handle));
      for (const { handle, status } of waiting) if (!dueAt.has(handle) || status === "CANCELLING") dueAt.set(handle, now);
      return waiting.filter(({ handle }) => dueAt.get(handle)! <= now).slice(0, room).map(goOn);
    },
    nextDueAt: async (now) => [...dueAt.values()].filter((at) => at > now).toSorted((a, b) => a - b)[0],
    onFailure(error) {
      log.error("the message move tasks could not be read; they are looked for again later", { error: String(error) });
      return FAILED_PAUSE_MS;
    },
  });

  return {
    async poke() {
      await loop.poke();
      await Promise.all(underWay.values());
      await loop.poke();
    },
    rest: loop.rest,
    pending: async () => (await store.read(listActiveTasks)).length,
    async close() {
      await Promise.all(await loop.stop());
    },
  };
};

/** One commit of a task. Undefined when there is no such task any more. */
function* takeTurn(handle: string, now: number, ids: readonly string[]): Operation<Turn | undefined> {
  const task = yield* findTask(handle);
  const source = task && (yield* findSource(task));
  if (task === undefined || source === undefined || !isActive(task)) return undefined;
  const outcome = task.status === "CANCELLING" ? undefined : yield* moveBatch({ source, destinationArn: task.destinationArn, lastSequence: task.lastSequence, now, ids });
  const after: MoveTask = {
    ...task,
    moved: task.moved + (outcome?.moved ?? 0),
    status: outcome === undefined ? "CANCELLED" : outcome.failure !== undefined ? "FAILED" : outcome.isEnd ? "COMPLETED" : "RUNNING",
    ...(outcome?.failure === undefined ? {} : { failure: outcome.failure }),
  };
  yield* writeProgress(after);
  return { task: after, outcome };
}

function* findSource({ source }: MoveTask): Operation<Queue | undefined> {
  const row = yield* sqlOne("select * from sqs_queue where id = ?", source);
  return row && toQueue(row);
}
