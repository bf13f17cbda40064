import type { Socket } from "node:net";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { BlobStore } from "../blob/blob.ts";
import { assert } from "../kit/assert.ts";
import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import { hexId } from "../kit/ids.ts";
import type { Ledger } from "../kit/ledger.ts";
import { ENVIRONMENT_FILES_MAX, ENVIRONMENT_PROCESSES_MAX, MEMORY_MB_PER_CPU } from "../kit/limits.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { SandboxDriver } from "../sandbox/sandbox.ts";
import { createCodeCache } from "./code.ts";
import { assumeExecutionRole } from "./credentials.ts";
import { createEnvironment } from "./environment.ts";
import { environmentVariables } from "./environment-variables.ts";
import type { Environment, Executor, FunctionTarget, LogDestination } from "./executor.ts";
import { createJsonLog, textLog } from "./log-format.ts";
import { createLevelFilter } from "./log-level.ts";
import { createLogStream } from "./log-stream.ts";
import type { StartRuntime } from "./run.ts";
import { createRuntimes } from "./runtimes.ts";
import { preparePythonSdk } from "./sdk.ts";
import { startOf } from "./starts.ts";

interface Needs {
  sandboxes: SandboxDriver;
  blobs: Pick<BlobStore, "path">;
  call: Call;
  /** The gateway's: a handler's SDK calls arrive here. */
  handleConnection: (socket: Socket) => void;
  logs: LogDestination;
  clock: Clock;
  wall: Clock;
  random: Random;
  ledger: Ledger;
  log: Log;
  dataDirectory: string;
  settings: { strictRuntimes: boolean; runtimePaths: Readonly<Record<string, string>> };
  /** PATH of the server, to find interpreters on. */
  searchPath: string;
}

const MIB = 1024 * 1024;
const RUNTIME_API_PORT = 9_001;
const ENDPOINT_PORT = 4_566;

export const createExecutor = (needs: Needs): Executor & { checkRuntimes(): Promise<void>; prepareSdks(): Promise<{ isReady: boolean; message: string }> } => {
  const { sandboxes, blobs, call, logs, clock, wall, random, dataDirectory } = needs;
  const runtimes = createRuntimes({ settings: needs.settings, searchPath: needs.searchPath });
  const code = createCodeCache({ directory: join(dataDirectory, "code"), blobs, wall, random });
  const live = new Set<Environment>();

  const logStreamName = (target: FunctionTarget): string => {
    const day = new Date(wall.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    return `${day}/[${target.version}]${hexId(random, 32)}`;
  };

  return {
    async createEnvironment(target) {
      const runtime = await runtimes.resolve(target.runtime);
      assert(target.layers.length === 0, "layers are refused when a function is configured");
      const credentials = await assumeExecutionRole(call, target);
      const task = await code.acquire(target.code);
      const id = hexId(random, 16);
      const start = startOf(runtime);
      const mounts = [{ source: task.folder, target: "/var/task" }, ...start.mounts(runtime, dataDirectory)];
      const sandbox = await sandboxes.create({
        id,
        account: target.account,
        mounts,
        memoryBytes: target.memoryMb * MIB,
        storageBytes: target.ephemeralStorageMb * MIB,
        cpus: target.memoryMb / MEMORY_MB_PER_CPU,
        processesMax: ENVIRONMENT_PROCESSES_MAX,
        openFilesMax: ENVIRONMENT_FILES_MAX,
        ports: [RUNTIME_API_PORT, ENDPOINT_PORT],
      }).catch((error: unknown) => {
        task.release();
        throw error;
      });
      const streamName = logStreamName(target);
      const stream = createLogStream({
        destination: logs,
        about: { as: credentials.caller, region: target.region, group: target.logging.group, stream: streamName, functionName: target.name },
        now: clock.now,
        ...(target.logging.format === "JSON" ? { isKept: createLevelFilter(target.logging.applicationLevel) } : {}),
      });
      const startRuntime: StartRuntime = async (api) => {
        const facts = { target, runtime, sandbox, mounts };
        const program = start.program(facts);
        if ("failure" in program) return program;
        const running = await sandbox.exec({
          ...program,
          env: (addresses) =>
            environmentVariables({ target, credentials, sandbox, logStream: streamName, ofRuntime: start.variables(facts), runtimeApi: addresses["runtime-api"]!, endpoint: `http://${addresses["endpoint"]}` }),
          directory: sandbox.path("/var/task"),
          listeners: [
            { name: "runtime-api", port: RUNTIME_API_PORT, onConnection: api.handleConnection },
            { name: "endpoint", port: ENDPOINT_PORT, onConnection: needs.handleConnection },
          ],
        });
        stream.follow(running.stdout);
        stream.follow(running.stderr);
        return running;
      };
      const note = runtimes.noteFor(target.functionArn, runtime);
      const version = start.version(runtime);
      const hash = createHash("sha256").update(`${runtime.interpreter?.path ?? runtime.name} ${version}`).digest("hex");
      const environment = createEnvironment({
        id, target, sandbox, startRuntime, logStreamName: streamName, logs: stream, clock, wall,
        systemLog: target.logging.format === "JSON" ? createJsonLog(clock.now, { initializationType: target.initializationType, least: target.logging.systemLevel }) : textLog,
        runtimeVersion: {
          version,
          arn: `arn:aws:lambda:${target.region}::runtime:${hash}`,
          ...(note === undefined ? {} : { note }),
        },
        credentialsExpireAt: credentials.expiresAt,
        onStopped() {
          live.delete(environment);
          task.release();
        },
      });
      live.add(environment);
      return environment;
    },
    runtimes: runtimes.list,
    checkRuntimes: runtimes.check,
    async prepareSdks() {
      const pythons = (await runtimes.list()).flatMap(({ runtime, path }) => (runtime.startsWith("python") && path !== undefined ? [path] : []));
      return preparePythonSdk(dataDirectory, [...new Set(pythons)]);
    },
    async close() {
      await Promise.all([...live].map((environment) => environment.stop("SPINDOWN")));
      await code.close();
    },
  };
};
