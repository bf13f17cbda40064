import type { Socket } from "node:net";
import { assert } from "../kit/assert.ts";
import type { Random } from "../kit/random.ts";
import { CHANNEL_DESCRIPTOR, LOG_DESCRIPTOR, type Addresses, type Mount, type RunningProcess, type Sandbox } from "../sandbox/sandbox.ts";
import { CHANNEL_VARIABLE, wakeFrame } from "./channel.ts";
import { programRefusal } from "./entrypoint.ts";
import { environmentVariables, extensionVariables } from "./environment-variables.ts";
import type { EnvironmentCredentials, FunctionTarget } from "./executor.ts";
import type { Failure } from "./failures.ts";
import type { LogStream } from "./log-stream.ts";
import { createMetadataApi } from "./metadata-api.ts";
import { refuseRestore } from "./restore-api.ts";
import type { RuntimeApi } from "./runtime-api.ts";
import type { Runtime } from "./runtimes.ts";
import { startOf } from "./starts.ts";
import { wrapped } from "./wrapper.ts";

/** How the programs of an environment are started in its sandbox, or why they cannot be; the environment decides when. */
export interface Processes {
  /** Names of the external extensions, in the order they are started. */
  readonly extensions: readonly string[];
  /** From now on, until the sandbox is reset, this is the Runtime API. Before any program is started. */
  listen(api: Pick<RuntimeApi, "handleConnection" | "alsoServe">): Promise<void>;
  startExtension(name: string): Promise<RunningProcess | { refusal: string }>;
  startRuntime(): Promise<RunningProcess | { failure: Failure }>;
}

interface Needs {
  target: FunctionTarget;
  runtime: Runtime;
  credentials: EnvironmentCredentials;
  sandbox: Sandbox;
  mounts: readonly Mount[];
  extensions: readonly string[];
  /** The name of its log stream. */
  logStream: string;
  logs: LogStream;
  /** The gateway's: a handler's SDK calls arrive here. */
  handleConnection: (socket: Socket) => void;
  /** The server's own, where clients find it. */
  serverPort: number | undefined;
  random: Random;
}

export const RUNTIME_API_PORT = 9_001;
export const ENDPOINT_PORT = 4_566;

/** Where a sandbox finds the gateway: where it always does, and where clients do. The URLs that they are told, a queue's above all, are handed to functions. */
export const endpointPorts = (serverPort: number | undefined): number[] =>
  serverPort === undefined || serverPort === ENDPOINT_PORT || serverPort === RUNTIME_API_PORT ? [ENDPOINT_PORT] : [ENDPOINT_PORT, serverPort];
const EXTENSIONS = "/opt/extensions";

export const createProcesses = ({ target, runtime, credentials, sandbox, mounts, extensions, logStream, logs, handleConnection, serverPort, random }: Needs): Processes => {
  let addresses: Addresses | undefined;
  const start = startOf(runtime);
  const metadata = createMetadataApi({ token: random.uuid(), region: target.region });
  const facts = { target, runtime, sandbox, mounts };
  const variableFacts = () => {
    assert(addresses !== undefined, "programs are started where the Runtime API listens");
    return { target, credentials, sandbox, logStream, ofRuntime: start.variables(facts), ofMetadata: metadata.variables(addresses["runtime-api"]!), runtimeApi: addresses["runtime-api"]!, endpoint: `http://${addresses["endpoint"]}` };
  };
  const follow = (running: RunningProcess, source: "function" | "extension"): RunningProcess => {
    logs.follow(running.stdout, source);
    logs.follow(running.stderr, source);
    if (running.log !== undefined) logs.follow(running.log, source, "frames");
    return running;
  };
  return {
    extensions,
    async listen({ handleConnection: onConnection, alsoServe }) {
      alsoServe(metadata.serve);
      alsoServe(refuseRestore);
      addresses = await sandbox.listen([
        { name: "runtime-api", port: RUNTIME_API_PORT, onConnection },
        ...endpointPorts(serverPort).map((port) => ({ name: port === ENDPOINT_PORT ? ("endpoint" as const) : ("server" as const), port, onConnection: handleConnection })),
      ]);
    },
    async startExtension(name) {
      const path = `${EXTENSIONS}/${name}`;
      const refusal = programRefusal(path, mounts);
      if (refusal !== undefined) return { refusal };
      return follow(await sandbox.exec({ command: sandbox.path(path), args: [], env: extensionVariables(variableFacts()), directory: "/" }), "extension");
    },
    async startRuntime() {
      const own = start.program(facts);
      if ("failure" in own) return own;
      const program = wrapped(own, facts);
      const hasChannel = program.hasChannel === true && sandbox.hasChannels;
      const env = {
        ...environmentVariables(variableFacts()),
        ...(program.hasLog === true ? { _LAMBDA_TELEMETRY_LOG_FD: String(LOG_DESCRIPTOR) } : {}),
        ...(hasChannel ? { [CHANNEL_VARIABLE]: String(CHANNEL_DESCRIPTOR) } : {}),
      };
      const isWaiting = hasChannel && start.waiting?.(facts) !== undefined;
      return follow(await sandbox.exec({ ...program, hasChannel, env, directory: sandbox.path("/var/task"), ...(isWaiting ? { wake: wakeFrame(env) } : {}) }), "function");
    },
  };
};
