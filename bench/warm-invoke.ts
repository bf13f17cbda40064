import { randomUUID } from "node:crypto";
import { openConnection } from "./connection.ts";
import { createMaker, languagesOf } from "./functions.ts";
import { startGenerator } from "./generator.ts";
import { checkAnswer, echoRequest, invokeRequest } from "./invoke-request.ts";
import { beginBlock, BLOCKS, latencyContext, resultOf, type Options, type Result } from "./results.ts";
import { runAlone } from "./run-alone.ts";
import { startEcho, type Server } from "./server.ts";
import { percentile } from "./statistics.ts";

const MANY = 16;

/** Latency with one request in flight, and throughput with one and with many, against a bare `node:http` server that echoes the payload. */
export const measureWarmInvoke = async (server: Server, isolation: string, { isQuick }: Options): Promise<Result[]> => {
  const milliseconds = isQuick ? 150 : 700;
  const [echo, make] = await Promise.all([startEcho(), createMaker(server.endpoint)]);
  const generator = startGenerator();
  const languages = await languagesOf(server.endpoint);
  const functions = new Map(await Promise.all(languages.map(async (language) => [language.name, await make(language)] as const)));
  const sides = [...functions.keys(), "echo"] as const;
  const measured = new Map<string, Measured[]>();

  const runSide = async (side: string, connections: number, ms: number): Promise<Measured> => {
    const body = JSON.stringify({ id: randomUUID(), padding: "." });
    // Signed once a phase: a signature holds for five minutes.
    const request = side === "echo" ? echoRequest(echo.endpoint, body) : invokeRequest(server.endpoint, functions.get(side as "node")!, body);
    const expected = side === "echo" ? [Buffer.from(body)] : await expectedOf(server, request, (JSON.parse(body) as { id: string }).id);
    const { latencies, elapsedMs } = await generator.run({ ...(side === "echo" ? { host: echo.host, port: echo.port } : { host: server.host, port: server.port }), request, expected, connections, milliseconds: ms });
    return { latencies, perSecond: (latencies.length / elapsedMs) * 1_000 };
  };

  try {
    for (const name of functions.keys()) await firstInvoke(server, functions.get(name)!);
    for (const side of sides) await runSide(side, MANY, isQuick ? 300 : 1_500);
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`warm invoke, ${isolation}`, block);
      for (const connections of [1, MANY]) {
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

  const compare = (name: string, connections: number, what: string, number: (one: Measured) => number): Result => {
    const [ours, theirs] = [measured.get(`${name} ${connections}`)!, measured.get(`echo ${connections}`)!];
    const blocks = ours.map((one, i) => ({ ours: number(one), theirs: number(theirs[i]!) }));
    const rate = (all: readonly Measured[]) => Math.round(percentile(all.map(({ perSecond }) => perSecond), 0.5));
    const context = what.startsWith("latency")
      ? latencyContext({ lambdad: ours.flatMap(({ latencies }) => latencies), echo: theirs.flatMap(({ latencies }) => latencies) })
      : { "lambdad per s": rate(ours), "echo per s": rate(theirs) };
    return resultOf({ name: `warm invoke, ${name}, ${what}, ${connections} in flight`, isolation, baseline: "a node:http echo" }, blocks, context);
  };
  return [...functions.keys()].flatMap((name) => [
    compare(name, 1, "latency p50", ({ latencies }) => percentile(latencies, 0.5)),
    compare(name, 1, "latency p99", ({ latencies }) => percentile(latencies, 0.99)),
    compare(name, 1, "throughput", ({ perSecond }) => perSecond),
    compare(name, MANY, "throughput", ({ perSecond }) => perSecond),
  ]);
};

interface Measured {
  /** Milliseconds. */
  latencies: number[];
  perSecond: number;
}

const firstInvoke = async (server: Server, functionName: string): Promise<void> => {
  const connection = await openConnection(server);
  const id = randomUUID();
  checkAnswer(await connection.send(invokeRequest(server.endpoint, functionName, JSON.stringify({ id }))), { id, isFirst: true });
  connection.close();
};

/** One answer is read with care; that all others have its very bytes is what the generator checks. An environment more may be started under load. */
const expectedOf = async (server: Server, request: Buffer, id: string): Promise<Buffer[]> => {
  const connection = await openConnection(server);
  const answer = await connection.send(request);
  connection.close();
  checkAnswer(answer, { id });
  const text = answer.body.toString();
  return [text.replace("true", "false"), text.replace("false", "true")].map((one) => Buffer.from(one));
};

if (import.meta.main) await runAlone(measureWarmInvoke);
