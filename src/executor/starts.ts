import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../kit/assert.ts";
import type { Mount, Sandbox } from "../sandbox/sandbox.ts";
import { nodeArgs, PYTHON_ARGS } from "./command.ts";
import type { Interpreter } from "./discover.ts";
import { findEntrypoint } from "./entrypoint.ts";
import type { FunctionTarget } from "./executor.ts";
import type { Failure } from "./failures.ts";
import type { Runtime, RuntimeLanguage } from "./runtimes.ts";
import { SDK_TARGETS, sdkMounts } from "./sdk.ts";

/** What stands around the start of a runtime. */
export interface StartFacts {
  target: FunctionTarget;
  runtime: Runtime;
  sandbox: Pick<Sandbox, "path">;
  /** All that the sandbox was made with. */
  mounts: readonly Mount[];
}

export interface Program {
  command: string;
  args: string[];
}

/** How the runtimes of one language are started. */
interface Start {
  /** Beside the function's code and layers. */
  mounts(runtime: Runtime, dataDirectory: string): Mount[];
  program(facts: StartFacts): Program | { failure: Failure };
  /** Beside those that every function has; over the function's own. */
  variables(facts: StartFacts): Record<string, string>;
  /** As INIT_START says it: `python:3.13.v2`. */
  version(runtime: Runtime): string;
}

/** Our runtime clients; beside `src/` in the repository, beside `dist/` in the package. */
const clients = fileURLToPath(new URL("../../runtimes", import.meta.url));
const RUNTIME_DIRECTORY = "/var/runtime";
const BOOTSTRAPS = ["/var/task/bootstrap", "/opt/bootstrap"];
/** Counts up when what a custom runtime finds in its environment changes. */
const OS_ONLY_VERSION = 1;

const interpreterOf = ({ name, interpreter }: Runtime): Interpreter => {
  assert(interpreter !== undefined, `${name} is run by an interpreter`);
  return interpreter;
};

/** The interpreter with its libraries, at its own path; what lies under /usr is in every sandbox. */
const interpreterMounts = ({ path }: Interpreter): Mount[] => {
  const real = realpathSync(path);
  const [prefix, named] = [dirname(dirname(real)), dirname(dirname(path))];
  const own = isOfSystem(prefix) ? [] : [{ source: prefix, target: prefix }];
  if (isOfSystem(realpathSync(dirname(path))) || path.startsWith(`${prefix}/`)) return own;
  // A virtual environment has its packages beside its link; of another link there is nothing but itself.
  return [...own, existsSync(join(named, "pyvenv.cfg")) ? { source: named, target: named } : { source: real, target: path }];
};
const isOfSystem = (path: string): boolean => path === "/usr" || path.startsWith("/usr/");

interface Managed {
  /** The runtime client, in `runtimes/<language>`. */
  client: string;
  /** Between the interpreter and the client. */
  args(runtime: Runtime, target: FunctionTarget): string[];
  variables(facts: StartFacts): Record<string, string>;
  /** How many parts of the interpreter's version name the runtime. */
  versionParts: number;
}

/** A language that AWS brings: an interpreter of this machine runs our client, which loads the handler. */
const managed = ({ client, args, variables, versionParts }: Managed): Start => ({
  mounts: (runtime, dataDirectory) => [{ source: join(clients, runtime.language), target: RUNTIME_DIRECTORY }, ...sdkMounts(runtime, dataDirectory), ...interpreterMounts(interpreterOf(runtime))],
  program: ({ runtime, target, sandbox }) => ({ command: interpreterOf(runtime).path, args: [...args(runtime, target), join(sandbox.path(RUNTIME_DIRECTORY), client)] }),
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
  }),
  python: managed({
    client: "bootstrap.py",
    args: () => PYTHON_ARGS,
    variables({ target, sandbox }) {
      const own = target.environment["PYTHONPATH"];
      return { PYTHONPATH: [sandbox.path(SDK_TARGETS.python), ...(own === undefined ? [] : [own])].join(":"), LC_CTYPE: "C.UTF-8", _LAMBDAD_OPT: sandbox.path("/opt") };
    },
    versionParts: 2,
  }),
  // The program is the function's or a layer's. AWS_EXECUTION_ENV is not there ("Defined runtime environment variables": not for OS-only runtimes).
  provided: {
    mounts: () => [],
    program({ sandbox, mounts }) {
      const found = findEntrypoint(BOOTSTRAPS, mounts);
      return "failure" in found ? found : { command: sandbox.path(found.path), args: [] };
    },
    variables: () => ({}),
    version: ({ name }) => `${name.replace(".", ":")}.v${OS_ONLY_VERSION}`,
  },
};

export const startOf = ({ language }: Runtime): Start => STARTS[language];
