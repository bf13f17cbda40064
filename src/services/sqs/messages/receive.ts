import { SQS_IN_FLIGHT_MAX, SQS_RECEIVE_MESSAGES_MAX, SQS_VISIBILITY_SECONDS_MAX, SQS_WAIT_SECONDS_MAX } from "../../../kit/limits/sqs.ts";
import { parseTraceHeader } from "../../../kit/trace-header.ts";
import type { Operation } from "../../../store/store.ts";
import type { Look } from "../arrivals.ts";
import type { SqsHandlers } from "../needs.ts";
import { settingsOf } from "../queue-attributes.ts";
import { queueArn } from "../queue-names.ts";
import { getQueue, type Queue, type QueueName } from "../queue-rows.ts";
import type { RequestContext } from "../../service.ts";
import { answerOf, readAsked } from "./answer.ts";
import { rememberAttempt, repeatAttempt } from "./attempts.ts";
import { checkToken } from "./draft.ts";
import { invalidParameter, overLimit, unsuitableForQueueType } from "./errors.ts";
import { createRounds } from "./fair.ts";
import { nextFreeAt } from "./groups.ts";
import { nextVisibleAt } from "./message-rows.ts";
import type { MessageParts } from "./parts.ts";
import type { Redriven } from "./sift.ts";
import { takeInOrder } from "./take-in-order.ts";
import { take, type Taken, type Taking } from "./take.ts";

interface Request {
  name: QueueName;
  count: number;
  visibilityMs: number | undefined;
  waitMs: number | undefined;
  attemptId: string | undefined;
}

/** What one commit came to. */
interface Outcome {
  queue: Queue;
  waitMs: number;
  receipt: number;
  receivedAt: number;
  taken: Taken;
  nextAt: number | undefined;
}

const NOTHING: Taken = { given: [], visibleAt: 0, changes: [], redriven: [], isToBeContinued: false };
const RECEIPT_BYTES = 6;

