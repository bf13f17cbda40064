import { hash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { BlobStore } from "../blob/blob.ts";
import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import { hexId } from "../kit/ids.ts";
import { ENVIRONMENT_FILES_MAX, ENVIRONMENT_PROCESSES_MAX, MEMORY_MB_PER_CPU } from "../kit/limits.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { Mount, Sandbox, SandboxDriver, SandboxSpec } from "../sandbox/sandbox.ts";
import { createCodeCache } from "./code.ts";
import { interpreterArgs } from "./command.ts";
import { assumeExecutionRole } from "./credentials.ts";
import { createEnvironment } from "./environment.ts";
import { environmentVariables } from "./environment-variables.ts";
import type { Environment, EnvironmentCredentials, Executor, FunctionTarget, LogDestination } from "./executor.ts";
import { serviceException } from "./failures.ts";
import { acquirePackages, type Packages } from "./layers.ts";
import { createJsonLog, textLog } from "./log-format.ts";
import { createLevelFilter } from "./log-level.ts";
import { createLogStream, type LogStream } from "./log-stream.ts";
import type { StartRuntime } from "./run.ts";
import { createRuntimes, type Runtime } from "./runtimes.ts";
import { preparePythonSdk, SDK_TARGETS, sdkMounts } from "./sdk.ts";

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

/** Our runtime clients; beside `src/` in the repository, beside `dist/` in the package. */
const bootstraps = fileURLToPath(new URL("../../runtimes", import.meta.url));
const BOOTSTRAP = { nodejs: "bootstrap.mjs", python: "bootstrap.py" } as const;

/** The interpreter with its libraries, at its own path; what lies under /usr is in every sandbox. */
const interpreterMounts = ({ interpreter: { path } }: Runtime): Mount[] => {
  const real = realpathSync(path);
  const [prefix, named] = [dirname(dirname(real)), dirname(dirname(path))];
  const own = isOfSystem(prefix) ? [] : [{ source: prefix, target: prefix }];
  if (isOfSystem(realpathSync(dirname(path))) || path.startsWith(`${prefix}/`)) return own;
  // A virtual environment has its packages beside its link; of another link there is nothing but itself.
  return [...own, existsSync(join(named, "pyvenv.cfg")) ? { source: named, target: named } : { source: real, target: path }];
};
const isOfSystem = (path: string): boolean => path === "/usr" || path.startsWith("/usr/");

/** What AWS names a runtime's version by: `nodejs:24.v3`, and an ARN of its own for each. */
const versionOf = ({ language, interpreter: { version, path } }: Runtime, region: string): { version: string; arn: string } => {
  const parts = version.split(".");
  return {
    version: `${language}:${parts.slice(0, language === "nodejs" ? 1 : 2).join(".")}.v${parts.at(-1)}`,
    arn: `arn:aws:lambda:${region}::runtime:${hash("sha256", `${path} ${version}`, "hex")}`,
  };
};

export const createExecutor = (needs: Needs): Executor & { checkRuntimes(): Promise<void>; prepareSdks(): Promise<{ isReady: boolean; message: string }> } => {
  const { sandboxes, blobs, call, logs, clock, wall, random, log, dataDirectory } = needs;
  const runtimes = createRuntimes({ settings: needs.settings, searchPath: needs.searchPath });
  const code = createCodeCache({ directory: join(dataDirectory, "code"), blobs, wall, random });
  const live = new Set<Environment>();

  const logStreamName = (target: FunctionTarget): string => {
    const day = new Date(wall.now()).toISOString().slice(0, 10).replaceAll("-", "/");
    return `${day}/[${target.version}]${hexId(random, 32)}`;
  };

  const sandboxSpec = (target: FunctionTarget, runtime: Runtime, { task, layers }: Packages): SandboxSpec => ({
    id: hexId(random, 16),
    account: target.account,
    mounts: [{ source: task.folder, target: "/var/task" }, ...layers.mounts, { source: join(bootstraps, runtime.language), target: "/var/runtime" }, ...sdkMounts(runtime, dataDirectory), ...interpreterMounts(runtime)],
    memoryBytes: target.memoryMb * MIB,
    storageBytes: target.ephemeralStorageMb * MIB,
    cpus: target.memoryMb / MEMORY_MB_PER_CPU,
    processesMax: ENVIRONMENT_PROCESSES_MAX,
    openFilesMax: ENVIRONMENT_FILES_MAX,
    ports: [RUNTIME_API_PORT, ENDPOINT_PORT],
  });

  const createStart = ({ target, runtime, credentials, sandbox, logStream, stream }: { target: FunctionTarget; runtime: Runtime; credentials: EnvironmentCredentials; sandbox: Sandbox; logStream: string; stream: LogStream }): StartRuntime =>
    async (api) => {
      const running = await sandbox.exec({
        command: runtime.interpreter.path,
        args: [...interpreterArgs(runtime, target), join(sandbox.path("/var/runtime"), BOOTSTRAP[runtime.language])],
        env: (addresses) =>
          environmentVariables({ target, runtime, credentials, sandbox, logStream, sdkPath: SDK_TARGETS[runtime.language], runtimeApi: addresses["runtime-api"]!, endpoint: `http://${addresses["endpoint"]}` }),
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

  const openEnvironment = async (target: FunctionTarget, runtime: Runtime, credentials: EnvironmentCredentials, packages: Packages): Promise<Environment> => {
    const sandbox = await sandboxes.create(sandboxSpec(target, runtime, packages));
    const { region, name, logging } = target;
    const logStream = logStreamName(target);
    const stream = createLogStream({
      destination: logs,
      about: { as: credentials.caller, region, group: logging.group, stream: logStream, functionName: name },
      now: clock.now,
      ...(logging.format === "JSON" ? { isKept: createLevelFilter(logging.applicationLevel) } : {}),
    });
    const note = runtimes.noteFor(target.functionArn, runtime);
    const environment = createEnvironment({
      id: sandbox.id, target, sandbox, logStreamName: logStream, logs: stream, wall, log,
      startRuntime: createStart({ target, runtime, credentials, sandbox, logStream, stream }),
      systemLog: logging.format === "JSON" ? createJsonLog(clock.now, { initializationType: target.initializationType, least: logging.systemLevel }) : textLog,
      runtimeVersion: versionOf(runtime, region),
      notes: [...(note === undefined ? [] : [note]), ...packages.layers.notes],
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
        const runtime = await runtimes.resolve(target.runtime);
        const credentials = await assumeExecutionRole(call, target);
        packages = await acquirePackages(code, target);
        return await openEnvironment(target, runtime, credentials, packages);
      } catch (error) {
        packages?.release();
        throw serviceException(target, error, log);
      }
    },
    runtimes: runtimes.list,
    checkRuntimes: runtimes.check,
    async prepareSdks() {
      const pythons = (await runtimes.list()).flatMap(({ runtime, path }) => (runtime.startsWith("python") && path !== undefined ? [path] : []));
      return preparePythonSdk(dataDirectory, [...new Set(pythons)]);
    },
    async close() {
      await Promise.all([...live].map((environment) => environment.stop()));
      await code.close();
    },
  };
};
