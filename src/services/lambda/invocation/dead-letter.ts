import { assumeExecutionRole } from "../../../executor/credentials.ts";
import { parseArn } from "../../../kit/arn.ts";
import { maySendTo } from "../../../plumber/ask-queue.ts";
import { mayPublishTo } from "../../../plumber/ask-topic.ts";
import type { Delivery } from "../../../plumber/outbox.ts";
import type { EndedEvent } from "../../../scheduler/scheduler.ts";
import type { RequestContext } from "../../service.ts";
import { invalid } from "../errors.ts";
import type { LambdaNeeds } from "../needs.ts";

const ERROR_BYTES_MAX = 1_024;
const [RAN, THROTTLED] = ["200", "429"];

/** What a function's error says of itself. */
const errorMessage = (payload: Buffer): string => {
  try {
    const { errorMessage: message } = JSON.parse(payload.toString("utf8")) as { errorMessage?: unknown };
    return typeof message === "string" ? message : payload.toString("utf8");
  } catch {
    return payload.toString("utf8");
  }
};

/** The first kilobyte, without the half of a character. */
const cut = (text: string): string => new TextDecoder().decode(Buffer.from(text).subarray(0, ERROR_BYTES_MAX), { stream: true });

/** The event as it was, with what went wrong beside it ("Adding a dead-letter queue", developer guide). */
export const deadLetter = ({ event, condition, result }: EndedEvent): Pick<Delivery, "payload" | "messageAttributes"> => {
  const error = result?.outcome.kind === "error" ? cut(errorMessage(result.outcome.payload)) : condition;
  return {
    payload: event.payload.toString("utf8"),
    messageAttributes: {
      RequestID: { DataType: "String", StringValue: event.requestId },
      ErrorCode: { DataType: "Number", StringValue: result === undefined ? THROTTLED! : RAN! },
      // An attribute may not be empty.
      ...(error === "" ? {} : { ErrorMessage: { DataType: "String", StringValue: error } }),
    },
  };
};

/** Refuses a dead-letter queue or topic that the function's role may not send to, as AWS does when it is configured. */
export const checkDeadLetterQueue = async ({ call }: Pick<LambdaNeeds, "call">, role: string, name: string, target: string, { account, region, trace }: RequestContext): Promise<void> => {
  const arn = parseArn(target);
  const refuse = (why: string): never => {
    throw invalid(`Invalid dead letter queue ARN: ${why}`);
  };
  if (arn?.region !== region) return refuse("The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with.");
  if (!["sqs", "sns"].includes(arn.service)) return refuse("The service specified by the TargetArn is not supported for dead letter configuration.");
  if (arn.resource.endsWith(".fifo")) return refuse(`FIFO ${arn.service.toUpperCase()} ${arn.service === "sqs" ? "queue" : "topic"} is not supported for dead letter configuration`);
  const { caller } = await assumeExecutionRole(call, { account, region, roleArn: role, name });
  if (arn.service === "sns") {
    if (!(await mayPublishTo(call, target, caller, { trace }))) throw invalid("The provided execution role does not have permissions to call Publish on SNS");
    return;
  }
  if (!(await maySendTo(call, arn, caller, { trace }))) throw invalid("The provided execution role does not have permissions to call SendMessage on SQS");
};
