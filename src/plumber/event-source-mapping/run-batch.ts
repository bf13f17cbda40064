import type { Message } from "@aws-sdk/client-sqs";
import type { FunctionTarget, InvocationOutcome } from "../../executor/executor.ts";
import { isApiError } from "../../kit/api-error.ts";
import type { Clock } from "../../kit/clock.ts";
import { newTrace } from "../../kit/ids.ts";
import type { Trace } from "../../kit/ledger.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "../../kit/limits.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { ResolveTarget, Scheduler } from "../../scheduler/scheduler.ts";
import type { CountEvents } from "./count-events.ts";
import type { Filter } from "./filter.ts";
import type { Holds } from "./holds.ts";
import { invokedArn, type EventSourceMapping } from "./mapping.ts";
import { splitIntoEvents, toEvent, toItem, type BatchItem } from "./record.ts";
import { failuresIn, withFollowers } from "./response.ts";
import type { Scaling } from "./scaling.ts";
import type { Source } from "./source.ts";
import type { Story, Told } from "./story.ts";

export interface BatchParts {
  scheduler: Pick<Scheduler, "invoke">;
  resolve: ResolveTarget;
  source: Source;
  scaling: Scaling;
  holds: Holds;
  story: Story;
  count: CountEvents;
  clock: Clock;
  random: Random;
  log: Log;
  /** Messages stay in the queue because they could not be deleted; undefined: they could. */
  onRemoved(error: unknown): void;
}

/** As the mapping was configured when the batch was begun. */
export interface BatchTerms {
  mapping: EventSourceMapping;
  filter: Filter;
  isFifo: boolean;
}

/** What came of one event: the outcome of the function, or why it did not run. */
type Ran = { kind: "ran"; outcome: InvocationOutcome } | { kind: "refused" | "expired"; code: string };

/** An invocation belongs to one chain: that of a message that may be in a loop, else of any that is in one. */
const traceOf = (items: readonly BatchItem[]): Trace | undefined => (items.find(({ trace }) => trace?.lineage !== undefined) ?? items.find(({ trace }) => trace !== undefined))?.trace;

const queueName = ({ sourceArn }: EventSourceMapping): string => sourceArn.slice(sourceArn.lastIndexOf(":") + 1);

