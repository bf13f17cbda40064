import { join } from "node:path";
import type { Socket } from "node:net";
import type { BlobStore } from "../blob/blob.ts";
import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import { hexId } from "../kit/ids.ts";
import { ENVIRONMENT_FILES_MAX, ENVIRONMENT_PROCESSES_MAX, EXTENSIONS_MAX, MEMORY_MB_PER_CPU } from "../kit/limits/runtime.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { Mount, SandboxDriver, SandboxSpec } from "../sandbox/sandbox.ts";
import { createCodeCache } from "./code.ts";
import { assumeExecutionRole } from "./credentials.ts";
import { createEnvironment } from "./environment.ts";
import type { Environment, EnvironmentCredentials, Executor, FunctionTarget, LogDestination } from "./executor.ts";
import { serviceException } from "./failures.ts";
import { acquirePackages, type Packages } from "./layers.ts";
import { createJsonLog, textLog } from "./log-format.ts";
import { createLevelFilter } from "./log-level.ts";
import { createLogStream } from "./log-stream.ts";
import { createPlatformLog } from "./platform-log.ts";
import { createProcesses, endpointPorts, RUNTIME_API_PORT } from "./processes.ts";
import { createRuntimeClients } from "./runtime-clients.ts";
import { createRuntimeVersions, runtimeVersionOf, type RuntimeVersions } from "./runtime-versions.ts";
import { createRuntimes, type Runtime } from "./runtimes.ts";
import { startOf } from "./starts.ts";
import { createTelemetry } from "./telemetry.ts";
import { createTracingNote } from "./tracing.ts";

interface Needs {
  sandboxes: SandboxDriver;
  blobs: Pick<BlobStore, "path">;
  call: Call;
  /** The gateway's: a handler's SDK calls arrive here. */
  handleConnection: (socket: Socket) => void;
  /** Of the server; undefined before it listens. */
  serverPort: () => number | undefined;
  logs: LogDestination;
  clock: Clock;
  wall: Clock;
  random: Random;
  log: Log;
  dataDirectory: string;
  settings: { strictRuntimes: boolean; runtimePaths: Readonly<Record<string, string>> };
  /** PATH of the server, to find interpreters on. */
  searchPath: string;
}

const MIB = 1024 * 1024;

export const createExecutor = (needs: Needs): Executor & { runtimeVersions: RuntimeVersions; checkRuntimes(): Promise<void> } => {
  const { sandboxes, blobs, call, logs, clock, wall, random, log, dataDirectory } = needs;
  const runtimes = createRuntimes({ settings: needs.settings, searchPath: needs.searchPath });
  const runtimeVersions = createRuntimeVersions(runtimes);
  const clients = createRuntimeClients({ dataDirectory, searchPath: needs.searchPath });
  const code = createCodeCache({ directory: join(dataDirectory, "code"), blobs, wall, random });
  const live = new Set<Environment>();
  const noteTracing = createTracingNote();

  const logStreamName = (target: FunctionTarget): string => {
    const day = new Date(wall.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    // In a group that several functions may share, a stream says whose it is ("Configuring CloudWatch log groups").
    const owner = target.logging.group === `/aws/lambda/${target.name}` ? "" : target.name;
    return `${day}/${owner}[${target.version}]${hexId(random, 32)}`;
  };

  /** With what is mounted for the function alone. */
  const sandboxSpec = (target: FunctionTarget, runtime: Runtime, own: readonly Mount[], extensions: number): SandboxSpec => {
    const start = startOf(runtime);
    const waiting = start.waiting?.({ runtime, target });
    return {
      id: hexId(random, 16),
      account: target.account,
      mounts: [...own, ...start.mounts(runtime, dataDirectory)],
      memoryBytes: target.memoryMb * MIB,
      storageBytes: target.ephemeralStorageMb * MIB,
      cpus: target.memoryMb / MEMORY_MB_PER_CPU,
      processesMax: ENVIRONMENT_PROCESSES_MAX,
      programsMax: 1 + Math.min(extensions, EXTENSIONS_MAX),
      openFilesMax: ENVIRONMENT_FILES_MAX,
      ports: [RUNTIME_API_PORT, ...endpointPorts(needs.serverPort())],
      ...(waiting === undefined ? {} : { waiting }),
    };
  };

  const openEnvironment = async (target: FunctionTarget, runtime: Runtime, credentials: EnvironmentCredentials, packages: Packages): Promise<Environment> => {
    const spec = sandboxSpec(target, runtime, [{ source: packages.task.folder, target: "/var/task" }, ...packages.layers.mounts], packages.layers.extensions.length);
    const sandbox = await sandboxes.create(spec);
    const { region, name, logging } = target;
    const logStream = logStreamName(target);
    const isJson = logging.format === "JSON";
    const telemetry = createTelemetry({ connect: sandbox.connect, wall, nowMs: clock.now, isJson });
    const about = { as: credentials.caller, region, group: logging.group, stream: logStream, functionName: name };
    const stream = createLogStream({
      destination: logs,
      about,
      now: clock.now,
      ...(isJson ? { isKept: createLevelFilter(logging.applicationLevel) } : {}),
      onLine: telemetry.line,
    });
    const note = runtimes.noteFor(target.functionArn, runtime);
    const tracingNote = noteTracing(target);
    const environment = createEnvironment({
      id: sandbox.id, target, sandbox, logStreamName: logStream, logs: stream, telemetry, random, wall, log,
      processes: createProcesses({ target, runtime, credentials, sandbox, mounts: spec.mounts, extensions: packages.layers.extensions, logStream, logs: stream, handleConnection: needs.handleConnection, serverPort: needs.serverPort(), random }),
      tell: createPlatformLog({ format: isJson ? createJsonLog(clock.now, logging.systemLevel) : textLog, logs: stream, telemetry }),
      runtimeVersion: runtimeVersionOf(runtime, region),
      notes: [note, tracingNote].filter((text) => text !== undefined),
      credentialsExpireAt: credentials.expiresAt,
      onStopped() {
        live.delete(environment);
        logs.forget(about);
        packages.release();
      },
    });
    live.add(environment);
    return environment;
  };

  return {
    async createEnvironment(target) {
      let packages: Packages | undefined;
      try {
        const runtime = await clients.complete(await runtimeVersions.resolve(target));
        const credentials = await assumeExecutionRole(call, target);
        packages = await acquirePackages(code, target);
        return await openEnvironment(target, runtime, credentials, packages);
      } catch (error) {
        packages?.release();
        throw serviceException(target, error, log);
      }
    },
    prepare(target) {
      if (sandboxes.prepare === undefined) return;
      const begin = async () => {
        const runtime = await clients.complete(await runtimeVersions.resolve(target));
        sandboxes.prepare!(sandboxSpec(target, runtime, [], 0));
      };
      // Whatever it is, the start of an environment will tell it.
      begin().catch(() => {});
    },
    runtimes: runtimes.list,
    runtimeVersions,
    checkRuntimes: runtimes.check,
    async close() {
      await Promise.all([...live].map((environment) => environment.stop()));
      await code.close();
    },
  };
};
