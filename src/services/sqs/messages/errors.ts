import { ApiError } from "../../../kit/api-error.ts";

/** Unmodelled, as AWS answers it. `reason` is what an entry of a batch says alone. */
export class InvalidParameter extends ApiError {
  readonly reason: string;

  constructor(message: string, reason = message) {
    super("InvalidParameterValue", message, { status: 400 });
    this.reason = reason;
  }
}

/** Without the parameter's value and name in an entry of a batch. */
export const invalidParameter = (name: string, value: unknown, reason: string): InvalidParameter => new InvalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`, reason);

export const missingParameter = (name: string): ApiError => new ApiError("MissingParameter", `The request must contain the parameter ${name}.`, { status: 400 });

export const unsuitableForQueueType = (name: string, value: unknown): InvalidParameter => invalidParameter(name, value, "The request include parameter that is not valid for this queue type.");

export const receiptHandleIsInvalid = (handle: string): ApiError => new ApiError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);

export const receiptHandleHasExpired = (handle: string): InvalidParameter => invalidParameter("ReceiptHandle", handle, "The receipt handle has expired.");

export const overLimit = (): ApiError => new ApiError("OverLimit", "Too many messages in flight for the queue: delete messages that are processed, or wait for their visibility timeout.");
