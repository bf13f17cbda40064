import { isApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Pipe } from "../../plumber/pipes/pipe.ts";
import { createPipeIdentity } from "../../plumber/pipes/pipe-identity.ts";
import { queueUrlOf } from "../../plumber/queue-url.ts";
import type { RequestContext } from "../service.ts";
import type { PipesNeeds } from "./needs.ts";

const because = (why: string): string => `Input parameter is invalid from the request due to : ${why}`;

const ABSENT = new Set(["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"]);

/**
 * Why a pipe would come to nothing: its role cannot be taken on, or may not read the queue. It is asked as each poll will ask, and nothing is taken out; undefined when all is well.
 * It makes the pipe CREATE_FAILED, UPDATE_FAILED or START_FAILED, with this for its StateReason.
 */
export const reasonToFail = async ({ call, wall }: Pick<PipesNeeds, "call" | "wall">, pipe: Pipe, { trace }: RequestContext): Promise<string | undefined> => {
  const { roleArn, source } = pipe.body;
  const queue = parseArn(source)!;
  const QueueUrl = queueUrlOf(queue);
  const refused = (action: string) => (error: unknown): string => {
    if (!isApiError(error)) throw error;
    return ABSENT.has(error.code)
      ? because(`Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: ${error.message}`)
      : because(`The provided customer role does not have permissions to call ${action} on SQS`);
  };
  const as = await createPipeIdentity({ call, wall, name: pipe.name }).callerOf(pipe).catch((error: unknown) => {
    if (!isApiError(error)) throw error;
    return undefined;
  });
  if (as === undefined) return because(`The provided customer role cannot be assumed by EventBridge Pipes. Let the trust policy of ${roleArn} name the service pipes.amazonaws.com`);
  const options = { as, account: queue.account, region: queue.region, trace };
  const asking = { ...options, isQuestion: true };
  const well = () => undefined;
  return (
    (await call("sqs", "ReceiveMessage", { QueueUrl }, asking).then(well, refused("ReceiveMessage"))) ??
    (await call("sqs", "DeleteMessage", { QueueUrl, ReceiptHandle: "none" }, asking).then(well, refused("DeleteMessage"))) ??
    (await call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["VisibilityTimeout"] }, options).then(well, refused("GetQueueAttributes")))
  );
};
