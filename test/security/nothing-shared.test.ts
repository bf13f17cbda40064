import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { MODES, type Mode } from "../support/modes.ts";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { launchServer, type RunningServer } from "../support/server.ts";
import { isSecret, meet, newSecret, PROBES, type Guest, type Language, type Sight } from "./probes/meeting.ts";

const LANGUAGES: readonly Language[] = hasPython ? ["python", "node"] : ["node"];

/** Who sees a trace there: nobody but who left it, everybody, or not even who left it, as there is no such place. */
type Reach = "own" | "all" | "none";
const REACH: Readonly<Record<string, Readonly<Record<Mode["isolation"], Reach>>>> = {
  globals: { bubblewrap: "own", process: "own" },
  "environment variables": { bubblewrap: "own", process: "own" },
  "temporary files": { bubblewrap: "own", process: "own" },
  "files in /dev/shm": { bubblewrap: "none", process: "all" },
  "System V shared memory": { bubblewrap: "own", process: "all" },
  "abstract sockets": { bubblewrap: "own", process: "all" },
  descriptors: { bubblewrap: "own", process: "own" },
  processes: { bubblewrap: "own", process: "all" },
  memory: { bubblewrap: "own", process: "own" },
};
/** In a process of a language that runs for seconds: less means that the memory could not be read. */
const MEMORY_BYTES_LEAST = 4 * 2 ** 20;

