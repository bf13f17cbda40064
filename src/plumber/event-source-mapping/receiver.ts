import type { Message } from "@aws-sdk/client-sqs";
import type { Task } from "../../kit/activity.ts";
import type { Clock } from "../../kit/clock.ts";
import { MAPPING_BACKLOG_MS, MAPPING_BACKOFF_MS_FIRST, MAPPING_BACKOFF_MS_MAX, MAPPING_POLL_MESSAGES_MAX, MAPPING_POLL_SECONDS } from "../../kit/limits/mappings.ts";
import { gather } from "./gather.ts";
import type { Scaling } from "./scaling.ts";
import type { Source } from "./source.ts";

export interface ReceiverNeeds<As> {
  clock: Clock;
  source: Source<As>;
  scaling: Scaling;
  /** As they are at the moment. */
  settings(): { batchSize: number; windowSeconds: number };
  /** As whom the queue is read at this moment. Rejects where there is nobody: nothing is taken out of the queue. */
  identify(): Promise<As>;
  /** Platform time until which nothing is to be received. */
  restsUntil?: () => number;
  /** Undefined: it could be read, and there were so many messages. */
  onReceived(error: unknown, messages?: number): void;
}

export interface Received<As> {
  messages: Message[];
  as: As;
  receivedAt: number;
}

/** From a receive to the end of what it found. */
export interface Turn {
  task: Task;
  /** The first messages are there. */
  begin(): void;
}

export interface Receiver<As> {
  /** A batch; undefined when there is nothing to run. Who is not patient does not wait for one, nor for another try: somebody else does. */
  next(isPatient: boolean, turn: Turn): Promise<Received<As> | undefined>;
  /** Somebody waits for messages, as the queue has none for it. */
  readonly isWaiting: boolean;
  /** What is waited for is waited for anew, with other settings. */
  change(): void;
  /** Nothing is waited for any more. */
  stop(): void;
}

export const createReceiver = <As>({ clock, source, scaling, settings, identify, restsUntil = () => 0, onReceived }: ReceiverNeeds<As>): Receiver<As> => {
  /** Ends what waits for messages, or for another try, when something is changed or stopped. */
  let changing = new AbortController();
  let isQueueEmpty = false;
  let failures = 0;

  const receive = async (isPatient: boolean, { task, begin }: Turn): Promise<Received<As>> => {
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

  const next = async (isPatient: boolean, turn: Turn) => {
    const rest = restsUntil() - clock.now();
    if (rest > 0) {
      if (isPatient) await pause(turn, rest);
      return undefined;
    }
    const [began, { signal }] = [clock.now(), changing];
    try {
      const received = await receive(isPatient, turn);
      failures = 0;
      onReceived(undefined, received.messages.length);
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

  return {
    next,
    get isWaiting() { return isQueueEmpty; },
    change() {
      failures = 0;
      changing.abort();
      changing = new AbortController();
    },
    stop: () => changing.abort(),
  };
};
