import { sqlOne, type Operation } from "../../../store/store.ts";
import type { Queue } from "../queue-rows.ts";
import { receiptHandleIsInvalid } from "./errors.ts";
import type { Receipt } from "./receipt-handle.ts";

/** Throws for another queue's handle. One of a queue that is gone is of this one before it was purged: its message is gone. */
export function* isOfQueue({ id }: Queue, { queueId }: Receipt, handle: string): Operation<boolean> {
  if (queueId === id) return true;
  if ((yield* sqlOne("select id from sqs_queue where id = ?", queueId)) !== undefined) throw receiptHandleIsInvalid(handle);
  return false;
}
