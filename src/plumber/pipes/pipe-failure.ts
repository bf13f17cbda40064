import { ApiError, isApiError } from "../../kit/api-error.ts";
import { TargetError } from "../delivery.ts";

/** `refused`: as long as it is so, every event would be: no permission, nothing there. `throttled`: the same event may be taken in a moment. */
export type PipeFailureKind = "refused" | "throttled" | "timeout" | "failed";

/** Why an enrichment or a target did not take a batch. `code` is its service's (`AccessDeniedException`), or a function's error type. */
export class PipeFailure extends ApiError {
  readonly kind: PipeFailureKind;
  /** What it answered all the same, JSON. */
  readonly answer: string | undefined;

  constructor(kind: PipeFailureKind, code: string, message: string, { status, answer }: { status?: number | undefined; answer?: string | undefined } = {}) {
    super(code, message, status === undefined ? {} : { status });
    this.kind = kind;
    this.answer = answer;
  }
}

const REFUSED = /^(AccessDenied|AuthorizationError|ResourceNotFound|NotFound|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue|NoSuch|NotImplemented)/;
const THROTTLED = /Throttl|THROTTLING|TooManyRequests|EC2ThrottledException|RequestLimitExceeded/;

export const kindOf = (code: string): PipeFailureKind => (REFUSED.test(code) ? "refused" : THROTTLED.test(code) ? "throttled" : "failed");

export const failureOf = (error: unknown): PipeFailure => {
  if (error instanceof PipeFailure) return error;
  if (error instanceof TargetError) return new PipeFailure(THROTTLED.test(error.code) ? "throttled" : "failed", error.code, error.message);
  if (!isApiError(error)) return new PipeFailure("failed", "InternalFailure", error instanceof Error ? error.message : String(error));
  return new PipeFailure(kindOf(error.code), error.code, error.message, { status: error.status });
};

/** The role cannot be taken on: nothing of the pipe works. */
export const roleRefused = (roleArn: string, error: Error): PipeFailure =>
  new PipeFailure("refused", "AccessDeniedException", `pipes.amazonaws.com cannot assume the role ${roleArn}: ${error.message}`, { status: 403 });
