import type { SqsParts } from "../needs.ts";
import type { ReceiptHandles } from "./receipt-handle.ts";
import type { Retention } from "./retention.ts";

/** What the operations on messages share. */
export interface MessageParts extends SqsParts {
  handles: ReceiptHandles;
  retention: Retention;
}
