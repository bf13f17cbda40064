import { assumeExecutionRole } from "../../../executor/credentials.ts";
import { isApiError, type ApiError } from "../../../kit/api-error.ts";
import type { Arn } from "../../../kit/arn.ts";
import { queueUrlOf } from "../../../plumber/queue-url.ts";
import { invalid } from "../errors.ts";
import type { FunctionRecord } from "../functions/state.ts";
import type { LambdaNeeds } from "../needs.ts";
import type { RequestContext } from "../../service.ts";

const notAllowed = (action: string): ApiError => invalid(`The provided execution role does not have permissions to call ${action} on SQS`);

const ABSENT = new Set(["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"]);

const notThere = (error: ApiError): ApiError => invalid(`Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: ${error.message}`);

/**
 * Refuses a queue that the function's role could not read, or that would give a message away again while the function still has it.
 * The role is asked as each poll will ask it, without doing anything.
 */
export const checkQueue = async ({ call }: Pick<LambdaNeeds, "call">, record: FunctionRecord, queue: Arn, { trace }: RequestContext): Promise<void> => {
  const { caller: as } = await assumeExecutionRole(call, { ...record, roleArn: record.settings.Role }).catch((error: unknown) => {
    if (!isApiError(error)) throw error;
    throw invalid("The role defined for the function cannot be assumed by Lambda.");
  });
  const QueueUrl = queueUrlOf(queue);
  const options = { as, account: queue.account, region: queue.region, trace };
  const orRefuse = (action: string) => (error: unknown): never => {
    if (!isApiError(error)) throw error;
    throw ABSENT.has(error.code) ? notThere(error) : notAllowed(action);
  };
  await call("sqs", "ReceiveMessage", { QueueUrl }, { ...options, isQuestion: true }).catch(orRefuse("ReceiveMessage"));
  await call("sqs", "DeleteMessage", { QueueUrl, ReceiptHandle: "none" }, { ...options, isQuestion: true }).catch(orRefuse("DeleteMessage"));
  const { Attributes } = await call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["VisibilityTimeout"] }, options).catch(orRefuse("GetQueueAttributes"));
  const [visible, timeout] = [Number(Attributes?.["VisibilityTimeout"]), record.settings.Timeout];
  if (visible < timeout) throw invalid(`Queue visibility timeout: ${visible} seconds is less than Function timeout: ${timeout} seconds`);
};
