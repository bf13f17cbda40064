import type { Message } from "@aws-sdk/client-sqs";
import type { FunctionTarget } from "../../executor/executor.ts";
import { isApiError } from "../../kit/api-error.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import { MAPPING_BACKLOG_MS, MAPPING_BACKOFF_MS_FIRST, MAPPING_BACKOFF_MS_MAX, MAPPING_POLL_MESSAGES_MAX, MAPPING_POLL_SECONDS } from "../../kit/limits.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { ResolveTarget, Scheduler } from "../../scheduler/scheduler.ts";
import { createCountEvents } from "./count-events.ts";
import { createFilter, type Filter } from "./filter.ts";
import { gather } from "./gather.ts";
import { createHolds } from "./holds.ts";
import { invokedArn, type EventSourceMapping } from "./mapping.ts";
import { createRunBatch } from "./run-batch.ts";
import { createScaling } from "./scaling.ts";
import { createSource, isDenied, isQueueGone } from "./source.ts";
import { createStory } from "./story.ts";

export interface RunnerNeeds {
  call: Call;
  scheduler: Pick<Scheduler, "invoke">;
  resolve: ResolveTarget;
  clock: Clock;
  random: Random;
  ledger: Ledger;
  metrics: Metrics;
  log: Log;
}

/** One mapping at work. */
export interface Runner {
  readonly mapping: EventSourceMapping;
  /** Batches at work. */
  readonly inFlight: number;
  readonly problem: string | undefined;
  /** The next batch is as the mapping is now. */
  update(mapping: EventSourceMapping): void;
  /** Receives nothing more. Resolves when the batches at work are through. */
  stop(): Promise<void>;
}

/**
 * Pollers, each of which receives a batch, has it run and receives the next. One of them waits for messages when there are none; whenever it gets some,
 * the next begins to wait, as long as the mapping may have so many batches at once. A poller that finds nothing while another waits, ends.
 */
