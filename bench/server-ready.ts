import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { zipOf } from "../src/cli/demo/zip.ts";
import { createMaker, languagesOf } from "./functions.ts";
import { beginBlock, BLOCKS, latencyContext, resultOf, type Options, type Result } from "./results.ts";
import { runAlone } from "./run-alone.ts";
import { lambdadCommand, startLambdad, type Server } from "./server.ts";

/** Spawn to `Ready.`: of a new server against a bare Node that listens, and of one with many functions stored against a new one. */
export const measureServerReady = async (_server: Server, isolation: string, { isQuick }: Options): Promise<Result[]> => {
  const stored = isQuick ? 1_000 : 10_000;
  const [empty, full] = [mkdtempSync(join(tmpdir(), "lambdad-bench-")), mkdtempSync(join(tmpdir(), "lambdad-bench-"))];
  await fill(full, isolation, stored);
  const bare = () => untilReady([join(import.meta.dirname, "echo-server.ts")]);
  const lambdad = (directory: string) => untilReady(lambdadCommand(isolation, directory));
  const all = { bare: [] as number[], empty: [] as number[], full: [] as number[] };
  await lambdad(empty);
  for (let block = 0; block < BLOCKS; block++) {
    beginBlock(`server ready, ${isolation}`, block);
    all.bare.push(await bare());
    all.empty.push(await lambdad(empty));
    all.full.push(await lambdad(full));
  }
  for (const directory of [empty, full]) rmSync(directory, { recursive: true, force: true });
  const pairs = (ours: readonly number[], theirs: readonly number[]) => ours.map((one, i) => ({ ours: one, theirs: theirs[i]! }));
  return [
    resultOf({ name: "server ready", isolation, baseline: "a bare Node that listens" }, pairs(all.empty, all.bare), latencyContext({ lambdad: all.empty, bare: all.bare })),
    resultOf({ name: `server ready with ${stored} functions`, isolation, baseline: "the same with none" }, pairs(all.full, all.empty), latencyContext({ full: all.full, empty: all.empty })),
  ];
};

const AT_ONCE = 16;

const fill = async (directory: string, isolation: string, count: number): Promise<void> => {
  const server = await startLambdad(isolation, directory);
  if (typeof server === "string") throw new Error(server);
  const [language] = await languagesOf(server.endpoint);
  await (await createMaker(server.endpoint))(language!);
  const lambda = new LambdaClient({ endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const ZipFile = await zipOf(language!.file, language!.handler);
  let made = 0;
  const work = async () => {
    while (made < count) await lambda.send(new CreateFunctionCommand({ FunctionName: `stored-${made++}`, Runtime: language!.runtime, Handler: "app.handler", Role: "arn:aws:iam::000000000000:role/bench", Code: { ZipFile } }));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await server.stop();
};

/** Milliseconds from the spawn to the line that says so. */
const untilReady = async (args: readonly string[]): Promise<number> => {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) if (line === "Ready.") break;
  const ms = performance.now() - began;
  child.kill("SIGTERM");
  await once(child, "exit");
  return ms;
};

if (import.meta.main) await runAlone(measureServerReady);
