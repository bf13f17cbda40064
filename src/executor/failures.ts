import { ApiError, isApiError } from "../kit/api-error.ts";
import { RESPONSE_BYTES_MAX } from "../kit/limits/runtime.ts";
import type { Log } from "../kit/log.ts";
import type { ProcessExit } from "../sandbox/sandbox.ts";
import type { FunctionTarget, InvocationOutcome } from "./executor.ts";

/** What a runtime does next, as its environment sees it. */
export type Signal =
  | { kind: "next" }
  | { kind: "response"; payload: Buffer; streamedBytes?: number }
  | { kind: "too-large" }
  | { kind: "error"; errorType: string; payload: Buffer }
  | { kind: "exit"; exit: ProcessExit }
  | { kind: "timeout" }
  /** There is no program to start, or the kernel will not run it. */
  | { kind: "not-started"; errorType: string; message: string }
  /** An extension was not started, told that it cannot go on, or ended. */
  | { kind: "extension"; errorType: string; message: string };

export type Failure = Exclude<Signal, { kind: "next" | "response" }>;
export type ErrorOutcome = Extract<InvocationOutcome, { kind: "error" }>;

/** Names as Go's `os` package has them: AWS's agent is written in it. */
const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  SIGKILL: "killed", SIGSEGV: "segmentation fault", SIGABRT: "aborted", SIGTERM: "terminated", SIGBUS: "bus error", SIGILL: "illegal instruction", SIGFPE: "floating point exception",
  SIGINT: "interrupt", SIGHUP: "hangup", SIGQUIT: "quit", SIGTRAP: "trace/breakpoint trap", SIGPIPE: "broken pipe", SIGALRM: "alarm clock", SIGUSR1: "user defined signal 1", SIGUSR2: "user defined signal 2",
};

const statusText = ({ code, signal }: ProcessExit): string => (signal === null ? `exit status ${code}` : `signal: ${SIGNAL_TEXTS[signal] ?? signal.replace(/^SIG/, "").toLowerCase()}`);
export const exitText = (exit: ProcessExit): string => (exit.code === 0 ? "Runtime exited without providing a reason" : `Runtime exited with error: ${statusText(exit)}`);
/** The same of an extension. */
export const extensionExitText = (exit: ProcessExit): string => (exit.code === 0 ? "exit code 0" : statusText(exit));
export const exitType = ({ isOutOfMemory }: ProcessExit): string => (isOutOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError");

/** What a runtime may say of itself: that an extension crashed, or that time is up, is the platform's to tell. */
const KEPT_TYPE = /^(?:Runtime|Function)\.[A-Z][a-zA-Z]+$/;
export const isPlatformType = (errorType: string): boolean => KEPT_TYPE.test(errorType);
/** The type that logs and metrics may show: a name of the runtime's own choice is not one of them. */
export const platformType = (errorType: string): string => (isPlatformType(errorType) ? errorType : errorType.startsWith("Function.") ? "Function.Unknown" : "Runtime.Unknown");

/** What INIT's report says of how it ended. */
export const initFailure = (signal: Failure): { status: "error" | "timeout"; errorType?: string } => {
  switch (signal.kind) {
    case "timeout": return { status: "timeout" };
    case "exit": return { status: "error", errorType: exitType(signal.exit) };
    case "error": return { status: "error", errorType: platformType(signal.errorType) };
    case "too-large": return { status: "error", errorType: "Runtime.Unknown" };
    case "not-started":
    case "extension": return { status: "error", errorType: signal.errorType };
  }
};

const told = (errorType: string, errorMessage: string): ErrorOutcome => ({ kind: "error", errorType, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) });

export const timeoutText = ({ timeoutSeconds }: FunctionTarget): string => `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;

/** The error that the caller of an invocation gets, in AWS's words. What the runtime reported itself is passed on as it came. */
export const failureOf = (signal: Failure, requestId: string, target: FunctionTarget): ErrorOutcome => {
  switch (signal.kind) {
    case "error": return { kind: "error", errorType: signal.errorType, payload: signal.payload };
    case "too-large": return told("Function.ResponseSizeTooLarge", `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`);
    case "timeout": return told("Sandbox.Timedout", `RequestId: ${requestId} Error: ${timeoutText(target)}`);
    case "exit": return told(exitType(signal.exit), `RequestId: ${requestId} Error: ${exitText(signal.exit)}`);
    case "not-started":
    case "extension": return told(signal.errorType, `RequestId: ${requestId} Error: ${signal.message}`);
  }
};

/** What the platform could not do, as the caller of an invocation is told: AWS's 500 for it. The log has the whole of it. */
export const serviceException = ({ name, functionArn }: FunctionTarget, error: unknown, log: Log): ApiError => {
  if (isApiError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  log.error("a function could not be run", { function: functionArn, error: error instanceof Error ? (error.stack ?? reason) : reason });
  return new ApiError("ServiceException", `lambdad could not run ${name}: ${reason}`, { status: 500, members: { Type: "Service" }, cause: error });
};
