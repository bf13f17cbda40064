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
import { addMail } from "./commands/mail.ts";
import { addRuntimes } from "./commands/runtimes.ts";
import { addStart } from "./commands/start.ts";
import { addWhy } from "./commands/why.ts";
import { processEnvironment } from "./config.ts";
import { createOutput, wantsColor } from "./output.ts";
import { version } from "./version.ts";

/** Runs one command line. The exit code is left to the process, so that what is still being written gets out. */
export const run = async (args: readonly string[]): Promise<void> => {
  const exit: Exit = { code: EXIT.ok };
  const given = withDefault(args);
  bearClosedPipes(given[0] === "start");
  try {
    await createProgram(exit).parseAsync(given, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Asking for help is no error, and help that was not asked for has been printed.
    exit.code = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error.exitCode !== 0) explainUsage(args, error);
  }
  process.exitCode = exit.code;
};

/** Whoever reads (`| head`) has seen enough: a command ends then, the server goes on. */
const bearClosedPipes = (isServer: boolean): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (!isServer) process.exit(EXIT.ok);
    });
  }
};

/** `lambdad` and `lambdad --port 0` start the server. */
const withDefault = (args: readonly string[]): readonly string[] => {
  const [first] = args;
  const isAboutItself = first !== undefined && ["-h", "--help", "-V", "--version"].includes(first);
  return first === undefined || (first.startsWith("-") && !isAboutItself) ? ["start", ...args] : args;
};

const explainUsage = (args: readonly string[], { code, message }: CommanderError): void => {
  const isJson = args.includes("--json");
  const isHelp = code === "commander.help";
  if (isHelp && !isJson) return;
  const streams = [process.stdout, process.stderr];
  const isColor = wantsColor(!args.includes("--no-color"), processEnvironment(), streams);
  const out = createOutput({ command: "", isJson, isColor, stdout: process.stdout, stderr: process.stderr });
  const [what, hint] = isHelp ? ["a command is missing"] : message.replace(/^error: /, "").split("\n");
  out.fail(usageError(what!, hint?.replace(/^\(|\)$/g, ""), ["lambdad --help lists the commands, and lambdad <command> --help its options"]));
};

const createProgram = (exit: Exit): Command => {
  const program = new Command("lambdad")
    .description("AWS Lambda that you run yourself: one process, no Docker, no account.")
    .version(version)
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  for (const add of [addStart, addInvoke, addLogs, addWhy, addMail, addRuntimes, addDemo, addHealth, addClock, addDrain, addEnv]) add(program, exit);
  program.addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 usage, 3 no server, 4 the function failed,\n130 interrupted");
  return overrideExits(program);
};

/** Commander's subcommands exit by themselves unless each is told. */
const overrideExits = (command: Command): Command => {
  command.exitOverride();
  for (const sub of command.commands) overrideExits(sub);
  return command;
};
