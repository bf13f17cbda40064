import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { OperationInput, OperationName, OperationOutput } from "../../src/kit/call.ts";
import { createClock, type AdvanceableClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { silentLog } from "../../src/kit/log.ts";
import { noMetrics } from "../../src/kit/metrics.ts";
import { systemRandom } from "../../src/kit/random.ts";
import type { RequestContext } from "../../src/services/service.ts";
import { createArrivals } from "../../src/services/sqs/arrivals.ts";
import { createQueueCounts } from "../../src/services/sqs/counts.ts";
import { createMessageParts, messageHandlers } from "../../src/services/sqs/messages/service-part.ts";
import type { SqsParts, SqsTypes } from "../../src/services/sqs/needs.ts";
import { createQueueMetrics } from "../../src/services/sqs/queue-metrics.ts";
import { parseQueueUrl } from "../../src/services/sqs/queue-names.ts";
import { getQueue, insertQueue } from "../../src/services/sqs/queue-rows.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** For tests that look at none. */

export const NOW = Date.UTC(2026, 10, 24, 12);
const SESSION_KEY = Buffer.alloc(32, 7);

export const url = (name: string): string => `http://127.0.0.1:4566/${ACCOUNT}/${name}`;
export const arn = (name: string): string => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
const named = (name: string) => ({ account: ACCOUNT, region: "us-east-1", name });

/** The operations on messages over a real store, with a clock that the test moves. */
export const openMessages = ({ directory = temporaryDirectory(), clock = createClock(NOW) }: { directory?: string; clock?: AdvanceableClock } = {}) => {
  const store = openState(join(directory, "state.db"));
  const entries: LedgerEntry[] = [];
  const counts = createQueueCounts({ store, clock });
  const parts: SqsParts = {
    store, clock, random: systemRandom, log: silentLog, queueUrls: "off", sessionKey: SESSION_KEY,
    ledger: { record: (entry: LedgerEntry) => void entries.push(entry), find: async () => [], flush: async () => {} },
    inQueue: ({ QueueUrl }: { QueueUrl?: string | undefined }) => parseQueueUrl(QueueUrl!, "us-east-1")!,
    counts,
    arrivals: createArrivals({ clock }),
    metrics: noMetrics,
    measured: createQueueMetrics({ metrics: noMetrics }),
  };
  const handlers = messageHandlers(createMessageParts(parts));
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    clock.stop();
    await store.close();
  };
  onTestFinished(close);
  const call = async <N extends keyof typeof handlers & OperationName<SqsTypes>>(operation: N, input: OperationInput<SqsTypes, N>, over: Partial<RequestContext> = {}): Promise<OperationOutput<SqsTypes, N>> =>
    (await (handlers[operation] as (input: unknown, context: RequestContext) => unknown)(input, requestContext(over))) as OperationOutput<SqsTypes, N>;
  const queue = (name: string) => store.run(() => getQueue(named(name)));

  return {
    store, clock, parts, entries, directory, close, call, queue,
    /** Its URL. A queue as CreateQueue makes it. */
    async createQueue(name: string, attributes: Record<string, string> = {}) {
      await store.run(() => insertQueue({ ...named(name), isFifo: name.endsWith(".fifo"), attributes, tags: {}, createdAt: clock.now(), modifiedAt: clock.now() }));
      return url(name);
    },
    send: (name: string, MessageBody: string, over: Partial<OperationInput<SqsTypes, "SendMessage">> = {}) => call("SendMessage", { QueueUrl: url(name), MessageBody, ...over }),
    async receive(name: string, over: Partial<OperationInput<SqsTypes, "ReceiveMessage">> = {}, context: Partial<RequestContext> = {}) {
      return (await call("ReceiveMessage", { QueueUrl: url(name), ...over }, context)).Messages ?? [];
    },
    remove: (name: string, ReceiptHandle: string | undefined) => call("DeleteMessage", { QueueUrl: url(name), ReceiptHandle }),
    hold: (name: string, ReceiptHandle: string | undefined, VisibilityTimeout: number) => call("ChangeMessageVisibility", { QueueUrl: url(name), ReceiptHandle, VisibilityTimeout }),
    counts: async (name: string) => parts.counts.of(await queue(name)),
  };
};

export type OpenMessages = ReturnType<typeof openMessages>;

export const bodies = (messages: readonly { Body?: string | undefined }[]): (string | undefined)[] => messages.map(({ Body }) => Body);
