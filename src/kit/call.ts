import type { Caller } from "./caller.ts";
import type { Trace } from "./ledger.ts";

/** The SDK packages of the services that call each other, by the service's name here. Types only: nothing is loaded. */
export interface ServiceTypes {
  lambda: typeof import("@aws-sdk/client-lambda");
  s3: typeof import("@aws-sdk/client-s3");
  sqs: typeof import("@aws-sdk/client-sqs");
  sns: typeof import("@aws-sdk/client-sns");
  events: typeof import("@aws-sdk/client-eventbridge");
  logs: typeof import("@aws-sdk/client-cloudwatch-logs");
  iam: typeof import("@aws-sdk/client-iam");
  sts: typeof import("@aws-sdk/client-sts");
}

type CommandTypes<C> = C extends abstract new (...args: never[]) => {
  readonly input: infer I;
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer O }>;
}
  ? { input: I; output: O }
  : never;

export type OperationName<M> = { [K in keyof M]: K extends `${infer N}Command` ? (N extends "$" ? never : N) : never }[keyof M] & string;
export type OperationInput<M, N extends string> = `${N}Command` extends keyof M ? CommandTypes<M[`${N}Command`]>["input"] : never;
export type OperationOutput<M, N extends string> = `${N}Command` extends keyof M ? Omit<CommandTypes<M[`${N}Command`]>["output"], "$metadata"> : never;

/** A long poll, as whoever asks wants to have it. */
export interface Waiting {
  /** Told when it begins to wait for what may come, and when it no longer does. */
  onIdle(isIdle: boolean): void;
  /** Its end is a moment that time stops at when it is moved: something is to be done then. */
  isMoment: boolean;
}

export interface CallOptions {
  /** Who calls: authorized exactly as on the wire. */
  as: Caller;
  region: string;
  /** The account whose resources are meant, when it is not the caller's own. */
  account?: string;
  /** The event chain that this call continues; a new one when absent. */
  trace?: Trace;
  /** Becomes the request id of the call, so that a repeated call is recognised. */
  requestId?: string;
  signal?: AbortSignal;
  /** With ReceiveMessage: how it waits for messages. */
  waiting?: Waiting;
  /** An invocation by a function's URL, kept as it says. It takes two permissions; policies may tell it from others, and by where it came from. */
  functionUrl?: { authType: "NONE" | "AWS_IAM"; source: { ip: string; userAgent: string } };
  /** With PutEvents: the whole event as another bus had it, JSON. It keeps its id, time, account and region, and is forwarded no further. */
  forwardedEvent?: string;
  /** With DescribeApiDestination: it is about to be invoked, for which `events:InvokeApiDestination` is asked in the place of the operation's own permission. */
  isInvocation?: boolean;
  /** With an asynchronous Invoke: the caller has the event on the disk until this is answered, and sends it for the first time. It may be begun before it is written a second time. */
  isKept?: boolean;
  /** Nothing is done: it is only asked whether it would be let in, and rejects as the call itself would before it is begun. Resolves with no output. */
  isQuestion?: boolean;
  /** Codes of refusals that the caller goes on from, or all of them: no story tells them as a failure. */
  expects?: readonly string[] | "all";
}

/**
 * The only door between services: validated and authorized like a request on the wire, without the wire.
 * Rejects with `ApiError`, AccessDenied included.
 */
export type Call = <S extends keyof ServiceTypes, N extends OperationName<ServiceTypes[S]>>(
  service: S,
  operation: N,
  input: OperationInput<ServiceTypes[S], N>,
  options: CallOptions,
) => Promise<OperationOutput<ServiceTypes[S], N>>;
