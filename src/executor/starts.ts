import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MEMORY_MB_PER_CPU } from "../kit/limits/runtime.ts";
import { nodeArgs, PYTHON_ARGS } from "./command.ts";
import { findEntrypoint } from "./entrypoint.ts";
import type { FunctionTarget } from "./executor.ts";
import { interpreterMounts, interpreterOf } from "./interpreter.ts";
import { javaStart } from "./java.ts";
import { rubyStart } from "./ruby.ts";
import type { Runtime, RuntimeLanguage } from "./runtimes.ts";
import { SDK_TARGETS, sdkMounts } from "./sdk.ts";
import type { WaitingProgram } from "../sandbox/sandbox.ts";
import { unreservedVariables } from "./environment-variables.ts";
import type { Start, StartFacts } from "./start.ts";
import { canBeWoken } from "./waking.ts";

/** Our runtime clients; beside `src/` in the repository, beside `dist/` in the package. */
const clients = fileURLToPath(new URL("../../runtimes", import.meta.url));
const RUNTIME_DIRECTORY = "/var/runtime";
const BOOTSTRAPS = ["/var/task/bootstrap", "/opt/bootstrap"];
const PYTHON_ENCODING = { LC_CTYPE: "C.UTF-8" };
/** Before 3.9 a Python does not hand descriptors to others by itself. */
const canFork = (version: string): boolean => Number(version.split(".")[1]) >= 9;
/** Counts up when what a custom runtime finds in its environment changes. */
const OS_ONLY_VERSION = 1;

interface Managed {
  /** The runtime client, in `runtimes/<language>`. */
  client: string;
  /** Between the interpreter and the client. */
  args(runtime: Runtime, target: FunctionTarget): string[];
  variables(facts: StartFacts): Record<string, string>;
  /** How many parts of the interpreter's version name the runtime. */
  versionParts: number;
  /** The same client, which waits for its function, in `runtimes/<language>`. */
  waiting: string;
  /** Of its environment: what is read when it starts. */
  waitingVariables: Readonly<Record<string, string>>;
  /** How a driver may copy it instead of starting it. A Node.js that is copied has no threads for its garbage: whoever has more than one CPU would miss them. */
  forksAs?(runtime: Runtime, target: FunctionTarget): WaitingProgram["forksAs"];
}

/** A language that AWS brings: an interpreter of this machine runs our client, which loads the handler. */
const managed = ({ client, args, variables, versionParts, waiting, waitingVariables, forksAs }: Managed): Start => ({
  mounts: (runtime, dataDirectory) => [{ source: join(clients, runtime.language), target: RUNTIME_DIRECTORY }, ...sdkMounts(runtime, dataDirectory), ...interpreterMounts(interpreterOf(runtime))],
  program: ({ runtime, target, sandbox }) => ({ command: interpreterOf(runtime).path, args: [...args(runtime, target), join(sandbox.path(RUNTIME_DIRECTORY), client)], hasChannel: true }),
  waiting({ runtime, target }) {
    if (!canBeWoken(runtime.language, target.environment)) return undefined;
    const kind = forksAs?.(runtime, target);
    return {
      command: interpreterOf(runtime).path,
      args: [...args(runtime, target), join(RUNTIME_DIRECTORY, waiting)],
      env: { ...unreservedVariables({ path: (place) => place }), ...waitingVariables },
      ...(kind === undefined ? {} : { forksAs: kind }),
    };
  },
  variables: (facts) => ({ ...variables(facts), AWS_EXECUTION_ENV: `AWS_Lambda_${facts.target.runtime}` }),
  version(runtime) {
    const parts = interpreterOf(runtime).version.split(".");
    return `${runtime.language}:${parts.slice(0, versionParts).join(".")}.v${parts.at(-1)}`;
  },
});

const STARTS: Readonly<Record<RuntimeLanguage, Start>> = {
  nodejs: managed({
    client: "bootstrap.mjs",
    args: (runtime, target) => nodeArgs(runtime.name, interpreterOf(runtime).version, target),
    variables({ target, sandbox }) {
      const major = /\d+/.exec(target.runtime)![0];
      const paths = [`/opt/nodejs/node${major}/node_modules`, "/opt/nodejs/node_modules", SDK_TARGETS.nodejs, RUNTIME_DIRECTORY, "/var/task"];
      return { NODE_PATH: target.environment["NODE_PATH"] ?? paths.map((path) => sandbox.path(path)).join(":") };
    },
    versionParts: 1,
    waiting: "waiting.mjs",
    waitingVariables: {},
    forksAs: (_, { memoryMb }) => (memoryMb <= MEMORY_MB_PER_CPU ? "nodejs" : undefined),
  }),
  python: managed({
    client: "bootstrap.py",
    args: () => PYTHON_ARGS,
    variables({ target, sandbox }) {
      const own = target.environment["PYTHONPATH"];
      return { PYTHONPATH: [sandbox.path(SDK_TARGETS.python), ...(own === undefined ? [] : [own])].join(":"), ...PYTHON_ENCODING, _LAMBDAD_OPT: sandbox.path("/opt") };
    },
    versionParts: 2,
    waiting: "waiting.py",
    waitingVariables: PYTHON_ENCODING,
    forksAs: ({ interpreter }) => (canFork(interpreter!.version) ? "python" : undefined),
  }),
  java: javaStart,
  ruby: rubyStart,
  // The program is the function's or a layer's. AWS_EXECUTION_ENV is not there ("Defined runtime environment variables": not for OS-only runtimes).
  provided: {
    mounts: () => [],
    program({ sandbox, mounts }) {
      const found = findEntrypoint(BOOTSTRAPS, mounts);
      return "failure" in found ? found : { command: sandbox.path(found.path), args: [], hasLog: true };
    },
    variables: () => ({}),
    version: ({ name }) => `${name.replace(".", ":")}.v${OS_ONLY_VERSION}`,
  },
};

export const startOf = ({ language }: Runtime): Start => STARTS[language];
