import type { Message } from "@aws-sdk/client-sqs";
import { assumeExecutionRole } from "../../executor/credentials.ts";
import type { EnvironmentCredentials, FunctionTarget } from "../../executor/executor.ts";
import { isApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Call, CallOptions } from "../../kit/call.ts";
import { wallNow } from "../../kit/clock.ts";
import { CREDENTIALS_MARGIN_MS, MAPPING_POLL_MESSAGES_MAX } from "../../kit/limits.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { BatchItem } from "./record.ts";

/** The queue, as the function's role sees it: its policies decide about each call. */
export interface Source {
  receive(as: FunctionTarget, most: number, waitSeconds: number, signal: AbortSignal): Promise<Message[]>;
  /** Resolves with those that could not be deleted. Rejects when none could. */
  remove(as: FunctionTarget, items: readonly BatchItem[]): Promise<BatchItem[]>;
  visibilityMs(as: FunctionTarget): Promise<number>;
}

/** The role is as it was; what it may is looked up anew for each call. One that was made again is another one. */
const DENIED = ["AccessDenied", "AccessDeniedException"];
export const isDenied = (error: unknown): boolean => isApiError(error) && DENIED.includes(error.code);
export const isQueueGone = (error: unknown): boolean => isApiError(error) && ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"].includes(error.code);

export const createSource = ({ call, sourceArn }: { call: Call; sourceArn: string }): Source => {
  const arn = parseArn(sourceArn)!;
  const queue = { QueueUrl: queueUrlOf(arn) };
  let assumed: { roleArn: string; credentials: Promise<EnvironmentCredentials>; expiresAt: number } | undefined;

  const callerOf = async (target: FunctionTarget) => {
    if (assumed?.roleArn !== target.roleArn || assumed.expiresAt - CREDENTIALS_MARGIN_MS < wallNow()) {
      const fresh = { roleArn: target.roleArn, credentials: assumeExecutionRole(call, target), expiresAt: Infinity };
      assumed = fresh;
      fresh.credentials.then(({ expiresAt }) => (fresh.expiresAt = expiresAt), () => (fresh.expiresAt = 0));
    }
    return (await assumed.credentials).caller;
  };
  /** The mapping tells of a refusal itself, once, and not with every poll. */
  const asRole = async <T>(target: FunctionTarget, ask: (options: CallOptions) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const as = await callerOf(target);
    try {
      return await ask({ as, account: arn.account, region: arn.region, expects: [...DENIED, "QueueDoesNotExist"], ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (isDenied(error)) assumed = undefined;
      throw error;
    }
  };
  const removeTen = async (target: FunctionTarget, items: readonly BatchItem[]): Promise<BatchItem[]> => {
    const Entries = items.map(({ record }, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle }));
    const { Failed = [] } = await asRole(target, (options) => call("sqs", "DeleteMessageBatch", { ...queue, Entries }, options));
    return Failed.map(({ Id }) => items[Number(Id)]!);
  };

  return {
    async receive(target, most, waitSeconds, signal) {
      const input = { ...queue, MaxNumberOfMessages: most, WaitTimeSeconds: waitSeconds, MessageSystemAttributeNames: ["All" as const], MessageAttributeNames: ["All"] };
      const { Messages = [] } = await asRole(target, (options) => call("sqs", "ReceiveMessage", input, options), signal);
      return Messages;
    },
    async remove(target, items) {
      const batches: Promise<BatchItem[]>[] = [];
      for (let from = 0; from < items.length; from += MAPPING_POLL_MESSAGES_MAX) batches.push(removeTen(target, items.slice(from, from + MAPPING_POLL_MESSAGES_MAX)));
      return (await Promise.all(batches)).flat();
    },
    async visibilityMs(target) {
      const { Attributes } = await asRole(target, (options) => call("sqs", "GetQueueAttributes", { ...queue, AttributeNames: ["VisibilityTimeout"] }, options));
      return Number(Attributes!["VisibilityTimeout"]) * 1_000;
    },
  };
};