export const createRunner = (needs: RunnerNeeds, first: EventSourceMapping): Runner => {
  const { call, resolve, clock, random, ledger, metrics, log } = needs;
  let mapping = first;
  let filter: Filter = createFilter(mapping.settings.filters);
  const isFifo = mapping.sourceArn.endsWith(".fifo");
  const source = createSource({ call, sourceArn: mapping.sourceArn });
  const scaling = createScaling({ clock, settings: () => mapping.settings });
  const holds = createHolds(clock);
  const story = createStory({ ledger, clock, random, mapping: () => mapping });
  const count = createCountEvents({ metrics, mapping: () => mapping });
  const pollers = new Set<Promise<void>>();
  const problems: { receiving?: string; deleting?: string } = {};
  const stopping = new AbortController();
  /** Ends what waits for messages, or for another try, when the mapping is changed or stopped. */
  let changing = new AbortController();
  let isSomebodyWaiting = false;
  let inFlight = 0;
  let failures = 0;

  const describe = (error: unknown, action: string): string => {
    if (isDenied(error)) return `PROBLEM: The function's execution role does not have permissions to call ${action} on SQS. ${(error as Error).message}`;
    if (isQueueGone(error)) return `PROBLEM: The queue ${mapping.sourceArn} does not exist.`;
    if (isApiError(error, "ResourceNotFoundException")) return `PROBLEM: The function ${invokedArn(mapping)} does not exist.`;
    return `PROBLEM: ${error instanceof Error ? error.message : String(error)}`;
  };
  /** Told when it is another one than before. */
  const setProblem = (kind: keyof typeof problems, error: unknown, action: string) => {
    const before = problems[kind];
    if (error === undefined) {
      if (before === undefined) return;
      delete problems[kind];
      return story.notice(`${mapping.functionName} gets the messages of ${mapping.sourceArn} again`, { solved: before });
    }
    const problem = describe(error, action);
    if (!isApiError(error)) log.error("an event source mapping has a problem", { eventSourceMapping: mapping.uuid, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    if (problem === before) return;
    problems[kind] = problem;
    story.notice(`${mapping.functionName} gets no messages of ${mapping.sourceArn}: ${problem.replace(/^PROBLEM: /, "")}`, { problem });
  };
  const runBatch = createRunBatch({ ...needs, source, scaling, holds, story, count, onRemoved: (error) => setProblem("deleting", error, "DeleteMessage") });

  const receive = async (isPatient: boolean): Promise<{ messages: Message[]; as: FunctionTarget; receivedAt: number }> => {
    // The function's role of this moment; without a function nothing is taken out of the queue.
    const as = await resolve(mapping, mapping.functionName, mapping.qualifier);
    const { signal } = changing;
    let receivedAt = Infinity;
    const messages = await gather({
      clock, settings: mapping.settings, isPatient,
      isOver: () => signal.aborted,
      async receive(most, waitSeconds) {
        const askedAt = clock.now();
        const received = await source.receive(as, most, waitSeconds, signal);
        if (received.length > 0) receivedAt = Math.min(receivedAt, waitSeconds === 0 ? askedAt : clock.now());
        return received;
      },
    });
    return { messages, as, receivedAt };
  };
  const pause = (ms: number) => clock.sleep(ms, changing.signal).catch(() => undefined);
  const backOff = async (error: unknown) => {
    setProblem("receiving", error, "ReceiveMessage");
    await pause(Math.min(MAPPING_BACKOFF_MS_FIRST * 2 ** failures++, MAPPING_BACKOFF_MS_MAX));
  };

  /** One that nobody waits beside. Resolves with undefined when there is nothing to run. */
  const receiveNext = async (isPatient: boolean) => {
    const [began, { signal }] = [clock.now(), changing];
    try {
      const received = await receive(isPatient);
      failures = 0;
      setProblem("receiving", undefined, "");
      if (received.messages.length > 0) {
        const isFull = received.messages.length >= Math.min(mapping.settings.batchSize, MAPPING_POLL_MESSAGES_MAX);
        scaling.found(isFull && clock.now() - began < MAPPING_BACKLOG_MS);
        return received;
      }
      if (!isPatient) return undefined;
      scaling.idle();
      // A wait that ends too soon, for whatever reason, must not become a spin.
      if (clock.now() - began < MAPPING_POLL_SECONDS * 1_000 - MAPPING_BACKOFF_MS_FIRST && !signal.aborted) await pause(MAPPING_BACKOFF_MS_FIRST);
    } catch (error) {
      if (isPatient && !signal.aborted) await backOff(error);
    }
    return undefined;
  };

  const poll = async () => {
    while (!stopping.signal.aborted && pollers.size <= scaling.allowed) {
      await holds.open();
      const isPatient = !isSomebodyWaiting;
      if (isPatient) isSomebodyWaiting = true;
      const received = await receiveNext(isPatient);
      if (isPatient) isSomebodyWaiting = false;
      if (received === undefined) {
        if (isPatient) continue;
        return;
      }
      inFlight++;
      // The batch goes first: what the next poller begins with would hold it up.
      setImmediate(addPoller);
      try {
        await runBatch(received.messages, { mapping, filter, isFifo }, received.as, received.receivedAt);
      } catch (error) {
        log.error("a batch of messages failed inside lambdad; they are in the queue again after its visibility timeout", { eventSourceMapping: mapping.uuid, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      } finally {
        inFlight--;
      }
    }
  };
  const addPoller = () => {
    if (stopping.signal.aborted || isSomebodyWaiting || pollers.size >= scaling.allowed) return;
    const poller: Promise<void> = Promise.resolve().then(poll).finally(() => pollers.delete(poller));
    pollers.add(poller);
  };
  const begin = async () => {
    // Creating, Enabling: nothing is received before it is over.
    if (mapping.settlesAt > clock.now() && mapping.transition !== "Updating") await clock.sleep(mapping.settlesAt - clock.now(), stopping.signal).catch(() => undefined);
    addPoller();
  };
  const began = begin();

  return {
    get mapping() { return mapping; },
    get inFlight() { return inFlight; },
    get problem() { return problems.receiving ?? problems.deleting; },
    update(next) {
      mapping = next;
      filter = createFilter(next.settings.filters);
      failures = 0;
      changing.abort();
      changing = new AbortController();
      addPoller();
    },
    async stop() {
      stopping.abort();
      changing.abort();
      holds.giveUp();
      await began;
      await Promise.all(pollers);
    },
  };
};
