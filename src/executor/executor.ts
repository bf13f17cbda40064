import type { Caller } from "../kit/caller.ts";
import type { Trace } from "../kit/ledger.ts";

/** A function version as it is run: everything an environment depends on. Immutable; another revision is another target. */
export interface FunctionTarget {
  account: string;
  region: string;
  name: string;
  /** `$LATEST` or a number. */
  version: string;
  /** Unqualified. */
  functionArn: string;
  /** Changes with every change of code or configuration: warm environments of another one are retired. */
  revisionId: string;
  runtime: string;
  /** The version of the runtime that runs it; one that is not required is only kept to while it is here. */
  runtimeVersion?: { arn: string; isRequired: boolean };
  handler: string;
  roleArn: string;
  timeoutSeconds: number;
  memoryMb: number;
  ephemeralStorageMb: number;
  environment: Readonly<Record<string, string>>;
  code: { blobId: string; sha256Base64: string };
  /** In the order they are merged into /opt. */
  layers: readonly { arn: string; blobId: string; sha256Base64: string }[];
  architecture: "x86_64" | "arm64";
  logging: { group: string; format: "Text" | "JSON"; applicationLevel?: string; systemLevel?: string };
  /** `Active`: each invocation is sampled. `PassThrough`: as its caller decided. */
  tracing: "Active" | "PassThrough";
  initializationType: "on-demand" | "provisioned-concurrency";
}

export interface Invocation {
  requestId: string;
  trace: Trace;
  payload: Buffer;
  /** With the qualifier exactly as it was invoked. */
  invokedFunctionArn: string;
  /** Base64 JSON, as sent. */
  clientContext?: string;
  /** JSON, as sent. */
  cognitoIdentity?: string;
  tenantId?: string;
  /** Takes a streamed response while it comes; without it the response is collected to its end. */
  receiver?: ResponseReceiver;
}

/** Where a streamed response goes. */
export interface ResponseReceiver {
  /** Once, before the first byte, with the Content-Type that the runtime gave. */
  begin(contentType: string): void;
  /** A promise means: no more until then. It never rejects, and resolves too when nobody wants the rest. */
  write(chunk: Buffer): Promise<void> | undefined;
}

/** What user code did is a value, never an exception. */
export type InvocationOutcome =
  /** Of a response that went to its receiver `payload` is empty, and `streamedBytes` says how long it was. */
  | { kind: "response"; payload: Buffer; streamedBytes?: number }
  /** `payload` is AWS's error JSON; the function error is always `Unhandled`. */
  | { kind: "error"; errorType: string; payload: Buffer };

export interface InvocationReport {
  outcome: InvocationOutcome;
  environmentId: string;
  logGroup: string;
  logStream: string;
  isColdStart: boolean;
  durationMs: number;
  billedMs: number;
  initMs?: number;
  /** For how long extensions went on when the runtime was done. */
  postRuntimeExtensionsMs?: number;
  memoryUsedMb: number;
  /** The last 4 KiB of this invocation's log, START to REPORT. */
  logTail: Buffer;
}

export type EnvironmentState = "starting" | "idle" | "busy" | "frozen" | "resetting" | "stopping" | "dead";

/** An execution environment: made once, invoked one at a time, frozen in between, until it dies. */
export interface Environment {
  readonly id: string;
  readonly target: FunctionTarget;
  readonly state: EnvironmentState;
  readonly logStream: string;
  readonly invocations: number;
  /** The credentials inside end then (wall clock, milliseconds): it must be retired before. */
  readonly credentialsExpireAt: number;
  /**
   * Never rejects for what user code did; with ServiceException for what the platform could not do, and is dead then. Thaws, runs, waits for
   * the runtime to be ready again or dead, then freezes lazily. `onAnswer` is told sooner when the runtime has answered and goes on working, or extensions do; the report follows.
   */
  invoke(invocation: Invocation, onAnswer?: (outcome: InvocationOutcome) => void): Promise<InvocationReport>;
  /** Kills what runs in it, an invocation too; between invocations extensions are told, and have the time that AWS gives them. Nothing is left when it resolves; never rejects. */
  stop(): Promise<void>;
  /** INIT, outside of an invocation, went well. */
  readonly isInitialized: boolean;
  /** Resolves when INIT is over, however it went. */
  readonly initialized: Promise<void>;
  /** Resolves when it is dead, whatever the cause. */
  readonly dead: Promise<void>;
}

export interface EnvironmentCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** Wall clock, milliseconds. */
  expiresAt: number;
  /** The role session that function logs are written as. */
  caller: Caller;
}

export interface Executor {
  /**
   * Makes an environment and starts INIT in it; does not wait for INIT. Rejects only when no environment can be made
   * at all with an ApiError that says why: no such runtime here, role cannot be assumed; ServiceException for what the platform could not do.
   */
  createEnvironment(target: FunctionTarget): Promise<Environment>;
  /** An environment of it will be needed soon: what can be made in advance is begun. */
  prepare(target: FunctionTarget): void;
  /** Every runtime name, and what answers to it here. */
  runtimes(): Promise<RuntimeListing[]>;
  close(): Promise<void>;
}

export interface RuntimeListing {
  runtime: string;
  /** Of the interpreter that runs it: `3.13.0`. Absent when there is none, or none is needed: then it is exact. */
  version?: string;
  path?: string;
  isExact: boolean;
  /** What answers instead, or what is missing and how to get it. */
  note?: string;
}

/** Where the log lines of environments go: services/logs through `call`, wired in main.ts. */
export interface LogDestination {
  /** Lines that may not be written are dropped and told once. A promise means: the stream is behind, wait for it. It never rejects. */
  write(batch: LogBatch): Promise<void> | undefined;
  /** Nothing more is expected for this stream: its environment has ended. What was written is sent all the same. */
  forget(stream: Omit<LogBatch, "lines" | "lineage">): void;
  flush(): Promise<void>;
}

export interface LogBatch {
  as: Caller;
  region: string;
  group: string;
  stream: string;
  functionName: string;
  /** Of the invocation that they come from, AWS's: who is told of them goes on from there. */
  lineage?: string;
  /** Milliseconds since the epoch. */
  lines: { timestamp: number; message: string }[];
}
