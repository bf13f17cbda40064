import { isApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Call } from "../../kit/call.ts";
import { root } from "../../kit/caller.ts";
import type { Clock } from "../../kit/clock.ts";
import { restAll, type Worker } from "../../kit/patience.ts";
import { queueUrlOf } from "../queue-url.ts";

/** One mapping, or one pipe, at work. */
export interface Runner<T> extends Worker {
  readonly followed: T;
  /** Batches at work, or being gathered. */
  readonly inFlight: number;
  /** It waits for messages, as its queue has none for it at the moment. */
  readonly isWaiting: boolean;
  /** `PROBLEM: …` as long as there is one. */
  readonly problem: string | undefined;
  /** The next batch is as it is now. */
  update(next: T): void;
  /** Receives nothing more. Resolves when the batches at work are through. */
  stop(): Promise<void>;
}

interface Needs<T> {
  call: Call;
  clock: Clock;
  create(item: T): Runner<T>;
  sourceArnOf(item: T): string;
}

/** A runner for each that is to run, by its key. */
export const createRunners = <T>({ call, clock, create, sourceArnOf }: Needs<T>) => {
  const runners = new Map<string, Runner<T>>();
  /** Runners that receive nothing more, and what is still at work of them. */
  const ending = new Map<Runner<T>, Promise<void>>();
  let isClosed = false;

  const end = (key: string) => {
    const runner = runners.get(key);
    if (runner === undefined) return;
    runners.delete(key);
    ending.set(runner, runner.stop().finally(() => ending.delete(runner)));
  };
  const all = (): Runner<T>[] => [...runners.values(), ...ending.keys()];

  /** Zero for a queue that is not there. */
  const visibleIn = async (sourceArn: string): Promise<number> => {
    const arn = parseArn(sourceArn)!;
    try {
      const { Attributes } = await call("sqs", "GetQueueAttributes", { QueueUrl: queueUrlOf(arn), AttributeNames: ["ApproximateNumberOfMessages"] }, { as: root(arn.account), region: arn.region, expects: ["QueueDoesNotExist"] });
      return Number(Attributes?.["ApproximateNumberOfMessages"] ?? 0);
    } catch (error) {
      if (isApiError(error)) return 0;
      throw error;
    }
  };

  return {
    get: (key: string): Runner<T> | undefined => runners.get(key),
    /** As it is now; undefined: it is not to run. */
    follow(key: string, item: T | undefined) {
      if (isClosed) return;
      if (item === undefined) return end(key);
      const runner = runners.get(key);
      if (runner === undefined) runners.set(key, create(item));
      else runner.update(item);
    },
    /** Batches at work, and messages that could be received now: visible are those of a FIFO queue, too, that stand behind what somebody has. */
    async pending(): Promise<{ batches: number; messages: number }> {
      const sources = new Set([...runners.values()].map(({ followed }) => sourceArnOf(followed)));
      for (const { isWaiting, followed } of runners.values()) if (isWaiting) sources.delete(sourceArnOf(followed));
      const visible = await Promise.all([...sources].map(visibleIn));
      return { batches: all().reduce((sum, runner) => sum + runner.inFlight, 0), messages: visible.reduce((sum, count) => sum + count, 0) };
    },
    rest: () => restAll(all()),
    /** Receives nothing more, and waits at most `graceMs` for batches at work. What is left then is in its queue again after the visibility timeout. */
    async close(graceMs = Infinity): Promise<void> {
      isClosed = true;
      for (const key of runners.keys()) end(key);
      const done = new AbortController();
      const through = Promise.all(ending.values()).finally(() => done.abort());
      await (graceMs === Infinity ? through : Promise.race([through, clock.sleep(graceMs, done.signal).catch(() => undefined)]));
    },
  };
};
