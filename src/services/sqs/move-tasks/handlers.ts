import { ApiError } from "../../../kit/api-error.ts";
import { MOVE_MESSAGES_PER_SECOND_MAX, MOVE_TASKS_ACTIVE_MAX, MOVE_TASKS_LISTED_MAX } from "../../../kit/limits/sqs.ts";
import { sqlOne, type Operation } from "../../../store/store.ts";
import { invalidParameterValue, invalidValue, overLimit, resourceNotFound } from "../errors.ts";
import type { SqsHandlers, QueueParts } from "../needs.ts";
import { parseQueueArn } from "../queue-names.ts";
import { findQueue, type Queue, type QueueName } from "../queue-rows.ts";
import { listSources } from "../redrive-policy.ts";
import { findTask, insertTask, isActive, listActiveTasks, listTasks, writeProgress, type MoveTask } from "./task-rows.ts";

type ArnParameter = "SourceArn" | "DestinationArn";

const readArn = (text: string, parameter: ArnParameter): QueueName => {
  const named = parseQueueArn(text);
  if (named === undefined) throw invalidParameterValue(`You must use this format to specify the ${parameter}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`);
  return named;
};

export const sourceOf = ({ SourceArn }: { SourceArn?: string | undefined }): QueueName => readArn(SourceArn ?? "", "SourceArn");
export const destinationOf = ({ DestinationArn }: { DestinationArn?: string | undefined }): QueueName | undefined => (DestinationArn === undefined ? undefined : readArn(DestinationArn, "DestinationArn"));

/** As AWS's: JSON in base64, which says whose task it is. */
const writeHandle = (taskId: string, sourceArn: string): string => Buffer.from(JSON.stringify({ taskId, sourceArn })).toString("base64");

/** The source queue of the task that a handle names. */
export const handledSource = ({ TaskHandle: handle = "" }: { TaskHandle?: string | undefined }): QueueName => {
  try {
    const { sourceArn } = JSON.parse(Buffer.from(handle, "base64").toString()) as { sourceArn?: unknown };
    const named = typeof sourceArn === "string" ? parseQueueArn(sourceArn) : undefined;
    if (named !== undefined) return named;
  } catch {
    // It is told below.
  }
  throw invalidParameterValue("Value for parameter TaskHandle is invalid.");
};

export const moveTaskHandlers = ({ store, clock, random, counts, moveTasks }: QueueParts) =>
  ({
    async StartMessageMoveTask(input, context) {
      const { MaxNumberOfMessagesPerSecond: perSecond, DestinationArn: destinationArn } = input;
      const sourceArn = input.SourceArn!;
      const [from, to] = [sourceOf(input), destinationOf(input)];
      if (perSecond !== undefined && (perSecond < 1 || perSecond > MOVE_MESSAGES_PER_SECOND_MAX)) {
        throw invalidValue(perSecond, "MaxNumberOfMessagesPerSecond", `You must enter a value that's between 1 and ${MOVE_MESSAGES_PER_SECOND_MAX}.`);
      }
      if (sourceArn === destinationArn) throw invalidParameterValue("Source queue arn and destination queue arn cannot be the same.");
      const source = await store.run(() => checkQueues(from, to));
      const { visible } = await counts.of(source);
      const handle = writeHandle(random.uuid(), sourceArn);
      const now = clock.now();
      await store.run(function* () {
        yield* begin({
          handle, sourceArn, status: "RUNNING", moved: 0, toMove: visible, startedAt: now,
          ...(destinationArn === undefined ? {} : { destinationArn }), ...(perSecond === undefined ? {} : { perSecond }),
        }, from, to, context.account);
      });
      await moveTasks.poke();
      return { TaskHandle: handle };
    },

    async CancelMessageMoveTask(input) {
      handledSource(input);
      const moved = await store.run(() => cancel(input.TaskHandle!));
      void moveTasks.poke();
      return { ApproximateNumberOfMessagesMoved: moved };
    },

    async ListMessageMoveTasks(input) {
      const { MaxResults: limit = 1 } = input;
      if (limit < 1 || limit > MOVE_TASKS_LISTED_MAX) throw invalidValue(limit, "MaxResults", `You must enter a value that's between 1 and ${MOVE_TASKS_LISTED_MAX}.`);
      const tasks = await store.run(function* () {
        const source = yield* requireQueue(sourceOf(input), "SourceArn");
        return yield* listTasks(source.id);
      });
      return { Results: tasks.slice(0, limit).map(describe) };
    },
  }) satisfies SqsHandlers;

function* requireQueue(named: QueueName, parameter: ArnParameter): Operation<Queue> {
  const queue = yield* findQueue(named);
  if (queue === undefined) throw resourceNotFound(`The resource that you specified for the ${parameter} parameter doesn't exist.`);
  return queue;
}

function* checkQueues(from: QueueName, to: QueueName | undefined): Operation<Queue> {
  const source = yield* requireQueue(from, "SourceArn");
  if ((yield* listSources(from)).length === 0) throw invalidParameterValue("Source queue must be configured as a Dead Letter Queue.");
  const destination = to && (yield* requireQueue(to, "DestinationArn"));
  if (destination !== undefined && destination.isFifo !== source.isFifo) throw invalidParameterValue("Source queue and destination queue must be of the same type.");
  return source;
}

/** What is there now is moved, and nothing that comes later. */
function* begin(task: Omit<MoveTask, "source" | "lastSequence">, from: QueueName, to: QueueName | undefined, account: string): Operation<void> {
  const source = yield* checkQueues(from, to);
  if ((yield* listTasks(source.id)).some(isActive)) {
    throw invalidParameterValue("There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
  }
  const active = (yield* listActiveTasks()).filter(({ sourceArn }) => parseQueueArn(sourceArn)?.account === account);
  if (active.length >= MOVE_TASKS_ACTIVE_MAX) throw overLimit(`The maximum number of active message move tasks of an account is ${MOVE_TASKS_ACTIVE_MAX}.`);
  const last = yield* sqlOne("select coalesce(max(sequence), 0) as last from sqs_message");
  yield* insertTask({ ...task, source: source.id, lastSequence: last!["last"] as number });
}

function* cancel(handle: string): Operation<number> {
  const task = yield* findTask(handle);
  if (task === undefined) throw resourceNotFound("Task does not exist.");
  if (task.status !== "RUNNING") throw new ApiError("UnsupportedOperation", "Only active tasks can be cancelled.");
  yield* writeProgress({ ...task, status: "CANCELLING" });
  return task.moved;
}

/** "TaskHandle … is only populated for tasks that are in RUNNING status" (ListMessageMoveTasks, API reference) */
const describe = ({ handle, status, sourceArn, destinationArn, perSecond, moved, toMove, failure, startedAt }: MoveTask) => ({
  TaskHandle: status === "RUNNING" ? handle : undefined,
  Status: status,
  SourceArn: sourceArn,
  DestinationArn: destinationArn,
  MaxNumberOfMessagesPerSecond: perSecond,
  ApproximateNumberOfMessagesMoved: moved,
  ApproximateNumberOfMessagesToMove: toMove,
  FailureReason: failure,
  StartedTimestamp: startedAt,
});
