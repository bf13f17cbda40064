import { randomUUID } from "node:crypto";
import { warmUp } from "./cold-invoke.ts";
import { openConnection } from "./connection.ts";
import { startGenerator, type Load } from "./generator.ts";
import { GOALS, type Goal } from "./goals.ts";
import { checkAnswer, echoRequest, invokeRequest } from "./invoke-request.ts";
import { createMaker } from "./maker.ts";
import { plainPrograms } from "./programs/plain.ts";
import { beginBlock, BLOCKS, latencyContext, ratioOf, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { startEcho, type Server } from "./server.ts";
import { percentile } from "./statistics.ts";

const IN_FLIGHT = [1, 16, 32] as const;

/** Latency with one request in flight, and throughput with one and with many, against a bare `node:http` server that echoes the payload. */
export const measureWarmInvoke: Bench = async (server, isolation, { isQuick }) => {
  const milliseconds = isQuick ? 150 : 700;
  const [echo, maker] = await Promise.all([startEcho(), createMaker(server.endpoint)]);
  const generator = startGenerator();
  const programs = await plainPrograms(server.endpoint);
  const functions = new Map(await Promise.all(programs.map(async (program) => [program.name, await maker.make(program)] as const)));
  const sides = [...functions.keys(), "echo"] as const;
  const measured = new Map<string, Load[]>();

  const runSide = async (side: string, connections: number, ms: number): Promise<Load> => {
    const body = JSON.stringify({ id: randomUUID(), padding: "." });
    // Signed once a phase: a signature holds for five minutes.
    const request = side === "echo" ? echoRequest(echo.endpoint, body) : invokeRequest(server.endpoint, functions.get(side)!, body);
    const expected = side === "echo" ? [Buffer.from(body)] : await expectedOf(server, request, (JSON.parse(body) as { id: string }).id);
    const { host, port } = side === "echo" ? echo : server;
    return generator.run({ host, port, request, expected, connections, milliseconds: ms });
  };

  try {
    for (const name of functions.values()) await warmUp(server, name);
    for (const side of sides) await runSide(side, Math.max(...IN_FLIGHT), isQuick ? 300 : 1_500);
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`warm invoke, ${isolation}`, block);
      for (const connections of IN_FLIGHT) {
        // The other way round in every second block, so that no side always comes after the same one.
        for (const side of block % 2 === 0 ? sides : sides.toReversed()) {
          const key = `${side} ${connections}`;
          measured.set(key, [...(measured.get(key) ?? []), await runSide(side, connections, milliseconds)]);
        }
      }
    }
  } finally {
    generator.stop();
    await echo.stop();
  }

  const compare = (name: string, connections: number, what: string, number: (one: Load) => number, goal?: Goal): Result => {
    const [ours, theirs] = [measured.get(`${name} ${connections}`)!, measured.get(`echo ${connections}`)!];
    const blocks = ours.map((one, i) => ({ ours: number(one), theirs: number(theirs[i]!) }));
    const rate = (all: readonly Load[]) => Math.round(percentile(all.map(perSecond), 0.5));
    const context = what.startsWith("latency")
      ? latencyContext({ lambdad: ours.flatMap(({ latencies }) => latencies), echo: theirs.flatMap(({ latencies }) => latencies) })
      : { "lambdad per s": rate(ours), "echo per s": rate(theirs) };
    return ratioOf({ name: `warm invoke, ${name}, ${what}, ${connections} in flight`, isolation, baseline: "a node:http echo", ...(goal && { goal }) }, blocks, context);
  };
  return [...functions.keys()].flatMap((name) => [
    compare(name, 1, "latency p50", ({ latencies }) => percentile(latencies, 0.5), GOALS.warmP50),
    compare(name, 1, "latency p99", ({ latencies }) => percentile(latencies, 0.99), GOALS.warmP99),
    ...IN_FLIGHT.map((connections) => compare(name, connections, "throughput", perSecond, connections === 1 ? undefined : GOALS.throughput)),
  ]);
};

const perSecond = ({ latencies, elapsedMs }: Load): number => (latencies.length / elapsedMs) * 1_000;

/** One answer is read with care; that all others have its very bytes is what the generator checks. An environment more may be started under load. */
const expectedOf = async (server: Server, request: Buffer, id: string): Promise<Buffer[]> => {
  const connection = await openConnection(server);
  const answer = await connection.send(request);
  connection.close();
  checkAnswer(answer, { id });
  const text = answer.body.toString();
  return [text.replace("true", "false"), text.replace("false", "true")].map((one) => Buffer.from(one));
};

if (import.meta.main) await runAlone({ "warm-invoke": measureWarmInvoke });
