import { describe, expect, it } from "vitest";
import { checkAttributes } from "../../src/services/sqs/messages/attributes.ts";
import { deadLetterOf } from "../../src/plumber/dead-letter.ts";
import type { Delivery } from "../../src/plumber/delivery.ts";

const as = { service: "sns.amazonaws.com", account: "000000000000", sourceArn: "arn:aws:sns:us-east-1:000000000000:t", sourceAccount: "000000000000" };
const deliveryOf = (style: "EventBridge" | "SNS" | "Scheduler"): Delivery => ({
  id: "d", traceId: "1-5f000000-000000000000000000000000", region: "us-east-1", keys: [], as, targetArn: "arn:aws:sqs:us-east-1:000000000000:q", payload: "{}",
  deadLetter: { targetArn: "arn:aws:sqs:us-east-1:000000000000:dead", as, style },
});

describe.each(["EventBridge", "SNS", "Scheduler"] as const)("a dead letter of %s", (style) => {
  it.each([
    ["nothing", "", "CONNECTION_FAILURE"],
    ["what no queue takes", "not \u0000 this\uFFFF", "not ? this?"],
    ["a surrogate by itself", "\uD800", "?"],
    ["very much", "x".repeat(2_000_000), "x".repeat(4_096)],
  ])("is one that its queue takes, when its target says %s", (_name, message, told) => {
    const letter = deadLetterOf(deliveryOf(style), { failure: { kind: "failed", code: "CONNECTION_FAILURE", message }, retries: 3, exhausted: "MaximumRetryAttempts" })!;
    const attributes = checkAttributes(letter.messageAttributes as never);
    expect(attributes[style === "SNS" ? "ErrorMessage" : "ERROR_MESSAGE"]).toEqual({ DataType: "String", StringValue: told });
  });
});

it.each([
  ["AccessDenied", "NO_PERMISSIONS"], ["AuthorizationErrorException", "NO_PERMISSIONS"], ["QueueDoesNotExist", "NO_RESOURCE"], ["NoSuchBucket", "NO_RESOURCE"], ["TooManyRequestsException", "THROTTLING"],
  ["InvalidParameterValue", "INVALID_PARAMETER"], ["MissingParameter", "INVALID_PARAMETER"], ["RequestTooLargeException", "INVALID_PARAMETER"], ["InvalidRequestContentException", "INVALID_JSON"],
  ["ServiceUnavailable", "ERROR_FROM_TARGET"], ["InternalFailure", "INTERNAL_ERROR"], ["NotImplemented", "SDK_CLIENT_ERROR"], ["FAILED_TO_ASSUME_ROLE", "FAILED_TO_ASSUME_ROLE"],
])("of %s EventBridge says %s", (code, told) => {
  const letter = deadLetterOf(deliveryOf("EventBridge"), { failure: { kind: "gone", code, message: "m" }, retries: 0, exhausted: undefined })!;
  expect(letter.messageAttributes).toEqual({ ERROR_CODE: { DataType: "String", StringValue: told }, ERROR_MESSAGE: { DataType: "String", StringValue: "m" }, RETRY_ATTEMPTS: { DataType: "Number", StringValue: "0" } });
});
