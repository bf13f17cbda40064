import { startGenerator, type Load } from "./generator.ts";
import { GOALS } from "./goals.ts";
import { sqsRequest } from "./invoke-request.ts";
import { beginBlock, BLOCKS, differenceOf, latencyContext, ratioOf, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { startLambdad, type Server } from "./server.ts";
import { callSqs, createQueue, storeMessages } from "./sqs-queue.ts";
import { percentile } from "./statistics.ts";
import { newDirectory } from "./stored-functions.ts";

const SHALLOW = 1_000;
const HELD_MS = 25_000;

/** What one receive costs in a deep queue, and what everybody notices of very many messages that become visible at once. */
export const measureSqsDepth: Bench = async (_server, isolation, { isQuick }) => {
  const deep = isQuick ? 100_000 : 1_000_000;
  const held = isQuick ? 20_000 : 100_000;
  const directory = newDirectory();
  const first = await started(isolation, directory);
  for (const name of ["shallow", "deep", "held", "expiry"]) await createQueue(first, name);
  await first.stop();
  await storeMessages(directory, [{ queue: "shallow", count: SHALLOW }, { queue: "deep", count: deep }, { queue: "expiry", count: SHALLOW }]);
  await storeMessages(directory, [{ queue: "held", count: held, heldForMs: HELD_MS }]);
  const endsAt = Date.now() + HELD_MS;
  const server = await started(isolation, directory);
  const generator = startGenerator();
  const urlOf = (name: string) => `${server.endpoint}/000000000000/${name}`;
  const receive = (name: string, milliseconds: number) =>
    generator.run({ host: server.host, port: server.port, request: sqsRequest(server.endpoint, "ReceiveMessage", { QueueUrl: urlOf(name), VisibilityTimeout: 0 }), expected: '"MessageId":"stored-', connections: 1, milliseconds });
  try {
    const stall = await measureExpiry(server, isolation, { held, endsAt, url: urlOf("held"), receive: (milliseconds) => receive("expiry", milliseconds) });
    return [await measureDepth(isolation, deep, (name) => receive(name, isQuick ? 200 : 700)), stall];
  } finally {
    generator.stop();
    await server.stop();
  }
};

const started = async (isolation: string, directory: string): Promise<Server> => {
  const server = await startLambdad(isolation, directory);
  if (typeof server === "string") throw new Error(server);
  return server;
};

const measureDepth = async (isolation: string, deep: number, receive: (name: string) => Promise<Load>): Promise<Result> => {
  const measured: { shallow: Load; deep: Load }[] = [];
  for (const name of ["shallow", "deep"]) await receive(name);
  for (let block = 0; block < BLOCKS; block++) {
    beginBlock(`SQS, depth, ${isolation}`, block);
    measured.push({ shallow: await receive("shallow"), deep: await receive("deep") });
  }
  const p50 = ({ latencies }: Load) => percentile(latencies, 0.5);
  return ratioOf(
    { name: `SQS, receive p50, ${deep} messages`, isolation, baseline: `a queue of ${SHALLOW}`, goal: GOALS.sqsDepth },
    measured.map((one) => ({ ours: p50(one.deep), theirs: p50(one.shallow) })),
    latencyContext({ deep: measured.flatMap((one) => one.deep.latencies), shallow: measured.flatMap((one) => one.shallow.latencies) }),
  );
};

interface Expiry {
  held: number;
  endsAt: number;
  url: string;
  receive(milliseconds: number): Promise<Load>;
}

/** Somebody waits for the queue, so that what becomes visible is looked for at once; and its counts are asked for. */
const measureExpiry = async (server: Server, isolation: string, { held, endsAt, url, receive }: Expiry): Promise<Result> => {
  const count = async () => Number(((await callSqs(server, "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages"] })) as { Attributes: { ApproximateNumberOfMessages: string } }).Attributes.ApproximateNumberOfMessages);
  if ((await count()) !== 0) throw new Error("messages became visible before their time: the machine is too slow for this bench");
  const waiting = callSqs(server, "ReceiveMessage", { QueueUrl: url, WaitTimeSeconds: 20, VisibilityTimeout: 0 });
  const margin = 2_000;
  const quiet = await receive(Math.max(1_000, endsAt - Date.now() - margin));
  const during = await receive(2 * margin);
  await waiting;
  if ((await count()) !== held) throw new Error(`${await count()} messages are visible, and not ${held}`);
  const longest = ({ latencies }: Load) => Math.max(...latencies);
  return differenceOf(
    { name: `SQS, the longest answer while ${held} messages become visible`, isolation, baseline: "without", goal: GOALS.sqsExpiryStall },
    "ms", [{ ours: longest(during), theirs: longest(quiet) }], { "during ms": longest(during), "without ms": longest(quiet) },
  );
};

if (import.meta.main) await runAlone({ "sqs-depth": measureSqsDepth });
