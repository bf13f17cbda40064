import type { Invocation, InvocationOutcome, InvocationReport, FunctionTarget } from "../executor/executor.ts";

/** A synchronous invocation: lease concurrency → acquire an environment → run → release. */
export interface Scheduler {
  /**
   * Rejects with TooManyRequestsException when concurrency is used up, with ServiceException when the scheduler is closed, or with the executor's
   * ApiError. `onAnswer` is told sooner when the runtime goes on working behind its answer; it keeps environment and lease meanwhile.
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
