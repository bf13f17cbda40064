import { text } from "./attribute-text.ts";
import { payloadOf, type DeadLetter, type Delivery, type Failure, type MessageAttribute } from "./delivery.ts";
import { isNotThere, isWrong, kindOf } from "./failure-kind.ts";
import type { Exhausted } from "./retry.ts";
import { schedulerDeadLetter } from "./scheduler-dead-letter.ts";

/** Why a delivery is given up. */
export interface GivenUp {
  failure: Failure;
  /** Tries after the first. */
  retries: number;
  /** Undefined where the failure itself was final. */
  exhausted: Exhausted | undefined;
}

/** EventBridge's own names of what went wrong, by the target's code ("Using dead-letter queues to process undelivered events"). */
const ERROR_CODES: Record<string, string> = {
  TooManyRequestsException: "THROTTLING", ThrottlingException: "THROTTLING", RequestThrottled: "THROTTLING",
  InvalidRequestContentException: "INVALID_JSON", ServiceException: "ERROR_FROM_TARGET", InternalFailure: "INTERNAL_ERROR", NotImplemented: "SDK_CLIENT_ERROR",
};

const errorCode = (code: string): string => {
  if (ERROR_CODES[code] !== undefined) return ERROR_CODES[code];
  if (/^[A-Z_]+$/.test(code)) return code;
  if (kindOf(code) === "refused") return "NO_PERMISSIONS";
  if (isNotThere(code)) return "NO_RESOURCE";
  return isWrong(code) ? "INVALID_PARAMETER" : "ERROR_FROM_TARGET";
};

interface Written {
  payload: string;
  attributes: Record<string, MessageAttribute>;
  isTruncated?: boolean;
}

const ATTRIBUTES = {
  EventBridge: (_delivery: Delivery, { failure, retries, exhausted }: GivenUp): Record<string, MessageAttribute> => ({
    ERROR_CODE: text(errorCode(failure.code)),
    ERROR_MESSAGE: text(failure.message || failure.code),
    RETRY_ATTEMPTS: { DataType: "Number", StringValue: String(retries) },
    ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: text(exhausted) }),
  }),
  SNS: ({ id }: Delivery, { failure }: GivenUp): Record<string, MessageAttribute> => ({ RequestID: text(id), ErrorCode: text(failure.code), ErrorMessage: text(failure.message || failure.code) }),
};

/** As the service in whose name it was to be delivered writes a dead letter. */
const write = (delivery: Delivery, { style, payload: own, attributes: beside }: DeadLetter, givenUp: GivenUp): Written => {
  const payload = own ?? payloadOf(delivery, givenUp.retries);
  return style === "Scheduler" ? schedulerDeadLetter(payload, beside ?? {}, givenUp) : { payload, attributes: { ...ATTRIBUTES[style](delivery, givenUp), ...beside } };
};

/** What becomes of a delivery that is given up: one more, to its dead-letter queue. */
export const deadLetterOf = (delivery: Delivery, givenUp: GivenUp): Delivery | undefined => {
  const { deadLetter, id, traceId, lineage, traceHeader, region, keys, measured, order } = delivery;
  if (deadLetter === undefined) return undefined;
  const { targetArn, as, messageGroupId, messageDeduplicationId } = deadLetter;
  const { payload, attributes, isTruncated = false } = write(delivery, deadLetter, givenUp);
  return {
    id: `${id}-dead-letter`, traceId, region, targetArn, as,
    ...(lineage === undefined ? {} : { lineage }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(order === undefined ? {} : { order: { lane: `${order.lane} dead letters`, position: order.position } }),
    payload,
    keys: [...keys, delivery.targetArn],
    messageAttributes: attributes,
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(messageDeduplicationId === undefined ? {} : { messageDeduplicationId }),
    ...(measured === undefined ? {} : { measured: { ...measured, isDeadLetter: true, ...(isTruncated ? { isTruncated } : {}) } }),
  };
};
