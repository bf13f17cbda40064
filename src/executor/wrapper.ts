import type { Program, StartFacts } from "./start.ts";

const WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER";
const SHELL = "/bin/sh";

/** Says what is wrong with it as AWS's runtimes do, and leaves with their exit codes. */
const RUN = `if [ ! -f "$0" ]; then echo "$0: does not exist"; exit 127; fi
if [ ! -x "$0" ]; then echo "$0: is not an executable"; exit 126; fi
exec "$0" "$@"`;

/**
 * What the function's wrapper makes of its runtime: it is started instead, with the runtime's command behind it. Whether it starts that is its own matter,
 * so the Runtime API is all that is spoken. Runtimes of the package's own have none. Source: "Modifying the runtime environment", wrapper scripts.
 */
export const wrapped = (program: Program, { target, runtime, sandbox }: Pick<StartFacts, "target" | "runtime" | "sandbox">): Program => {
  const wrapper = target.environment[WRAPPER];
  if (wrapper === undefined || wrapper === "" || runtime.language === "provided") return program;
  return { ...program, command: SHELL, args: ["-c", RUN, sandbox.path(wrapper), program.command, ...program.args], hasChannel: false };
};
