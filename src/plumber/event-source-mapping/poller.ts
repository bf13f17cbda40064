import type { Message } from "@aws-sdk/client-sqs";
import { createActivity, type Task } from "../../kit/activity.ts";
import type { Log } from "../../kit/log.ts";
import type { Worker } from "../../kit/patience.ts";
import type { Holds } from "./holds.ts";
import { createReceiver, type ReceiverNeeds, type Turn } from "./receiver.ts";

interface Needs<As> extends ReceiverNeeds<As> {
  log: Log;
  /** In the server's log. */
  about: Record<string, unknown>;
  holds: Holds;
  run(messages: readonly Message[], as: As, receivedAt: number, task: Task): Promise<void>;
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

/**
 * Pollers, each of which receives a batch, has it run and receives the next. One of them waits for messages when there are none; whenever it gets some,
 * the next begins to wait, as long as there may be so many batches at once. A poller that finds nothing while another waits, ends.
 * @param startsAt platform time before which nothing is received
 */
export const createPoller = <As>(needs: Needs<As>, startsAt: number): Poller => {
  const { clock, log, about, scaling, holds, run } = needs;
  const receiver = createReceiver(needs);
  const pollers = new Set<Promise<void>>();
  const stopping = new AbortController();
  const activity = createActivity();
  let isSomebodyWaiting = false;
  let inFlight = 0;

  /** Receives, and runs what there is. Resolves with false when the poller is to end. */
  const receiveAndRun = async (turn: Turn): Promise<boolean> => {
    await turn.task.resting(holds.open());
    const isPatient = !isSomebodyWaiting;
    if (isPatient) isSomebodyWaiting = true;
    const received = await receiver.next(isPatient, turn);
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
    get isWaiting() { return receiver.isWaiting; },
    rest: activity.rest,
    change() {
      receiver.change();
      addPoller();
    },
    async stop() {
      stopping.abort();
      receiver.stop();
      holds.giveUp();
      await began;
      await Promise.all(pollers);
    },
  };
};
