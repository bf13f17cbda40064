import type { Invocation, InvocationOutcome, InvocationReport, FunctionTarget } from "../executor/executor.ts";
import type { Trace } from "../kit/ledger.ts";
import { ASYNC_EVENT_AGE_MS_MAX, ASYNC_RETRY_ATTEMPTS_DEFAULT } from "../kit/limits/lambda.ts";
import type { Operation } from "../store/store.ts";

/** One version of the function, and how many environments of it are kept. */
export interface ProvisionedShare {
  target: FunctionTarget;
  count: number;
}

/** What a function's provisioned concurrency asks for, by the ARN of the version or alias: two shares where an alias has weights. */
export type ProvisionedWishes = ReadonlyMap<string, readonly ProvisionedShare[]>;

export interface ProvisionedStatus {
  /** Environments whose INIT is done. */
  allocated: number;
  /** Why the others cannot be made. */
  failure?: string;
}

/** An invocation as the scheduler is asked for it. */
export interface RequestedInvocation extends Invocation {
  /** It comes from the queue, which paces itself: requests per second are not counted. */
  isQueued?: boolean;
}

/** A synchronous invocation: lease concurrency → acquire an environment → run → release. */
export interface Scheduler {
  /**
   * Rejects with TooManyRequestsException when concurrency is used up, with RecursiveInvocationException in a loop, with ServiceException when the
   * scheduler is closed, or with the executor's ApiError. `onAnswer` is told sooner when the runtime goes on working behind its answer; it keeps
   * environment and lease meanwhile.
   */
  invoke(target: FunctionTarget, invocation: RequestedInvocation, onAnswer?: (outcome: InvocationOutcome) => void): Promise<InvocationReport>;
  /** It was made or changed, and will be invoked. */
  prepare(target: FunctionTarget): void;
  /** Code or configuration changed, or the function or a version is gone: idle environments stop, busy ones after their invocation. */
  retire(functionArn: string, only?: Retired): void;
  /** Makes and keeps what a function's configurations ask for, and lets go what else was provisioned for it. Returns at once. */
  provision(functionArn: string, wishes: ProvisionedWishes): void;
  /** Of what is provisioned for a version or alias, by its ARN. */
  provisioned(qualifiedArn: string): ProvisionedStatus;
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
  /** Of a function with tenant isolation. */
  tenantId?: string;
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

/** Who is told of an event's end. */
export interface Told {
  targetArn: string;
  as: "destination" | "dead-letter queue";
  deliveryId: string;
}

/** What a function's configuration says of its events. Given to the queue, which knows nothing of configurations and destinations. */
export interface EventRules {
  /** Asked anew for every decision, in its commit. */
  settings(event: QueuedInvocation): Operation<EventSettings>;
  /** In the commit of an event's end: tells whoever is to be told. Returns who that is. */
  end(ended: EndedEvent): Operation<readonly Told[]>;
  /** After that commit. */
  afterEnd(): void;
}
