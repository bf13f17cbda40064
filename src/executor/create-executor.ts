import { join } from "node:path";
import type { Socket } from "node:net";
import type { BlobStore } from "../blob/blob.ts";
import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import { hexId } from "../kit/ids.ts";
import { ENVIRONMENT_FILES_MAX, ENVIRONMENT_PROCESSES_MAX, MEMORY_MB_PER_CPU } from "../kit/limits.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { Mount, Sandbox, SandboxDriver, SandboxSpec } from "../sandbox/sandbox.ts";
import { createCodeCache } from "./code.ts";
import { assumeExecutionRole } from "./credentials.ts";
import { createEnvironment } from "./environment.ts";
import { environmentVariables } from "./environment-variables.ts";
import type { Environment, EnvironmentCredentials, Executor, FunctionTarget, LogDestination } from "./executor.ts";
import { serviceException } from "./failures.ts";
import { acquirePackages, type Packages } from "./layers.ts";
import { createJsonLog, provisionedTextLog, textLog } from "./log-format.ts";
import { createLevelFilter } from "./log-level.ts";
import { createLogStream, type LogStream } from "./log-stream.ts";
import { createMetadataApi } from "./metadata-api.ts";
import { refuseRestore } from "./restore-api.ts";
import { createTracingNote } from "./tracing.ts";
import type { StartRuntime } from "./run.ts";
import { createRuntimeClients } from "./runtime-clients.ts";
import { createRuntimeVersions, runtimeVersionOf, type RuntimeVersions } from "./runtime-versions.ts";
import { createRuntimes, type Runtime } from "./runtimes.ts";
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
  log: Log;
  dataDirectory: string;
  settings: { strictRuntimes: boolean; runtimePaths: Readonly<Record<string, string>> };
  /** PATH of the server, to find interpreters on. */
  searchPath: string;
}

const MIB = 1024 * 1024;
const RUNTIME_API_PORT = 9_001;
const ENDPOINT_PORT = 4_566;

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

  const sandboxSpec = (target: FunctionTarget, mounts: readonly Mount[]): SandboxSpec => ({
    id: hexId(random, 16),
    account: target.account,
    mounts,
    memoryBytes: target.memoryMb * MIB,
    storageBytes: target.ephemeralStorageMb * MIB,
    cpus: target.memoryMb / MEMORY_MB_PER_CPU,
    processesMax: ENVIRONMENT_PROCESSES_MAX,
    openFilesMax: ENVIRONMENT_FILES_MAX,
    ports: [RUNTIME_API_PORT, ENDPOINT_PORT],
  });

  const createStart = ({ target, runtime, credentials, sandbox, mounts, logStream, stream }: { target: FunctionTarget; runtime: Runtime; credentials: EnvironmentCredentials; sandbox: Sandbox; mounts: readonly Mount[]; logStream: string; stream: LogStream }): StartRuntime => {
    const metadata = createMetadataApi({ token: random.uuid(), region: target.region });
    return async (api) => {
      api.alsoServe(metadata.serve);
      api.alsoServe(refuseRestore);
      const facts = { target, runtime, sandbox, mounts };
      const start = startOf(runtime);
      const program = start.program(facts);
      if ("failure" in program) return program;
      const running = await sandbox.exec({
        ...program,
        env: (addresses) =>
          environmentVariables({ target, credentials, sandbox, logStream, ofRuntime: start.variables(facts), ofMetadata: metadata.variables(addresses["runtime-api"]!), runtimeApi: addresses["runtime-api"]!, endpoint: `http://${addresses["endpoint"]}` }),
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
  };

  const openEnvironment = async (target: FunctionTarget, runtime: Runtime, credentials: EnvironmentCredentials, packages: Packages): Promise<Environment> => {
    const mounts = [{ source: packages.task.folder, target: "/var/task" }, ...packages.layers.mounts, ...startOf(runtime).mounts(runtime, dataDirectory)];
    const sandbox = await sandboxes.create(sandboxSpec(target, mounts));
    const { region, name, logging } = target;
    const logStream = logStreamName(target);
    const stream = createLogStream({
      destination: logs,
      about: { as: credentials.caller, region, group: logging.group, stream: logStream, functionName: name },
      now: clock.now,
      ...(logging.format === "JSON" ? { isKept: createLevelFilter(logging.applicationLevel) } : {}),
    });
    const note = runtimes.noteFor(target.functionArn, runtime);
    const tracingNote = noteTracing(target);
    const environment = createEnvironment({
      id: sandbox.id, target, sandbox, logStreamName: logStream, logs: stream, wall, log,
      startRuntime: createStart({ target, runtime, credentials, sandbox, mounts, logStream, stream }),
      systemLog: logging.format === "JSON" ? createJsonLog(clock.now, { initializationType: target.initializationType, least: logging.systemLevel }) : target.initializationType === "on-demand" ? textLog : provisionedTextLog,
      runtimeVersion: runtimeVersionOf(runtime, region),
      notes: [...(note === undefined ? [] : [note]), ...(tracingNote === undefined ? [] : [tracingNote]), ...packages.layers.notes],
      credentialsExpireAt: credentials.expiresAt,
      onStopped() {
        live.delete(environment);
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
    runtimes: runtimes.list,
    runtimeVersions,
    checkRuntimes: runtimes.check,
    async close() {
      await Promise.all([...live].map((environment) => environment.stop()));
      await code.close();
    },
  };
};
