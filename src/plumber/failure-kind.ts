import type { FailureKind } from "./delivery.ts";

const REFUSED = new Set(["AccessDeniedException", "AccessDenied", "AuthorizationError", "AuthorizationErrorException"]);
const NOT_THERE = new Set(["ResourceNotFoundException", "NotFound", "NotFoundException", "NoSuchBucket", "QueueDoesNotExist"]);
const WRONG = /^(?:Invalid(?!State)|Malformed|Missing|Unsupported|Validation|Serialization|NotImplemented|MethodNotAllowed)|TooLarge|TooLong/;

/** Whether the service said that the target does not exist. */
export const isNotThere = (code: string): boolean => NOT_THERE.has(code);

/** The request itself is wrong, however often it is made: `InvalidParameterValue`, `MissingParameter` of a FIFO queue that is given no group, `ValidationException`. */
export const isWrong = (code: string): boolean => WRONG.test(code);

/** What the code of a service's error means for a delivery. */
export const kindOf = (code: string): FailureKind => (REFUSED.has(code) ? "refused" : isNotThere(code) || isWrong(code) ? "gone" : "failed");
