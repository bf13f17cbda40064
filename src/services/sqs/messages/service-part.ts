import type { SqsHandlers, SqsParts } from "../needs.ts";
import { changeVisibilityHandlers } from "./change-visibility.ts";
import { deleteHandlers } from "./delete.ts";
import type { MessageParts } from "./parts.ts";
import { createReceiptHandles } from "./receipt-handle.ts";
import { receiveHandlers } from "./receive.ts";
import { createRetention } from "./retention.ts";
import { sendHandlers } from "./send.ts";

/** What is too old is removed from now on. */
export const createMessageParts = (shared: SqsParts): MessageParts => ({ ...shared, handles: createReceiptHandles(shared.sessionKey), retention: createRetention(shared) });

/** The operations on messages. */
export const messageHandlers = (parts: MessageParts) => ({ ...sendHandlers(parts), ...receiveHandlers(parts), ...deleteHandlers(parts), ...changeVisibilityHandlers(parts) }) satisfies SqsHandlers;
