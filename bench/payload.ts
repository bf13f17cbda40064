import { isDeepStrictEqual } from "node:util";
import { openConnection } from "./connection.ts";
import { startGenerator, type Load } from "./generator.ts";
import { GOALS } from "./goals.ts";
import { echoRequest, invokeRequest } from "./invoke-request.ts";
import { createMaker } from "./maker.ts";
import { plainPrograms } from "./programs/plain.ts";
import type { Program } from "./programs/program.ts";
import { beginBlock, BLOCKS, ratioOf, type Pair, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { startEcho, type Server } from "./server.ts";
import { median, rounded } from "./statistics.ts";

const BYTES = 1_000_000;

const ECHO: Readonly<Record<string, string>> = { "app.mjs": "export const handler = async (event) => event;\n", "app.py": "def handler(event, context):\n    return event\n" };
const echoing = (program: Program): Program => ({ ...program, files: Object.fromEntries(Object.keys(program.files).map((name) => [name, { content: ECHO[name]! }])) });

/** Megabytes per second of a handler that returns its event, one in flight, against a `node:http` server that echoes the same bytes. */
export const measurePayload: Bench = async (server, isolation, { isQuick }) => {
  const milliseconds = isQuick ? 200 : 1_000;
  const [echo, maker] = await Promise.all([startEcho(), createMaker(server.endpoint)]);
  const generator = startGenerator();
  const results: Result[] = [];
  const body = JSON.stringify({ text: "0123456789".repeat(BYTES / 10) });
  const run = async ({ host, port }: Server, request: Buffer, expected: Buffer): Promise<number> => megabytesPerSecond(await generator.run({ host, port, request, expected: [expected], connections: 1, milliseconds }));
  try {
    for (const program of await plainPrograms(server.endpoint)) {
      const name = await maker.make(echoing(program));
      const expected = await answerOf(server, invokeRequest(server.endpoint, name, body), body);
      const blocks: Pair[] = [];
      for (let block = 0; block < BLOCKS; block++) {
        beginBlock(`1 MB echo, ${program.name}, ${isolation}`, block);
        blocks.push({ ours: await run(server, invokeRequest(server.endpoint, name, body), expected), theirs: await run(echo, echoRequest(echo.endpoint, body), Buffer.from(body)) });
      }
      const rate = (side: keyof Pair) => rounded(median(blocks.map((one) => one[side])));
      results.push(ratioOf({ name: `1 MB there and back, ${program.name}, MB per s`, isolation, baseline: "a node:http echo", goal: GOALS.payload }, blocks, { "lambdad MB per s": rate("ours"), "echo MB per s": rate("theirs") }));
    }
  } finally {
    generator.stop();
    await echo.stop();
  }
  return results;
};

const megabytesPerSecond = ({ latencies, elapsedMs }: Load): number => (latencies.length * BYTES) / 1_000 / elapsedMs;

/** The bytes that every further answer must have, which are the event. */
const answerOf = async (server: Server, request: Buffer, body: string): Promise<Buffer> => {
  const connection = await openConnection(server);
  const { status, body: answer } = await connection.send(request);
  connection.close();
  if (status !== 200 || !isDeepStrictEqual(JSON.parse(answer.toString()), JSON.parse(body))) throw new Error(`a wrong echo: ${status} ${answer.toString().slice(0, 200)}`);
  return answer;
};

if (import.meta.main) await runAlone({ payload: measurePayload });
