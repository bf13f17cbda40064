import type { Ledger, LedgerKind, Trace } from "../../kit/ledger.ts";
import { newTrace } from "../../kit/ids.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { BatchItem } from "./record.ts";

export interface Story {
  /** Of messages: each chain that they belong to is told of its own. @param summary Of how many: `3 messages of q are deleted` */
  tell(kind: LedgerKind, items: readonly BatchItem[], batch: Told, summary: (messages: string) => string, detail?: Record<string, unknown>): void;
  /** Of the mapping, or the pipe, itself. */
  notice(summary: string, detail: Record<string, unknown>): void;
}

export interface Told {
  /** Of messages that belong to none. */
  trace: Trace;
  /** Of the invocation. */
  requestId?: string;
}

/** Whose story it is. */
export interface StoryTeller {
  account: string;
  region: string;
  /** Names that all of it is found by. */
  keys: readonly string[];
  /** `{ eventSourceMapping: <uuid> }` */
  detail: Record<string, unknown>;
}

interface Needs {
  ledger: Ledger;
  clock: Clock;
  random: Random;
  teller: () => StoryTeller;
}

const countOf = (items: readonly BatchItem[]): string => (items.length === 1 ? `the message ${items[0]!.record.messageId}` : `${items.length} messages`);

/** What the ledger gets to know of who polls a queue: found by message, and by what the teller names. */
export const createStory = ({ ledger, clock, random, teller }: Needs): Story => {
  const record = (traceId: string, kind: LedgerKind, keys: readonly string[], summary: string, detail: Record<string, unknown>) => {
    const { account, region, ...own } = teller();
    ledger.record({ traceId, kind, account, region, keys: [...own.keys, ...keys], summary, detail: { ...own.detail, ...detail } });
  };
  return {
    tell(kind, items, { trace, requestId }, summary, detail = {}) {
      const byTrace = Map.groupBy(items, (item) => item.trace?.id ?? trace.id);
      for (const [traceId, those] of byTrace) {
        const messageIds = those.map((item) => item.record.messageId);
        record(traceId, kind, requestId === undefined ? messageIds : [requestId, ...messageIds], summary(countOf(those)), { messageIds, ...(requestId === undefined ? {} : { requestId }), ...detail });
      }
    },
    notice: (summary, detail) => record(newTrace(random, clock.now()).id, "notice", [], summary, detail),
  };
};