/** What was received: filtered, handed to the function, and deleted, unless it failed. What failed is left to the visibility timeout. */
export const createRunBatch = ({ scheduler, resolve, source, scaling, holds, story, count, clock, random, log, onRemoved }: BatchParts) => {
  const remove = async (as: FunctionTarget, items: readonly BatchItem[]): Promise<readonly BatchItem[]> => {
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

  const filterOut = async (items: readonly BatchItem[], { mapping, filter }: BatchTerms, as: FunctionTarget, told: Told): Promise<BatchItem[]> => {
    const [passed, dropped] = [[] as BatchItem[], [] as BatchItem[]];
    for (const item of items) (filter(item) ? passed : dropped).push(item);
    if (dropped.length === 0) return passed;
    count("FilteredOutEventCount", dropped.length);
    const removed = await remove(as, dropped);
    story.tell("match", dropped, told, (messages) => `no filter of the mapping matches ${messages} of ${queueName(mapping)}: not for ${mapping.functionName}, and to be deleted`, { removed: removed.length });
    return passed;
  };

  /** Throttled, it is tried again for as long as nobody else can receive the messages. */
  const invoke = async (items: readonly BatchItem[], { mapping }: BatchTerms, as: FunctionTarget, receivedAt: number, told: Required<Told>): Promise<Ran> => {
    let isHeld = false;
    let until: number | undefined;
    try {
      for (let attempt = 0; ; attempt++) {
        const ran = await invokeOnce(items, mapping, told);
        if (ran.kind !== "refused" || ran.code !== "TooManyRequestsException") return ran;
        if (!isHeld) {
          isHeld = true;
          holds.begin();
          scaling.shrink();
          story.tell("retry", items, told, (messages) => `${mapping.functionName} is throttled: ${messages} of ${queueName(mapping)} is held and tried again`, { code: ran.code });
        }
        until ??= receivedAt + (await source.visibilityMs(as).catch(() => 0));
        if (!(await holds.pause(attempt, until))) return { kind: "expired", code: ran.code };
      }
    } finally {
      if (isHeld) holds.end();
    }
  };
  const invokeOnce = async (items: readonly BatchItem[], mapping: EventSourceMapping, { trace, requestId }: Required<Told>): Promise<Ran> => {
    try {
      const target = await resolve(mapping, mapping.functionName, mapping.qualifier);
      const { outcome } = await scheduler.invoke(target, { requestId, trace, payload: toEvent(items), invokedFunctionArn: invokedArn(mapping), isQueued: true });
      return { kind: "ran", outcome };
    } catch (error) {
      if (!isApiError(error)) log.error("a batch could not be run", { eventSourceMapping: mapping.uuid, requestId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      return { kind: "refused", code: isApiError(error) ? error.code : "ServiceException" };
    }
  };

  const failedOf = (items: readonly BatchItem[], { mapping, isFifo }: BatchTerms, ran: Ran): ReadonlySet<string> => {
    if (ran.kind !== "ran" || ran.outcome.kind === "error") return new Set(items.map(({ record }) => record.messageId));
    if (!mapping.settings.isResponseRead) return new Set();
    const failed = failuresIn(ran.outcome.payload, items);
    return isFifo ? withFollowers(items, failed) : failed;
  };
  const whyFailed = (ran: Ran): string => {
    if (ran.kind !== "ran") return ran.kind === "expired" ? "it was throttled until the visibility timeout" : `it could not be run (${ran.code})`;
    return ran.outcome.kind === "error" ? `it failed with ${ran.outcome.errorType}` : "its response says so, or cannot be believed";
  };

  /** Resolves with whether all went well. */
  const runEvent = async (items: readonly BatchItem[], terms: BatchTerms, as: FunctionTarget, receivedAt: number, trace: Trace): Promise<boolean> => {
    const { mapping } = terms;
    const told = { trace: traceOf(items) ?? trace, requestId: random.uuid() };
    const ran = await invoke(items, terms, as, receivedAt, told);
    if (ran.kind === "ran") count("InvokedEventCount", items.length);
    if (ran.kind === "expired") count("DroppedEventCount", items.length);
    const failed = failedOf(items, terms, ran);
    const removed = await remove(as, items.filter(({ record }) => !failed.has(record.messageId)));
    count("DeletedEventCount", removed.length);
    if (removed.length > 0) story.tell("result", removed, told, (messages) => `${mapping.functionName} has taken ${messages}: deleted from ${queueName(mapping)}`);
    const returned = items.filter(({ record }) => failed.has(record.messageId));
    count("FailedInvokeEventCount", returned.length);
    if (returned.length > 0) story.tell("retry", returned, told, (messages) => `${mapping.functionName} has not taken ${messages}: ${whyFailed(ran)}. Back in ${queueName(mapping)} after the visibility timeout`, { outcome: ran.kind });
    holds.madeRoom();
    return failed.size === 0;
  };

  return async (messages: readonly Message[], terms: BatchTerms, as: FunctionTarget, receivedAt: number): Promise<void> => {
    const { mapping, isFifo } = terms;
    const items = messages.map((message) => toItem(message, mapping));
    count("PolledEventCount", items.length);
    const told = { trace: traceOf(items) ?? newTrace(random, clock.now()) };
    story.tell("event", items, told, (messages) => `${messages} of ${queueName(mapping)} received for ${mapping.functionName}`);
    const events = splitIntoEvents(await filterOut(items, terms, as, told), SYNC_PAYLOAD_BYTES_MAX);
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      const isDone = await runEvent(event, terms, as, receivedAt, told.trace);
      if (isDone || !isFifo || events.length === 0) continue;
      // They may stand behind what has failed.
      story.tell("retry", events.splice(0).flat(), told, (messages) => `${messages} came behind what ${mapping.functionName} has not taken. Back in ${queueName(mapping)} after the visibility timeout`);
    }
  };
};
