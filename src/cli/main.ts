import { Command, CommanderError } from "commander";
import { EXIT, usageError } from "./cli-error.ts";
import type { Exit } from "./command.ts";
import { addClock } from "./commands/clock.ts";
import { addDemo } from "./commands/demo.ts";
import { addDrain } from "./commands/drain.ts";
import { addEnv } from "./commands/env.ts";
import { addHealth } from "./commands/health.ts";
import { addInvoke } from "./commands/invoke.ts";
import { addLogs } from "./commands/logs.ts";
import { addRuntimes } from "./commands/runtimes.ts";
import { addStart } from "./commands/start.ts";
import { addWhy } from "./commands/why.ts";
import { createOutput } from "./output.ts";
import { version } from "./version.ts";

/** Runs one command line. The exit code is left to the process, so that what is still being written gets out. */
export const run = async (args: readonly string[]): Promise<void> => {
  const exit: Exit = { code: EXIT.ok };
  try {
    await createProgram(exit).parseAsync(withDefault(args), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed it; asking for help is no error.
    exit.code = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (exit.code === EXIT.usage && args.includes("--json")) failAsJson(error);
  }
  process.exitCode = exit.code;
};

/** `lambdad` and `lambdad --port 0` start the server. */
const withDefault = (args: readonly string[]): readonly string[] => {
  const [first] = args;
  const isAboutItself = first !== undefined && ["-h", "--help", "-V", "--version"].includes(first);
  return first === undefined || (first.startsWith("-") && !isAboutItself) ? ["start", ...args] : args;
};

const failAsJson = ({ message }: CommanderError): void => {
  const out = createOutput({ command: "", isJson: true, isColor: false, stdout: process.stdout, stderr: process.stderr });
  out.fail(usageError(message.replace(/^error: /, ""), undefined, ["lambdad --help lists the commands and their options"]));
};

const createProgram = (exit: Exit): Command => {
  const program = new Command("lambdad")
    .description("AWS Lambda that you run yourself: one process, no Docker, no account.")
    .version(version)
    .showHelpAfterError("(lambdad --help lists the commands)")
    .exitOverride();
  for (const add of [addStart, addInvoke, addLogs, addWhy, addRuntimes, addDemo, addHealth, addClock, addDrain, addEnv]) add(program, exit);
  program.addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 usage, 3 no server, 4 the function failed, 130 interrupted");
  return overrideExits(program);
};

/** Commander's subcommands exit by themselves unless each is told. */
const overrideExits = (command: Command): Command => {
  command.exitOverride();
  for (const sub of command.commands) overrideExits(sub);
  return command;
};
