import type { Message } from "@aws-sdk/client-sqs";
import { isApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Call, CallOptions, Waiting } from "../../kit/call.ts";
import type { Caller } from "../../kit/caller.ts";
import { MAPPING_POLL_MESSAGES_MAX } from "../../kit/limits/mappings.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { BatchItem } from "./record.ts";

/** The queue, as a role sees it, that of `As` at the moment: its policies decide about each call. */
export interface Source<As> {
  receive(as: As, most: number, waitSeconds: number, signal: AbortSignal, waiting: Waiting): Promise<Message[]>;
  /** Resolves with those that could not be deleted. Rejects when none could. */
  remove(as: As, items: readonly BatchItem[]): Promise<BatchItem[]>;
  visibilityMs(as: As): Promise<number>;
}

/** In whose name a queue is polled. */
export interface Identity<As> {
  /** A session of the role. What that may is looked up anew for each call. */
  callerOf(as: As): Promise<Caller>;
  /** It was refused: a role that was made again under its name is another one, so the session is not kept. */
  forget(): void;
}

const DENIED = ["AccessDenied", "AccessDeniedException"];
export const isDenied = (error: unknown): boolean => isApiError(error) && DENIED.includes(error.code);
export const isQueueGone = (error: unknown): boolean => isApiError(error) && ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"].includes(error.code);

export const createSource = <As>({ call, sourceArn, identity }: { call: Call; sourceArn: string; identity: Identity<As> }): Source<As> => {
  const arn = parseArn(sourceArn)!;
  const queue = { QueueUrl: queueUrlOf(arn) };

  /** Who polls tells of a refusal itself, once, and not with every poll. */
  const asRole = async <T>(target: As, ask: (options: CallOptions) => Promise<T>, more: Pick<CallOptions, "signal" | "waiting"> = {}): Promise<T> => {
    const as = await identity.callerOf(target);
    try {
      return await ask({ as, account: arn.account, region: arn.region, expects: [...DENIED, "QueueDoesNotExist"], ...more });
    } catch (error) {
      if (isDenied(error)) identity.forget();
      throw error;
    }
  };
  const removeTen = async (target: As, items: readonly BatchItem[]): Promise<BatchItem[]> => {
    const Entries = items.map(({ record }, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle }));
    const { Failed = [] } = await asRole(target, (options) => call("sqs", "DeleteMessageBatch", { ...queue, Entries }, options));
    return Failed.map(({ Id }) => items[Number(Id)]!);
  };

  return {
    async receive(target, most, waitSeconds, signal, waiting) {
      const input = { ...queue, MaxNumberOfMessages: most, WaitTimeSeconds: waitSeconds, MessageSystemAttributeNames: ["All" as const], MessageAttributeNames: ["All"] };
      const { Messages = [] } = await asRole(target, (options) => call("sqs", "ReceiveMessage", input, options), { signal, waiting });
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
