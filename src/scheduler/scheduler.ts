import type { Invocation, InvocationOutcome, InvocationReport, FunctionTarget } from "../executor/executor.ts";
import type { Trace } from "../kit/ledger.ts";
import { ASYNC_EVENT_AGE_MS_MAX, ASYNC_RETRY_ATTEMPTS_DEFAULT } from "../kit/limits.ts";
import type { Operation } from "../store/store.ts";

/** A synchronous invocation: lease concurrency → acquire an environment → run → release. */
export interface Scheduler {
  /**
   * Rejects with TooManyRequestsException when concurrency is used up, with RecursiveInvocationException in a loop, with ServiceException when the
   * scheduler is closed, or with the executor's ApiError. `onAnswer` is told sooner when the runtime goes on working behind its answer; it keeps
   * environment and lease meanwhile.
   */
  invoke(target: FunctionTarget, invocation: Invocation, onAnswer?: (outcome: InvocationOutcome) => void): Promise<InvocationReport>;
  /** Code or configuration changed, or the function or a version is gone: idle environments stop, busy ones after their invocation. */
  retire(functionArn: string, only?: Retired): void;
  /** Live environments, for `ps`, health and drain. */
  environments(): { id: string; functionArn: string; state: string; pending: number }[];
  close(): Promise<void>;
}

/** One version of the function instead of all, and of it every revision but `keep`. */
export interface Retired {
  version: string;
  keep?: string;
}

/** What is accepted here is on the disk, and is run at least once. */
export interface QueuedInvocation {
  requestId: string;
  traceId: string;
  lineage?: string;
  account: string;
  region: string;
  functionName: string;
  /** As invoked, or undefined for the unqualified function. */
  qualifier?: string;
  invokedFunctionArn: string;
  payload: Buffer;
}

/** The state of a function changes at any moment, so targets are resolved when they are needed. */
export type ResolveTarget = (at: { account: string; region: string }, functionName: string, qualifier?: string) => Promise<FunctionTarget>;

/** How long, and how often after a failure, a function's events are tried. */
export interface EventSettings {
  maximumRetryAttempts: number;
  maximumEventAgeMs: number;
}

export const EVENT_SETTINGS_DEFAULT: EventSettings = { maximumRetryAttempts: ASYNC_RETRY_ATTEMPTS_DEFAULT, maximumEventAgeMs: ASYNC_EVENT_AGE_MS_MAX };

/** AWS's words for how an event ended, and our two: the function is gone, and (AWS documents no word for it) the chain of events was a loop. */
export type EndCondition = "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency" | "RecursiveInvocationException" | "FunctionNotFound";

/** An event that is through. */
export interface EndedEvent {
  /** New with every end: the id of what is told of it. */
  id: string;
  event: QueuedInvocation;
  condition: EndCondition;
  /** Runs of the function. */
  attempts: number;
  /** Of the last run, if there was one. */
  result?: { outcome: InvocationOutcome; version: string };
  /** As it goes on from the function. */
  trace: Trace;
}

/** What a function's configuration says of its events. Given to the queue, which knows nothing of configurations and destinations. */
export interface EventRules {
  /** Asked anew for every decision, in its commit. */
  settings(event: QueuedInvocation): Operation<EventSettings>;
  /** In the commit of an event's end: tells its destination. Resolves with the ARN of that, if there is one. */
  end(ended: EndedEvent): Operation<string | undefined>;
  /** After that commit. */
  afterEnd(): void;
}
