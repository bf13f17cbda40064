import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call, OperationInput, OperationName, OperationOutput } from "../../src/kit/call.ts";
import { createClock, type AdvanceableClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom } from "../../src/kit/random.ts";
import type { RequestContext } from "../../src/services/service.ts";
import type { SqsTypes } from "../../src/services/sqs/needs.ts";
import { createSqs } from "../../src/services/sqs/parts.ts";
import { createSqsService } from "../../src/services/sqs/service.ts";
import { sqlOne } from "../../src/store/store.ts";
import { requestContext } from "../support/context.ts";
import { openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { noMetrics, type Metrics } from "../../src/kit/metrics.ts";
import { arn, NOW, url } from "./support.ts";

/** Another service that is not there. */
const call = (() => Promise.reject(new ApiError("NoSuchEntityException", "nobody"))) as unknown as Call;

/** The whole of SQS over a real store, with a clock that the test moves, as it is begun by a start of the server. */
export const openQueues = ({ directory = temporaryDirectory(), now = NOW, clock = createClock(now), metrics = noMetrics }: { directory?: string; now?: number; clock?: AdvanceableClock; metrics?: Metrics } = {}) => {
  const store = openState(join(directory, "state.db"));
  const ledger = { record: () => {}, find: async () => [], flush: async () => {} };
  const sqs = createSqs({ store, call, clock, random: systemRandom, ledger, metrics, log: silentLog, queueUrls: "off", sessionKey: Buffer.alloc(32, 7) });
  const { handlers } = createSqsService(sqs.parts);
  const started = sqs.start();
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    sqs.endPolls();
    await sqs.close();
    clock.stop();
    await store.close();
  };
  onTestFinished(close);
  const ask = async <N extends OperationName<SqsTypes>>(operation: N, input: OperationInput<SqsTypes, N>, over: Partial<RequestContext> = {}): Promise<OperationOutput<SqsTypes, N>> =>
    (await (handlers[operation] as (input: unknown, context: RequestContext) => unknown)(input, requestContext(over))) as OperationOutput<SqsTypes, N>;
  const queued = async (name: string) => (await ask("GetQueueAttributes", { QueueUrl: url(name), AttributeNames: ["ApproximateNumberOfMessages"] })).Attributes!["ApproximateNumberOfMessages"];

  return {
    store, clock, directory, started, close, ask, queued, parts: sqs.parts,
    create: (QueueName: string, Attributes: Record<string, string> = {}) => ask("CreateQueue", { QueueName, Attributes: { ...Attributes, ...(QueueName.endsWith(".fifo") ? { FifoQueue: "true" } : {}) } }),
    /** A dead-letter queue and its source, which gives a message up after one receive. */
    async createDeadLetters(dead: string, ...sources: string[]) {
      await this.create(dead);
      for (const source of sources) await this.create(source, { VisibilityTimeout: "0", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(dead), maxReceiveCount: 1 }) });
    },
    /** Messages that have gone to the dead-letter queue of their source. */
    async giveUp(source: string, dead: string, ...bodies: string[]) {
      const before = Number(await queued(dead));
      for (const MessageBody of bodies) {
        await ask("SendMessage", { QueueUrl: url(source), MessageBody, ...(source.endsWith(".fifo") ? { MessageGroupId: MessageBody.split("-")[0], MessageDeduplicationId: MessageBody } : {}) });
      }
      while (Number(await queued(dead)) < before + bodies.length) await ask("ReceiveMessage", { QueueUrl: url(source), MaxNumberOfMessages: 10 });
    },
    /** Received and deleted. */
    async takeAll(name: string) {
      const taken = [];
      for (;;) {
        const { Messages = [] } = await ask("ReceiveMessage", { QueueUrl: url(name), MaxNumberOfMessages: 10, VisibilityTimeout: 30, MessageSystemAttributeNames: ["All"] });
        if (Messages.length === 0) return taken;
        taken.push(...Messages);
        for (const { ReceiptHandle } of Messages) await ask("DeleteMessage", { QueueUrl: url(name), ReceiptHandle });
      }
    },
    rows: async (table: string) => (await store.run(() => sqlOne(`select count(*) as n from ${table}`)))!["n"] as number,
  };
};
