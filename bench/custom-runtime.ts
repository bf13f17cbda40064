import { randomUUID } from "node:crypto";
import { openConnection } from "./connection.ts";
import { makeBootstrap } from "./custom-runtime/bootstrap.ts";
import { GOALS } from "./goals.ts";
import { createMaker } from "./maker.ts";
import { startGenerator, type Load } from "./generator.ts";
import { checkAnswer, echoRequest, invokeRequest } from "./invoke-request.ts";
import type { Options } from "./options.ts";
import { beginBlock, BLOCKS, ratioOf, type Result } from "./results.ts";
import { runAlone } from "./run-alone.ts";
import { startEcho, type Server } from "./server.ts";
import { percentile } from "./statistics.ts";

const IN_FLIGHT = [1, 32] as const;

/** Throughput of a runtime that speaks the HTTP Runtime API and answers each event with itself, against a bare `node:http` server that does so. */
export const measureCustomRuntime = async (server: Server, isolation: string, { isQuick }: Options): Promise<(Result | string)[]> => {
  const bootstrap = makeBootstrap();
  if (typeof bootstrap === "string") return [bootstrap];
  const milliseconds = isQuick ? 150 : 700;
  const functionName = await (await createMaker(server.endpoint)).make({ name: "custom runtime", runtime: "provided.al2023", handler: "bootstrap", files: { bootstrap: { content: bootstrap.program, mode: 0o755 } } });
  const [echo, generator] = [await startEcho(), startGenerator()];
  const measured = new Map<string, number[]>();

  const runSide = async (side: "lambdad" | "echo", connections: number, ms: number): Promise<number> => {
    const body = JSON.stringify({ id: randomUUID(), padding: "." });
    const request = side === "echo" ? echoRequest(echo.endpoint, body) : invokeRequest(server.endpoint, functionName, body);
    const { host, port } = side === "echo" ? echo : server;
    return perSecond(await generator.run({ host, port, request, expected: [Buffer.from(body)], connections, milliseconds: ms }));
  };

  try {
    await warmUp(server, functionName);
    for (const side of ["lambdad", "echo"] as const) await runSide(side, Math.max(...IN_FLIGHT), isQuick ? 300 : 1_500);
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`custom runtime, ${isolation}`, block);
      for (const connections of IN_FLIGHT) {
        for (const side of block % 2 === 0 ? (["lambdad", "echo"] as const) : (["echo", "lambdad"] as const)) {
          const key = `${side} ${connections}`;
          measured.set(key, [...(measured.get(key) ?? []), await runSide(side, connections, milliseconds)]);
        }
      }
    }
  } finally {
    generator.stop();
    await echo.stop();
  }

  return IN_FLIGHT.map((connections) => {
    const [ours, theirs] = [measured.get(`lambdad ${connections}`)!, measured.get(`echo ${connections}`)!];
    const about = { name: `custom runtime in ${bootstrap.writtenIn}, throughput, ${connections} in flight`, isolation, baseline: "a node:http echo", goal: GOALS.customRuntime };
    return ratioOf(about, ours.map((one, i) => ({ ours: one, theirs: theirs[i]! })), { "lambdad per s": Math.round(percentile(ours, 0.5)), "echo per s": Math.round(percentile(theirs, 0.5)) });
  });
};

const perSecond = ({ latencies, elapsedMs }: Load): number => (latencies.length / elapsedMs) * 1_000;

const warmUp = async (server: Server, functionName: string): Promise<void> => {
  const connection = await openConnection(server);
  const id = randomUUID();
  checkAnswer(await connection.send(invokeRequest(server.endpoint, functionName, JSON.stringify({ id }))), { id });
  connection.close();
};

if (import.meta.main) await runAlone({ "custom-runtime": measureCustomRuntime });
