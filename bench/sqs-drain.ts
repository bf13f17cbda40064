import { openConnection, type Connection } from "./connection.ts";
import { startGenerator } from "./generator.ts";
import { GOALS } from "./goals.ts";
import { echoRequest, sqsRequest } from "./invoke-request.ts";
import { beginBlock, BLOCKS, ratioOf, type Pair } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { startEcho, type Server } from "./server.ts";
import { BODY, createQueue } from "./sqs-queue.ts";
import { perSecond } from "./sqs-send.ts";
import { median } from "./statistics.ts";

const IN_FLIGHT = 8;
const BATCH = 10;

type Messages = { MessageId: string; ReceiptHandle: string }[];

const ask = async (connection: Connection, endpoint: string, operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const { status, body } = await connection.send(sqsRequest(endpoint, operation, input));
  if (status !== 200) throw new Error(`${operation} was refused: ${body.toString()}`);
  return JSON.parse(body.toString()) as Record<string, unknown>;
};

/** The ids of all that was there: each connection takes ten and deletes them, until it finds nothing. */
const drain = async (connections: readonly Connection[], { endpoint }: Server, QueueUrl: string): Promise<string[]> => {
  const ids: string[] = [];
  await Promise.all(connections.map(async (connection) => {
    for (;;) {
      const { Messages = [] } = (await ask(connection, endpoint, "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: BATCH })) as { Messages?: Messages };
      if (Messages.length === 0) return;
      ids.push(...Messages.map(({ MessageId }) => MessageId));
      await ask(connection, endpoint, "DeleteMessageBatch", { QueueUrl, Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle })) });
    }
  }));
  return ids;
};

const fill = async (connections: readonly Connection[], { endpoint }: Server, QueueUrl: string, count: number): Promise<void> => {
  let sent = 0;
  await Promise.all(connections.map(async (connection) => {
    for (; sent < count; ) {
      sent += BATCH;
      await ask(connection, endpoint, "SendMessageBatch", { QueueUrl, Entries: Array.from({ length: BATCH }, (_, index) => ({ Id: `${index}`, MessageBody: BODY })) });
    }
  }));
};

/** Messages per second that are received and deleted, ten at a time: none twice, none missing. */
export const measureSqsDrain: Bench = async (server, isolation, { isQuick }) => {
  const count = isQuick ? 2_000 : 10_000;
  const echo = await startEcho();
  const generator = startGenerator();
  const QueueUrl = await createQueue(server, "drain");
  const connections = await Promise.all(Array.from({ length: IN_FLIGHT }, () => openConnection(server)));
  const body = JSON.stringify({ QueueUrl, MaxNumberOfMessages: BATCH });
  const drainOnce = async (): Promise<number> => {
    await fill(connections, server, QueueUrl, count);
    const began = performance.now();
    const ids = await drain(connections, server, QueueUrl);
    const elapsedMs = performance.now() - began;
    if (ids.length !== count || new Set(ids).size !== count) throw new Error(`${count} messages were sent, ${ids.length} came, ${new Set(ids).size} different ones`);
    return (count / elapsedMs) * 1_000;
  };
  const echoOnce = async () => perSecond(await generator.run({ host: echo.host, port: echo.port, request: echoRequest(echo.endpoint, body), expected: [Buffer.from(body)], connections: IN_FLIGHT, milliseconds: isQuick ? 200 : 700 }));
  const blocks: Pair[] = [];
  try {
    await drainOnce();
    await echoOnce();
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`SQS, drain, ${isolation}`, block);
      blocks.push({ ours: await drainOnce(), theirs: await echoOnce() });
    }
  } finally {
    for (const connection of connections) connection.close();
    generator.stop();
    await echo.stop();
  }
  const rate = (side: keyof Pair) => Math.round(median(blocks.map((one) => one[side])));
  return [ratioOf({ name: `SQS, messages received and deleted, ${BATCH} at a time, ${IN_FLIGHT} in flight`, isolation, baseline: "answers of a node:http echo", goal: GOALS.sqsDrain }, blocks, { "messages per s": rate("ours"), "echo per s": rate("theirs") })];
};

if (import.meta.main) await runAlone({ "sqs-drain": measureSqsDrain });