describe.each(MODES)(`environments under $name${NO_PYTHON} (skipped where it cannot be)`, (mode) => {
  const { isolation, flags, isHere } = mode;
  let server: RunningServer;
  let clients: Clients;
  let role: string;
  /** Two of one function, and one of another, in each language, at the same time. */
  let first: Sight[];
  /** Of other functions, when those of before have run. */
  let later: Sight[];
  /** Of a function of before, which has changed since. */
  let changed: Sight[];
  const all = () => [...first, ...later, ...changed];

  const make = async (name: string, language: Language): Promise<Guest> => {
    const { runtime, file, text } = PROBES[language];
    const [inCode, inEnvironment] = [newSecret(), newSecret()];
    const comment = language === "python" ? `KEPT.append("${inCode}")\n` : `kept.push("${inCode}");\n`;
    const functionName = `${name}-${language}`;
    await createFunction(clients, { FunctionName: functionName, Runtime: runtime, Role: role, Timeout: 60, MemorySize: 1769, files: { [file]: text + comment }, Environment: { Variables: { SECRET: inEnvironment } } });
    return { functionName, language, secrets: [inCode, inEnvironment] };
  };
  const change = async ({ functionName, language, secrets: [inCode] }: Guest): Promise<Guest> => {
    const inEnvironment = newSecret();
    await clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: functionName, Environment: { Variables: { SECRET: inEnvironment } } }));
    await waitUntilFunctionUpdatedV2({ client: clients.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: functionName });
    return { functionName, language, secrets: [inCode!, inEnvironment] };
  };

  beforeAll(async () => {
    if (!isHere) return;
    server = await launchServer({ flags: [...flags], inherited: 20 });
    clients = clientsOf(server.endpoint);
    role = await createRole(clients, "guest");
    const [ones, others, strangers] = await Promise.all(["one", "other", "stranger"].map((name) => Promise.all(LANGUAGES.map((language) => make(name, language)))));
    await mode.untilPrepared(server.endpoint);
    first = await meet(clients, [...ones!, ...ones!, ...others!]);
    await mode.untilPrepared(server.endpoint);
    later = await meet(clients, strangers!);
    const anew = await Promise.all(ones!.map(change));
    await mode.untilPrepared(server.endpoint);
    changed = await meet(clients, anew);
  }, 180_000);
  afterAll(async () => {
    await server?.stop();
    for (const name of readdirSync("/dev/shm").filter((one) => one.startsWith("LAMBDAD-SECRET-"))) rmSync(join("/dev/shm", name));
  });

  it.runIf(isHere)("are one for each of the invocations that overlap", () => {
    const streams = all().map(({ variables }) => variables["AWS_LAMBDA_LOG_STREAM_NAME"]);
    expect(new Set(streams).size).toBe(streams.length);
  });

  it.runIf(isHere).each(Object.entries(REACH))("%s: traces are seen by whom they may be", (place, reach) => {
    const looking = all().filter(({ seen }) => place in seen);
    expect(looking.length, "somebody looks there").toBeGreaterThan(0);
    for (const { functionName, own, seen } of looking) {
      const known = [own.event, ...own.function];
      const [theirs, foreign] = [seen[place]!.includes(own.event), seen[place]!.filter((secret) => isSecret(secret) && !known.includes(secret))];
      expect({ theirs, foreign: foreign.length > 0 }, `${functionName}: ${foreign.join()}`).toEqual({ own: { theirs: true, foreign: false }, all: { theirs: true, foreign: true }, none: { theirs: false, foreign: false } }[reach[isolation]]);
    }
  });

  it.runIf(isHere)("find all of their own secrets in their memory, and no key of others' credentials", () => {
    for (const { functionName, own, seen, keys, credentials, memoryBytes } of all()) {
      expect(memoryBytes, functionName).toBeGreaterThan(MEMORY_BYTES_LEAST);
      expect(seen["memory"], functionName).toEqual(expect.arrayContaining([own.event, ...own.function]));
      expect(keys, functionName).toEqual([credentials[0]]);
    }
  });

  it.runIf(isHere)("draw no random number that another one drew", () => {
    for (const language of LANGUAGES) {
      const drawn = all().filter((one) => one.language === language).flatMap((one) => one.drawn);
      for (const source of Object.keys(drawn[0]!)) {
        const values = drawn.map((one) => one[source]);
        expect(values, source).not.toContain(undefined);
        expect(new Set(values).size, source).toBe(values.length);
      }
    }
  });

  it.runIf(isHere && hasPython)(`hash strings ${mode.hasOwnHashSeed ? "each in its own way" : "in the same way: the seed is the copied interpreter's"}`, () => {
    const hashes = all().flatMap(({ hash }) => (hash === undefined ? [] : [hash]));
    expect(hashes.length).toBeGreaterThan(1);
    expect(new Set(hashes).size).toBe(mode.hasOwnHashSeed ? hashes.length : 1);
  });

  it.runIf(isHere)(`know their process's real number, ${isolation === "process" ? "which no other has" : "in a namespace of their own, where it may be any"}`, () => {
    for (const { functionName, pid } of all()) expect(pid.told, functionName).toBe(pid.real);
    for (const name of Object.keys(first[0]!.namespaces)) expect(new Set(first.map(({ namespaces }) => namespaces[name])).size, name).toBe(isolation === "process" ? 1 : first.length);
    if (isolation === "process") expect(new Set(first.map(({ pid }) => pid.told)).size).toBe(first.length);
  });

  it.runIf(isHere)("have credentials of their own, and no variable with a secret of another function", () => {
    for (const part of [0, 1, 2]) expect(new Set(all().map(({ credentials }) => credentials[part])).size).toBe(all().length);
    for (const { own, variables } of all()) {
      const foreign = all().flatMap((one) => [one.own.event, ...one.own.function, ...one.credentials]).filter((secret) => ![own.event, ...own.function, ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map((name) => variables[name])].includes(secret));
      expect(Object.entries(variables).filter(([, value]) => foreign.some((secret) => value.includes(secret!)))).toEqual([]);
    }
  });

  it.runIf(isHere)("hold no pipe or socket that another one holds", () => {
    const holders = Map.groupBy(first.flatMap(({ pipes }, index) => [...new Set(pipes)].map((pipe) => ({ pipe, index }))), ({ pipe }) => pipe);
    expect(holders.size).toBeGreaterThan(0);
    expect([...holders.values()].filter((sharing) => sharing.length > 1)).toEqual([]);
  });
});
