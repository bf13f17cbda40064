import type { Message } from "@aws-sdk/client-sqs";
import { createActivity, type Task } from "../../kit/activity.ts";
import type { Clock } from "../../kit/clock.ts";
import { MAPPING_BACKLOG_MS, MAPPING_BACKOFF_MS_FIRST, MAPPING_BACKOFF_MS_MAX, MAPPING_POLL_MESSAGES_MAX, MAPPING_POLL_SECONDS } from "../../kit/limits/mappings.ts";
import type { Log } from "../../kit/log.ts";
import type { Worker } from "../../kit/patience.ts";
import { gather } from "./gather.ts";
import type { Holds } from "./holds.ts";
import type { Scaling } from "./scaling.ts";
import type { Source } from "./source.ts";

interface Needs<As> {
  clock: Clock;
  log: Log;
  /** In the server's log. */
  about: Record<string, unknown>;
  source: Source<As>;
  scaling: Scaling;
  holds: Holds;
  /** As they are at the moment. */
  settings(): { batchSize: number; windowSeconds: number };
  /** As whom the queue is read at this moment. Rejects where there is nobody: nothing is taken out of the queue. */
  identify(): Promise<As>;
  /** Platform time until which nothing is to be received. */
  restsUntil?: () => number;
  run(messages: readonly Message[], as: As, receivedAt: number, task: Task): Promise<void>;
  /** Undefined: it could be read. */
  onReceived(error: unknown): void;
}

export interface Poller extends Worker {
  /** Batches at work, or being gathered. */
  readonly inFlight: number;
  /** One of them waits for messages, as the queue has none for it. */
  readonly isWaiting: boolean;
  /** What it waits for is waited for anew, with other settings. */
  change(): void;
  /** Receives nothing more. Resolves when the batches at work are through. */
  stop(): Promise<void>;
}

/** From a receive to the end of what it found. */
interface Turn {
  task: Task;
  /** The first messages are there. */
  begin(): void;
}

/**
 * Pollers, each of which receives a batch, has it run and receives the next. One of them waits for messages when there are none; whenever it gets some,
 * the next begins to wait, as long as there may be so many batches at once. A poller that finds nothing while another waits, ends.
 * @param startsAt platform time before which nothing is received
 */
export const createPoller = <As>({ clock, log, about, source, scaling, holds, settings, identify, restsUntil = () => 0, run, onReceived }: Needs<As>, startsAt: number): Poller => {
  const pollers = new Set<Promise<void>>();
  const stopping = new AbortController();
  /** Ends what waits for messages, or for another try, when something is changed or stopped. */
  let changing = new AbortController();
  const activity = createActivity();
  let isSomebodyWaiting = false;
  let isQueueEmpty = false;
  let inFlight = 0;
  let failures = 0;

  const receive = async (isPatient: boolean, { task, begin }: Turn): Promise<{ messages: Message[]; as: As; receivedAt: number }> => {
    const as = await identify();
    const { signal } = changing;
    const onIdle = (isIdle: boolean) => {
      isQueueEmpty = isIdle;
      if (isIdle) task.pause();
      else task.goOn();
    };
    /** Of the first message. From then on there is a window, which ends when it ends. */
    let receivedAt = Infinity;
    const messages = await gather({
      clock, settings: settings(), isPatient,
      isOver: () => signal.aborted,
      async receive(most, waitSeconds) {
        const askedAt = clock.now();
        const received = await source.receive(as, most, waitSeconds, signal, { onIdle, isMoment: receivedAt !== Infinity });
        if (received.length > 0) {
          receivedAt = Math.min(receivedAt, waitSeconds === 0 ? askedAt : clock.now());
          begin();
        }
        return received;
      },
    });
    return { messages, as, receivedAt };
  };
  const pause = ({ task }: Turn, ms: number) => task.resting(clock.sleep(ms, changing.signal).catch(() => undefined));
  const backOff = async (turn: Turn, error: unknown) => {
    onReceived(error);
    await pause(turn, Math.min(MAPPING_BACKOFF_MS_FIRST * 2 ** failures++, MAPPING_BACKOFF_MS_MAX));
  };

  /** One that nobody waits beside. Resolves with undefined when there is nothing to run. */
  const receiveNext = async (isPatient: boolean, turn: Turn) => {
    const rest = restsUntil() - clock.now();
    if (rest > 0) {
      if (isPatient) await pause(turn, rest);
      return undefined;
    }
    const [began, { signal }] = [clock.now(), changing];
    try {
      const received = await receive(isPatient, turn);
      failures = 0;
      onReceived(undefined);
      if (received.messages.length > 0) {
        const isFull = received.messages.length >= Math.min(settings().batchSize, MAPPING_POLL_MESSAGES_MAX);
        scaling.found(isFull && clock.now() - began < MAPPING_BACKLOG_MS);
        return received;
      }
      if (!isPatient) return undefined;
      scaling.idle();
      // A wait that ends too soon, for whatever reason, must not become a spin.
      if (clock.now() - began < MAPPING_POLL_SECONDS * 1_000 - MAPPING_BACKOFF_MS_FIRST && !signal.aborted) await pause(turn, MAPPING_BACKOFF_MS_FIRST);
    } catch (error) {
      if (isPatient && !signal.aborted) await backOff(turn, error);
    }
    return undefined;
  };

  /** Receives, and runs what there is. Resolves with false when the poller is to end. */
  const receiveAndRun = async (turn: Turn): Promise<boolean> => {
    await turn.task.resting(holds.open());
    const isPatient = !isSomebodyWaiting;
    if (isPatient) isSomebodyWaiting = true;
    const received = await receiveNext(isPatient, turn);
    if (isPatient) isSomebodyWaiting = false;
    if (received === undefined) return isPatient;
    // The batch goes first: what the next poller begins with would hold it up.
    setImmediate(addPoller);
    try {
      await run(received.messages, received.as, received.receivedAt, turn.task);
    } catch (error) {
      log.error("a batch of messages failed inside lambdad; they are in the queue again after its visibility timeout", { ...about, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    return true;
  };
  const takeTurn = async (): Promise<boolean> => {
    const task = activity.begin();
    let isBatch = false;
    const begin = () => {
      if (!isBatch) inFlight++;
      isBatch = true;
    };
    try {
      return await receiveAndRun({ task, begin });
    } finally {
      if (isBatch) inFlight--;
      task.pause();
    }
  };
  const poll = async () => {
    while (!stopping.signal.aborted && pollers.size <= scaling.allowed) if (!(await takeTurn())) return;
  };
  const addPoller = () => {
    if (stopping.signal.aborted || isSomebodyWaiting || pollers.size >= scaling.allowed) return;
    const poller: Promise<void> = Promise.resolve().then(poll).finally(() => {
      pollers.delete(poller);
      // Several that are too many may end at once.
      if (pollers.size === 0) addPoller();
    });
    pollers.add(poller);
  };
  const begin = async () => {
    if (startsAt > clock.now()) await clock.sleep(startsAt - clock.now(), stopping.signal).catch(() => undefined);
    addPoller();
  };
  const began = begin();

  return {
    get inFlight() { return inFlight; },
    get isWaiting() { return isQueueEmpty; },
    rest: activity.rest,
    change() {
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
