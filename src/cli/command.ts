import { Command, Option } from "commander";
import { createClock, keepAlive, type Clock } from "../kit/clock.ts";
import { EXIT } from "./cli-error.ts";
import { processEnvironment, readClientConfig, type ClientConfig, type Environment } from "./config.ts";
import { explainFailure } from "./explain-failure.ts";
import { createOutput, exitCodeOf, wantsColor, type Output } from "./output.ts";

/** What a command is given. */
export interface CommandContext {
  out: Output;
  options: Readonly<Record<string, unknown>>;
  environment: Environment;
  /** Wall time. */
  wall: Clock;
}

export interface ClientContext extends CommandContext {
  client: ClientConfig;
}

/** What a command ends with, when not with 0; it has printed what it had to say. */
export interface Outcome {
  exitCode?: number;
}

type Action<C> = (context: C, ...args: string[]) => Promise<Outcome>;

/** Exit code of the command that ran; main.ts hands it to the process. */
export interface Exit {
  code: number;
}

/** `--json` and `--no-color`, on every command. */
export const withOutputOptions = (command: Command): Command =>
  command.addOption(new Option("--json", "one JSON envelope on stdout")).addOption(new Option("--no-color", "no colours"));

export const withClientOptions = (command: Command): Command =>
  withOutputOptions(command)
    .option("--endpoint <url>", "the server (default: AWS_ENDPOINT_URL, or http://127.0.0.1:4566)")
    .option("--region <region>", "region (default: AWS_REGION, AWS_DEFAULT_REGION, or us-east-1)")
    .option("--account <id>", "account of 12 digits to act in, as its root (default: 000000000000)");

export const clientCommand = (command: Command, exit: Exit, action: Action<ClientContext>): Command =>
  localCommand(withClientOptions(command), exit, (context, ...args) =>
    action({ ...context, client: readClientConfig(context.options, context.environment) }, ...args),
  );

/** Runs the action, prints what it failed with, and keeps the exit code. Ctrl-C ends a command at once, unless it takes the signal over. */
export const localCommand = (command: Command, exit: Exit, action: Action<CommandContext>): Command =>
  command.action(async (...args: unknown[]) => {
    const options = command.optsWithGlobals<Record<string, unknown>>();
    const environment = processEnvironment();
    const out = createOutput({
      command: fullName(command),
      isJson: options["json"] === true,
      isColor: wantsColor(options["color"] !== false, environment, [process.stdout, process.stderr]),
      stdout: process.stdout,
      stderr: process.stderr,
    });
    process.once("SIGINT", () => process.exit(EXIT.interrupted));
    const letGo = keepAlive();
    const names = args.slice(0, -2).flat() as string[];
    try {
      const outcome = await action({ out, options, environment, wall: createClock() }, ...names);
      exit.code = outcome.exitCode ?? EXIT.ok;
    } catch (error) {
      const failure = explainFailure(error);
      out.fail(failure);
      exit.code = exitCodeOf(failure);
    } finally {
      letGo();
    }
  });

/** `clock advance`, without the program's own name. */
const fullName = (command: Command): string => (command.parent?.parent ? `${fullName(command.parent)} ${command.name()}` : command.name());
