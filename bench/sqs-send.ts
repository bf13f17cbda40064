import { startGenerator, type Load } from "./generator.ts";
import { GOALS } from "./goals.ts";
import { echoRequest, sqsRequest } from "./invoke-request.ts";
import { beginBlock, BLOCKS, ratioOf, type Pair } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { startEcho } from "./server.ts";
import { BODY, createQueue } from "./sqs-queue.ts";
import { median } from "./statistics.ts";

const IN_FLIGHT = 32;

/** Messages per second that are on the disk when they are acknowledged, against a `node:http` server that echoes the same bytes. */
export const measureSqsSend: Bench = async (server, isolation, { isQuick }) => {
  const milliseconds = isQuick ? 300 : 1_500;
  const echo = await startEcho();
  const generator = startGenerator();
  const input = { QueueUrl: await createQueue(server, "send"), MessageBody: BODY };
  const body = JSON.stringify(input);
  const sides = {
    ours: () => generator.run({ host: server.host, port: server.port, request: sqsRequest(server.endpoint, "SendMessage", input), expected: '"MessageId":"[0-9a-f-]{36}"', connections: IN_FLIGHT, milliseconds }),
    theirs: () => generator.run({ host: echo.host, port: echo.port, request: echoRequest(echo.endpoint, body), expected: [Buffer.from(body)], connections: IN_FLIGHT, milliseconds }),
  };
  const blocks: Pair[] = [];
  try {
    await sides.ours();
    await sides.theirs();
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`SQS, send, ${isolation}`, block);
      blocks.push({ ours: perSecond(await sides.ours()), theirs: perSecond(await sides.theirs()) });
    }
  } finally {
    generator.stop();
    await echo.stop();
  }
  const rate = (side: keyof Pair) => Math.round(median(blocks.map((one) => one[side])));
  return [ratioOf({ name: `SQS, SendMessage, ${IN_FLIGHT} in flight`, isolation, baseline: "a node:http echo", goal: GOALS.sqsSend }, blocks, { "lambdad per s": rate("ours"), "echo per s": rate("theirs") })];
};

export const perSecond = ({ latencies, elapsedMs }: Load): number => (latencies.length / elapsedMs) * 1_000;

if (import.meta.main) await runAlone({ "sqs-send": measureSqsSend });
