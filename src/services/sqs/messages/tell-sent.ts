import type { Ledger } from "../../../kit/ledger.ts";
import { parseTraceHeader } from "../../../kit/trace-header.ts";
import type { RequestContext } from "../../service.ts";
import { queueArn } from "../queue-names.ts";
import type { Queue } from "../queue-rows.ts";

export interface TellableMessage {
  messageId: string;
  /** The chain that it carries. */
  traceHeader: string | null;
  /** It was sent before, and this is nothing new. */
  isDuplicate: boolean;
}

const countOf = (ids: readonly string[]): string => (ids.length === 1 ? `the message ${ids[0]} is` : `${ids.length} messages are`);

/** The first hop of messages, in the chain that they belong to: what `why` finds by their ids before anybody receives them. */
export const tellSent = (ledger: Ledger, queue: Queue, messages: readonly TellableMessage[], { caller, requestId, trace }: RequestContext): void => {
  const by = caller.type === "service" ? caller.service : caller.arn;
  const arn = queueArn(queue);
  const tell = (traceId: string, those: readonly TellableMessage[], what: string) => {
    if (those.length === 0) return;
    const messageIds = those.map(({ messageId }) => messageId);
    ledger.record({
      traceId, kind: "event", account: queue.account, region: queue.region, keys: [requestId, queue.name, arn, ...messageIds],
      summary: `${countOf(messageIds)} ${what} by ${by}`, detail: { queue: arn, messageIds },
    });
  };
  const chains = Map.groupBy(messages, ({ traceHeader }) => (traceHeader === null ? undefined : parseTraceHeader(traceHeader)?.id) ?? trace.id);
  for (const [traceId, those] of chains) {
    tell(traceId, those.filter(({ isDuplicate }) => !isDuplicate), `sent to ${queue.name}`);
    tell(traceId, those.filter(({ isDuplicate }) => isDuplicate), `sent to ${queue.name} again within five minutes, and not taken a second time,`);
  }
};
