import type { Message } from "@aws-sdk/client-sqs";
import type { Task } from "../../kit/activity.ts";
import type { Clock } from "../../kit/clock.ts";
import { newTrace } from "../../kit/ids.ts";
import type { Trace } from "../../kit/ledger.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "../../kit/limits/lambda.ts";
import type { Random } from "../../kit/random.ts";
import type { CountEvents } from "./count-events.ts";
import type { Filter } from "./filter.ts";
import type { Holds } from "./holds.ts";
import { splitIntoEvents, toItem, type BatchItem } from "./record.ts";
import { withFollowers } from "./response.ts";
import type { Scaling } from "./scaling.ts";
import type { Source } from "./source.ts";
import type { Story, Told } from "./story.ts";

export interface BatchParts<As> {
  source: Source<As>;
  scaling: Scaling;
  holds: Holds;
  story: Story;
  count: CountEvents;
  clock: Clock;
  random: Random;
  /** Messages stay in the queue because they could not be deleted; undefined: they could. */
  onRemoved(error: unknown): void;
}

/** As it was configured when the batch was begun. */
export interface BatchTerms {
  sourceArn: string;
  region: string;
  /** Whose filter it is: `mapping`, `pipe`. */
  owner: string;
  /** Who gets the messages, as the ledger calls it: the function's name. */
  receiver: string;
  filter: Filter;
  isFifo: boolean;
  /** This batch: it is paused while it is held. */
  task: Task;
  /** Gives it what is in one event. Called again as long as it is throttled. */
  hand(items: readonly BatchItem[], told: Required<Told>): Promise<Handed>;
}

/** What came of one event: it ran, and some of its messages failed or none; or it did not run. `why` tells of those that failed: `it failed with Unhandled`. */
export type Handed = { kind: "ran"; failed: ReadonlySet<string>; why: string } | { kind: "refused"; code: string; isThrottled: boolean; why: string };

type Outcome = Handed | { kind: "expired" };

/** An invocation belongs to one chain: that of a message that may be in a loop, else of any that is in one. */
const traceOf = (items: readonly BatchItem[]): Trace | undefined => (items.find(({ trace }) => trace?.lineage !== undefined) ?? items.find(({ trace }) => trace !== undefined))?.trace;

const queueName = ({ sourceArn }: BatchTerms): string => sourceArn.slice(sourceArn.lastIndexOf(":") + 1);

/** What was received: filtered, handed on, and deleted, unless it failed. What failed is left to the visibility timeout. */
export const createRunBatch = <As>({ source, scaling, holds, story, count, clock, random, onRemoved }: BatchParts<As>) => {
  const remove = async (as: As, items: readonly BatchItem[]): Promise<readonly BatchItem[]> => {
    if (items.length === 0) return [];
    try {
      const left = new Set(await source.remove(as, items));
      onRemoved(undefined);
      return items.filter((item) => !left.has(item));
    } catch (error) {
      onRemoved(error);
      return [];
    }
  };

  const filterOut = async (items: readonly BatchItem[], terms: BatchTerms, as: As, told: Told): Promise<BatchItem[]> => {
    const [passed, dropped] = [[] as BatchItem[], [] as BatchItem[]];
    for (const item of items) (terms.filter(item) ? passed : dropped).push(item);
    count("FilteredOutEventCount", dropped.length);
    if (dropped.length === 0) return passed;
    const removed = await remove(as, dropped);
    story.tell("match", dropped, told, (messages) => `no filter of the ${terms.owner} matches ${messages} of ${queueName(terms)}: not for ${terms.receiver}, and to be deleted`, { removed: removed.length });
    return passed;
  };

  /** Throttled, it is tried again for as long as nobody else can receive the messages. */
  const hand = async (items: readonly BatchItem[], terms: BatchTerms, as: As, receivedAt: number, told: Required<Told>): Promise<Outcome> => {
    let isHeld = false;
    let until: number | undefined;
    try {
      for (let attempt = 0; ; attempt++) {
        const handed = await terms.hand(items, told);
        if (handed.kind !== "refused" || !handed.isThrottled) return handed;
        if (!isHeld) {
          isHeld = true;
          holds.begin();
          scaling.shrink();
          story.tell("retry", items, told, (messages) => `${terms.receiver} is throttled: ${messages} of ${queueName(terms)} is held and tried again`, { code: handed.code });
        }
        until ??= receivedAt + (await source.visibilityMs(as).catch(() => 0));
        if (!(await terms.task.resting(holds.pause(attempt, until)))) return { kind: "expired" };
      }
    } finally {
      if (isHeld) holds.end();
    }
  };

  const failedOf = (items: readonly BatchItem[], { isFifo }: BatchTerms, outcome: Outcome): ReadonlySet<string> => {
    if (outcome.kind !== "ran") return new Set(items.map(({ record }) => record.messageId));
    return isFifo ? withFollowers(items, outcome.failed) : outcome.failed;
  };
  const whyFailed = (outcome: Outcome): string => (outcome.kind === "expired" ? "it was throttled for as long as it could be held" : outcome.why);

  /** Resolves with whether all went well. */
  const runEvent = async (items: readonly BatchItem[], terms: BatchTerms, as: As, receivedAt: number, trace: Trace): Promise<boolean> => {
    const { receiver } = terms;
    const told = { trace: traceOf(items) ?? trace, requestId: random.uuid() };
    const outcome = await hand(items, terms, as, receivedAt, told);
    if (outcome.kind === "ran") count("InvokedEventCount", items.length);
    const failed = failedOf(items, terms, outcome);
    const taken = items.filter(({ record }) => !failed.has(record.messageId));
    const removed = await remove(as, taken);
    if (taken.length > 0) count("DeletedEventCount", removed.length);
    if (removed.length > 0) story.tell("result", removed, told, (messages) => `${receiver} has taken ${messages}: deleted from ${queueName(terms)}`);
    const returned = items.filter(({ record }) => failed.has(record.messageId));
    if (returned.length > 0) count("FailedInvokeEventCount", returned.length);
    if (returned.length > 0) story.tell("retry", returned, told, (messages) => `${receiver} has not taken ${messages}: ${whyFailed(outcome)}. Back in ${queueName(terms)} after the visibility timeout`, { outcome: outcome.kind });
    holds.madeRoom();
    return failed.size === 0;
  };

  return async (messages: readonly Message[], terms: BatchTerms, as: As, receivedAt: number): Promise<void> => {
    const { receiver, isFifo } = terms;
    const items = messages.map((message) => toItem(message, terms));
    count("PolledEventCount", items.length);
    const told = { trace: traceOf(items) ?? newTrace(random, clock.now()) };
    story.tell("event", items, told, (messages) => `${messages} of ${queueName(terms)} received for ${receiver}`);
    const events = splitIntoEvents(await filterOut(items, terms, as, told), SYNC_PAYLOAD_BYTES_MAX);
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      const isDone = await runEvent(event, terms, as, receivedAt, told.trace);
      if (isDone || !isFifo || events.length === 0) continue;
      // They may stand behind what has failed.
      story.tell("retry", events.splice(0).flat(), told, (messages) => `${messages} came behind what ${receiver} has not taken. Back in ${queueName(terms)} after the visibility timeout`);
    }
  };
};