export const receiveHandlers = ({ store, clock, random, ledger, inQueue, counts, arrivals, measured, retention, handles }: MessageParts) => {
  const rounds = createRounds();

  /** Undefined when it is not known yet how many are in flight. */
  function* receive(request: Request, receipt: number): Operation<Outcome | { queue: Queue; isUncounted: true }> {
    const queue = yield* getQueue(request.name);
    const settings = settingsOf(queue);
    const inFlight = counts.inFlight(queue.id);
    if (inFlight === undefined) return { queue, isUncounted: true };
    const now = clock.now();
    const limit = Math.min(request.count, SQS_IN_FLIGHT_MAX - inFlight);
    const taking: Taking = { queue, settings, now, limit, visibilityMs: request.visibilityMs ?? settings.visibilityMs, receipt };
    const common = { queue, waitMs: settings.waitMs };
    if (request.attemptId !== undefined) {
      if (!queue.isFifo) throw unsuitableForQueueType("ReceiveRequestAttemptId", request.attemptId);
      const repeated = yield* repeatAttempt(taking, request.attemptId);
      if (repeated !== undefined) return { ...common, ...repeated, nextAt: undefined };
    }
    const isWaiting = (request.waitMs ?? settings.waitMs) > 0;
    // "If you reach this limit while using short polling"; a long poll waits until there is room, and FIFO queues tell of no error.
    if (limit <= 0 && !queue.isFifo && !isWaiting) throw overLimit();
    const taken = limit <= 0 ? NOTHING : yield* takeSome(taking);
    if (request.attemptId !== undefined) yield* rememberAttempt(taking, request.attemptId, taken);
    const isEmpty = taken.given.length === 0 && isWaiting;
    return { ...common, receipt, receivedAt: now, taken, nextAt: !isEmpty ? undefined : queue.isFifo ? yield* nextFreeAt(queue.id, now) : yield* nextVisibleAt(queue.id, now) };
  }
  const takeSome = (taking: Taking): Operation<Taken> => {
    if (taking.queue.isFifo) return takeInOrder(taking);
    const noisy = counts.noisyTenants(taking.queue.id);
    return take(taking, noisy.size === 0 ? undefined : rounds.quietFirst(noisy));
  };

  const tellRedriven = (queue: Queue, context: RequestContext, { message, to, expiresAt }: Redriven) => {
    arrivals.due(to.id, message.sentAt);
    retention.expect(expiresAt);
    const [from, target] = [queueArn(queue), queueArn(to)];
    ledger.record({
      traceId: parseTraceHeader(message.traceHeader ?? undefined)?.id ?? context.trace.id, kind: "drop", account: queue.account, region: queue.region, keys: [message.id, from, target],
      summary: `message ${message.id} was received ${message.receiveCount} times and goes from ${queue.name} to the dead-letter queue ${to.name}`, detail: { messageId: message.id, receiveCount: message.receiveCount, from, to: target },
    });
  };
  const look = async (request: Request, context: RequestContext): Promise<Look<Outcome>> => {
    for (;;) {
      const receipt = random.bytes(RECEIPT_BYTES).readUIntBE(0, RECEIPT_BYTES);
      const outcome = await store.run(() => receive(request, receipt));
      if ("isUncounted" in outcome) {
        await counts.load(outcome.queue);
        continue;
      }
      const { queue, waitMs, taken, nextAt } = outcome;
      counts.changed(taken.changes);
      for (const redriven of taken.redriven) tellRedriven(queue, context, redriven);
      if (taken.isToBeContinued) continue;
      if (taken.given.length === 0) return { queueId: queue.id, waitMs, nextAt };
      arrivals.due(queue.id, taken.visibleAt);
      return { queueId: queue.id, waitMs, found: outcome };
    }
  };

  return {
    async ReceiveMessage(input, context) {
      const name = inQueue(input, context);
      const request: Request = { name, ...checkRequest(input) };
      const asked = readAsked(input, context.isInternal);
      const found = await arrivals.poll({
        line: `${name.account}/${name.region}/${name.name}`,
        look: () => look(request, context),
        waitMs: request.waitMs,
        signal: () => context.signal,
        waiting: context.waiting,
      });
      measured.received(found?.queue ?? name, found?.taken.given.length ?? 0);
      if (found === undefined) return {};
      const { queue, receipt: token, receivedAt, taken } = found;
      return {
        Messages: taken.given.map((message) => answerOf(message, handles.format({ queueId: queue.id, sequence: message.sequence, token, receivedAt }), receivedAt, asked)),
      };
    },
  } satisfies SqsHandlers;
};

interface RequestInput {
  MaxNumberOfMessages?: number | undefined;
  VisibilityTimeout?: number | undefined;
  WaitTimeSeconds?: number | undefined;
  ReceiveRequestAttemptId?: string | undefined;
}

const isBetween = (value: number, least: number, most: number): boolean => value >= least && value <= most;

const checkRequest = ({ MaxNumberOfMessages: count = 1, VisibilityTimeout: visibility, WaitTimeSeconds: wait, ReceiveRequestAttemptId: attemptId }: RequestInput): Omit<Request, "name"> => {
  if (!isBetween(count, 1, SQS_RECEIVE_MESSAGES_MAX)) throw invalidParameter("MaxNumberOfMessages", count, `Must be between 1 and ${SQS_RECEIVE_MESSAGES_MAX}, if provided.`);
  if (visibility !== undefined && !isBetween(visibility, 0, SQS_VISIBILITY_SECONDS_MAX)) throw invalidParameter("VisibilityTimeout", visibility, `Must be >= 0 and <= ${SQS_VISIBILITY_SECONDS_MAX}, if provided.`);
  if (wait !== undefined && !isBetween(wait, 0, SQS_WAIT_SECONDS_MAX)) throw invalidParameter("WaitTimeSeconds", wait, `Must be >= 0 and <= ${SQS_WAIT_SECONDS_MAX}, if provided.`);
  if (attemptId !== undefined) checkToken("ReceiveRequestAttemptId", attemptId);
  return { count, visibilityMs: visibility === undefined ? undefined : visibility * 1_000, waitMs: wait === undefined ? undefined : wait * 1_000, attemptId };
};
