import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { usePlatform } from "../support/platform.ts";
import { startServer, type RunningServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { check, left, play, type Workload } from "./history.ts";

const platform = usePlatform();
const KINDS = [["standard", "history"], ["FIFO", "history.fifo"]] as const;
const VISIBILITY_SECONDS = 2;

const createQueue = async (sqs: SQSClient, QueueName: string): Promise<string> =>
  (await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS), ...(QueueName.endsWith(".fifo") ? { FifoQueue: "true" } : {}) } }))).QueueUrl!;

const workloadOf = (name: string, over: Pick<Workload, "sqs" | "queueUrl" | "recover" | "onAcknowledged">): Workload => ({
  isFifo: name.endsWith(".fifo"), visibilityMs: VISIBILITY_SECONDS * 1_000, producers: 8, consumers: 8, messagesPerProducer: 40, ...over,
});

it.each(KINDS)("many clients of a %s queue at once lose nothing, get nothing twice within its time, and each group in order", async (_kind, name) => {
  const { sqs } = platform.clients;
  const url = await createQueue(sqs, name);
  const workload = workloadOf(name, {
    sqs: () => sqs,
    queueUrl: () => url,
    async recover(error) {
      throw error;
    },
  });
  check(await play(workload), workload);
  expect(await left(sqs, url)).toBe(0);
}, 120_000);

it.each(KINDS)("kill -9 in the middle, again and again: the same of a %s queue", async (_kind, name) => {
  const dataDirectory = join(temporaryDirectory(), "data");
  const flags = ["--isolation", "process"];
  let server: RunningServer = await startServer({ dataDirectory, flags });
  let client = clientsOf(server.endpoint).sqs;
  await createQueue(client, name);
  const queueUrl = () => `${server.endpoint}/000000000000/${name}`;
  let acknowledged = 0;
  let kills = 0;
  let starting: Promise<void> | undefined;
  const killAndStart = async () => {
    kills++;
    await server.kill();
    server = await startServer({ dataDirectory, flags });
    client = clientsOf(server.endpoint).sqs;
    starting = undefined;
  };
  const workload = workloadOf(name, {
    sqs: () => client,
    queueUrl,
    // Whatever fails does so because the server was killed.
    async recover(error) {
      if (starting === undefined && kills === 0) throw error;
      await starting;
    },
    onAcknowledged() {
      if (++acknowledged % 120 === 0 && kills < 3) starting ??= killAndStart();
    },
  });
  const history = await play(workload);
  await starting;
  expect(kills).toBe(3);
  check(history, workload);
  // Whose sending was not acknowledged may be there or not; nothing else is.
  const uncertain = new Set([...history.sent].filter(([, isAcknowledged]) => !isAcknowledged).map(([key]) => key));
  const deletedUnheard = new Set(history.received.filter(({ deletedAt }) => deletedAt === undefined).map(({ key }) => key));
  await eventually("the queue is empty", async () => {
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl(), MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }));
    for (const { Body, ReceiptHandle } of Messages) {
      expect(uncertain.has(Body!) || deletedUnheard.has(Body!)).toBe(true);
      await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl(), ReceiptHandle }));
    }
    return (await left(client, queueUrl())) === 0;
  });
  expect(await server.stop()).toBe(0);
}, 120_000);
