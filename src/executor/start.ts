import type { Mount, Sandbox, WaitingProgram } from "../sandbox/sandbox.ts";
import type { FunctionTarget } from "./executor.ts";
import type { Failure } from "./failures.ts";
import type { Runtime } from "./runtimes.ts";

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
  /** AWS's own client may be in it, which frames what is logged and writes it to a pipe of its own (`_LAMBDA_TELEMETRY_LOG_FD`). */
  hasLog?: boolean;
  /** It is a client of ours, and speaks with the server over a channel where there is one. */
  hasChannel?: boolean;
}

/** How the runtimes of one language are started. */
export interface Start {
  /** Beside the function's code and layers. */
  mounts(runtime: Runtime, dataDirectory: string): Mount[];
  program(facts: StartFacts): Program | { failure: Failure };
  /** The program as it can be started in advance, where it can be. It becomes the function's by being told its variables. */
  waiting?(facts: Pick<StartFacts, "target" | "runtime">): WaitingProgram | undefined;
  /** Beside those that every function has; over the function's own. */
  variables(facts: StartFacts): Record<string, string>;
  /** As INIT_START says it: `python:3.13.v2`. */
  version(runtime: Runtime): string;
}
