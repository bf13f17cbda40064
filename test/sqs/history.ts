import { DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "vitest";

/** One client's view of a message that it was given. */
interface Received {
  key: string;
  /** Before it was asked for, and when it was there. Monotonic milliseconds. */
  startedAt: number;
  endedAt: number;
  /** In which order answers came. */
  order: number;
  /** Its deletion was asked for; whether it came about is not known before it is acknowledged. */
  isDeletionAsked?: boolean;
  /** When its deletion was acknowledged. */
  deletedAt?: number;
}

/** What all clients of one queue did and were told, as it looked from outside. */
export interface History {
  /** Was asked to be sent, and whether that was acknowledged. */
  sent: Map<string, boolean>;
  received: Received[];
}

export interface Workload {
  /** The client of the server that runs at the moment. */
  sqs(): SQSClient;
  /** A call failed: resolves when it makes sense to try again; throws when it should not have failed. */
  recover(error: unknown): Promise<void>;
  queueUrl(): string;
  isFifo: boolean;
  visibilityMs: number;
  producers: number;
  consumers: number;
  messagesPerProducer: number;
  /** One more was acknowledged as sent or deleted. */
  onAcknowledged?(): void;
}

const now = () => performance.now();

/** Producers send one after the other, each to a group of its own; consumers receive, delete most of what they get and forget the rest, until all that was acknowledged has been deleted. */
export const play = async (workload: Workload): Promise<History> => {
  const history: History = { sent: new Map(), received: [] };
  const { sqs, recover, queueUrl, isFifo, onAcknowledged } = workload;
  let answers = 0;
  let producing = workload.producers;
  const acknowledged = (key: string) => {
    history.sent.set(key, true);
    onAcknowledged?.();
  };

  const entry = (key: string) => ({ MessageBody: key, ...(isFifo ? { MessageGroupId: key.split(":")[0]!, MessageDeduplicationId: key } : {}) });
  const sendOne = async (key: string) => {
    history.sent.set(key, false);
    await sqs().send(new SendMessageCommand({ QueueUrl: queueUrl(), ...entry(key) }));
    acknowledged(key);
  };
  const sendMany = async (keys: readonly string[]) => {
    for (const key of keys) history.sent.set(key, false);
    const { Successful = [] } = await sqs().send(new SendMessageBatchCommand({ QueueUrl: queueUrl(), Entries: keys.map((key, index) => ({ Id: `${index}`, ...entry(key) })) }));
    expect(Successful).toHaveLength(keys.length);
    for (const key of keys) acknowledged(key);
  };
  /** What failed may have been sent or not; it is not sent again, so that nothing is there twice. */
  const produce = async (producer: number) => {
    for (let n = 0; n < workload.messagesPerProducer; ) {
      const count = n % 3 === 0 ? 1 : Math.min(1 + (n % 4), workload.messagesPerProducer - n);
      const keys = Array.from({ length: count }, (_, index) => `g${producer}:${n + index}`);
      await (count === 1 ? sendOne(keys[0]!) : sendMany(keys)).catch(recover);
      n += count;
    }
    producing--;
  };

  const isDone = () => {
    if (producing > 0) return false;
    const deleted = new Set(history.received.filter(({ isDeletionAsked }) => isDeletionAsked).map(({ key }) => key));
    return [...history.sent].every(([key, isAcknowledged]) => !isAcknowledged || deleted.has(key));
  };
  const consumeOnce = async (turn: number) => {
    const startedAt = now();
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand({ QueueUrl: queueUrl(), MaxNumberOfMessages: 1 + (turn % 10), WaitTimeSeconds: 1 }));
    const endedAt = now();
    const received = Messages.map(({ Body }): Received => ({ key: Body!, startedAt, endedAt, order: answers++ }));
    history.received.push(...received);
    // A consumer that crashes.
    if (received.length === 0 || turn % 9 === 8) return;
    for (const one of received) one.isDeletionAsked = true;
    const { Successful = [], Failed = [] } = await sqs().send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl(), Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle })) }));
    for (const { Id } of Failed) received[Number(Id)]!.isDeletionAsked = false;
    for (const { Id } of Successful) {
      received[Number(Id)]!.deletedAt = now();
      onAcknowledged?.();
    }
  };
  const consume = async (consumer: number) => {
    for (let turn = consumer; !isDone(); turn++) await consumeOnce(turn).catch(recover);
  };

  await Promise.all([...Array.from({ length: workload.producers }, (_, i) => produce(i)), ...Array.from({ length: workload.consumers }, (_, i) => consume(i))]);
  return history;
};

/** Nothing acknowledged is lost, nothing comes from nowhere or again after its deletion, nothing comes twice within its visibility timeout, and each group in order. */
export const check = ({ sent, received }: History, { visibilityMs, isFifo }: Pick<Workload, "visibilityMs" | "isFifo">): void => {
  const byKey = Map.groupBy(received.toSorted((a, b) => a.order - b.order), ({ key }) => key);
  const lost = [...sent].filter(([key, isAcknowledged]) => isAcknowledged && !byKey.has(key)).map(([key]) => key);
  expect(lost, "acknowledged, and never received").toEqual([]);
  expect([...byKey.keys()].filter((key) => !sent.has(key)), "received, and never sent").toEqual([]);
  const early: string[] = [];
  const risen: string[] = [];
  for (const [key, all] of byKey) {
    all.forEach((next, index) => {
      const before = all[index - 1];
      if (before !== undefined && next.endedAt - before.startedAt < visibilityMs) early.push(`${key} after ${Math.round(next.endedAt - before.startedAt)} ms`);
      // While the handle was sure to be the last one: the message was deleted then.
      const deletion = all.find(({ startedAt, deletedAt }) => deletedAt !== undefined && deletedAt < startedAt + visibilityMs);
      if (deletion !== undefined && next.startedAt > deletion.deletedAt!) risen.push(key);
    });
  }
  expect(early, "received twice within the visibility timeout").toEqual([]);
  expect(risen, "received after its deletion was acknowledged").toEqual([]);
  if (isFifo) checkOrder(byKey);
};

/** The first time that each message of a group comes is in the order in which they were sent. */
const checkOrder = (byKey: ReadonlyMap<string, readonly Received[]>): void => {
  const firsts = [...byKey].map(([key, all]) => ({ group: key.split(":")[0]!, n: Number(key.split(":")[1]), order: all[0]!.order }));
  for (const [group, messages] of Map.groupBy(firsts, (first) => first.group)) {
    const inOrder = messages.toSorted((a, b) => a.order - b.order).map(({ n }) => n);
    expect(inOrder, `the order of ${group}`).toEqual(inOrder.toSorted((a, b) => a - b));
  }
};

/** How many messages the queue says that it has, whatever their state. */
export const left = async (sqs: SQSClient, QueueUrl: string): Promise<number> => {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"] }));
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
};
