import { SQS_MESSAGE_BYTES_MAX } from "../kit/limits/sqs.ts";
import { text } from "./attribute-text.ts";
import type { Failure, MessageAttribute } from "./delivery.ts";
import type { GivenUp } from "./dead-letter.ts";

/** The codes that AWS's services answer with, where theirs are others here. Scheduler tells them as they are. */
const CODES: Record<string, string> = { QueueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue", FAILED_TO_ASSUME_ROLE: "AccessDenied" };
export const schedulerCode = (code: string): string => CODES[code] ?? code;

/** What Scheduler says of a failure of its own. */
const OWN: Pick<Failure, "code" | "message"> = { code: "AWS.Scheduler.InternalServerError", message: "Unexpected error occurred while processing the request" };

const told = ({ code, message }: Failure): Pick<Failure, "code" | "message"> => (code === "InternalFailure" ? OWN : { code: schedulerCode(code), message: message || code });

const sizeOf = (attributes: Record<string, MessageAttribute>): number =>
  Object.entries(attributes).reduce((sum, [name, { DataType, StringValue = "" }]) => sum + Buffer.byteLength(name + DataType + StringValue), 0);

/** The first characters of a text that are not longer than this, in UTF-8. */
const cut = (whole: string, bytes: number): string => {
  const kept = Buffer.from(whole).subarray(0, Math.max(bytes, 1));
  // A character that was cut through is left out.
  return new TextDecoder("utf-8").decode(kept, { stream: true });
};

/** A dead letter as EventBridge Scheduler writes it ("Configuring a schedule's dead-letter queue"). What is too long for a queue is cut. @param beside Attributes that the schedule gives. */
export const schedulerDeadLetter = (payload: string, beside: Record<string, MessageAttribute>, { failure, retries, exhausted }: GivenUp): { payload: string; isTruncated: boolean; attributes: Record<string, MessageAttribute> } => {
  const { code, message } = told(failure);
  const attributes = {
    ERROR_CODE: text(code),
    ERROR_MESSAGE: text(message),
    RETRY_ATTEMPTS: text(String(retries)),
    IS_PAYLOAD_TRUNCATED: text("false"),
    ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: text(exhausted) }),
    ...beside,
  };
  const room = SQS_MESSAGE_BYTES_MAX - sizeOf(attributes);
  if (Buffer.byteLength(payload) <= room) return { payload, isTruncated: false, attributes };
  return { payload: cut(payload, room), isTruncated: true, attributes: { ...attributes, IS_PAYLOAD_TRUNCATED: text("true") } };
};
