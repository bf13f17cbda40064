import type { FunctionTarget, Invocation, InvocationOutcome } from "./executor.ts";
import { exitText, exitType, failureOf, isPlatformType, timeoutText, type Failure } from "./failures.ts";

/** How an invocation ended, for its caller and for its report. */
export interface Ending {
  outcome: InvocationOutcome;
  status: "success" | "error" | "timeout";
  errorType?: string;
  /** What the platform says of it in the log. */
  notice?: string;
}

export const endingOf = (failure: Failure, { requestId }: Invocation, target: FunctionTarget, nowMs: number): Ending => {
  const outcome = failureOf(failure, requestId, target);
  switch (failure.kind) {
    case "timeout": return { outcome, status: "timeout", notice: `${new Date(nowMs).toISOString()} ${requestId} ${timeoutText(target)}\n` };
    case "exit": {
      const errorType = exitType(failure.exit);
      return { outcome, status: "error", errorType, notice: `RequestId: ${requestId} Error: ${exitText(failure.exit)}\n${errorType}\n` };
    }
    case "not-started":
    case "extension": return { outcome, status: "error", errorType: failure.errorType, notice: `RequestId: ${requestId} Error: ${failure.message}\n${failure.errorType}\n` };
    case "too-large": return { outcome, status: "error", errorType: outcome.errorType };
    // An exception of the handler's own is the function's result: its report tells of a success.
    case "error": return isPlatformType(failure.errorType) ? { outcome, status: "error", errorType: failure.errorType } : { outcome, status: "success" };
  }
};
