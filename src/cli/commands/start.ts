import type { Command } from "commander";
import { Option } from "commander";
import type { Log } from "../../kit/log.ts";
import { closeInherited } from "../../sandbox/inherited.ts";
import { CliError, EXIT, usageError } from "../cli-error.ts";
import { localCommand, withOutputOptions, type CommandContext, type Exit, type Outcome } from "../command.ts";
import { readConfig, readConfigFile, type Config } from "../config.ts";
import { claimDirectory, type Claim } from "../data-directory.ts";
import { printBanner, printNotices } from "../banner.ts";
import { prepareSdks } from "../prepare.ts";
import { SETTINGS, type Setting } from "../settings.ts";
import { waitForEnd } from "../stop.ts";

const SETTING_OPTIONS = SETTINGS.map((setting) => ({ setting, option: optionOf(setting) }));

function optionOf({ flag, help, variable, isRepeatable, default: fallback }: Setting): Option {
  const isText = typeof fallback === "string" || typeof fallback === "number";
  const option = new Option(flag, `${help} [${variable}${isText ? `=${fallback}` : ""}]`);
  if (isRepeatable) option.argParser((value: string, before: string | undefined) => (before === undefined ? value : `${before},${value}`));
  return option;
}

export const addStart = (program: Command, exit: Exit): void => {
  const command = program.command("start").description("start the server in the foreground (also without the word start)");
  for (const { option } of SETTING_OPTIONS) command.addOption(option);
  command.option("--config <file>", "config file (default: lambdad.config.json where there is one)");
  command.addHelpText("after", "\nIn brackets: the variable that sets it too, with its default.");
  localCommand(withOutputOptions(command), exit, start);
};

const start = async (context: CommandContext): Promise<Outcome> => {
  const { out, options, environment } = context;
  closeInherited();
  const flags = Object.fromEntries(SETTING_OPTIONS.map(({ setting, option }) => [setting.key, options[option.attributeName()]]));
  const file = readConfigFile(typeof options["config"] === "string" ? options["config"] : undefined, environment);
  const { notices, ...config } = readConfig(flags, environment, file);
  const claim = claimDirectory(config.dataDirectory);
  try {
    printNotices(out, notices);
    return await serve(context, config, claim);
  } finally {
    claim.release();
    // What was begun behind the start (a pip that waits for the network) shall not hold the end.
    setImmediate(() => process.exit());
  }
};

const serve = async (context: CommandContext, config: Config, claim: Claim): Promise<Outcome> => {
  const { out, wall } = context;
  const began = wall.monotonic();
  const [{ createServerLog }, { createPlatform }] = await Promise.all([import("../server-log.ts"), import("../../main.ts")]);
  const log = createServerLog(config, process.stderr);
  const platform = await createPlatform(config, log).catch((error: unknown) => {
    throw explainStart(error, config);
  });
  claim.tell({ pid: process.pid, endpoint: platform.endpoint });
  // Before Ready. is said: whoever reads it may send the signal at once.
  const ended = waitForEnd(wall);
  await printBanner(out, { endpoint: platform.endpoint, config, milliseconds: Math.round(wall.monotonic() - began) });
  if (out.isJson) out.object({ schemaVersion: 1, command: "start", status: "ok", data: { endpoint: platform.endpoint, pid: process.pid }, warnings: [], error: null });
  else out.line(platform.endpoint);
  out.line("Ready.");
  if (config.prepareSdks) void prepareBehind(config, log);
  const end = await ended;
  out.note(`stopping on ${end.signal}: what runs may finish; a second one ends it at once`);
  await platform.close();
  return { exitCode: EXIT.ok };
};

/** Functions run meanwhile; only a Python handler that wants boto3 may come too early. A Java function waits for its client, and is told what is wrong with it. */
const prepareBehind = async (config: Config, log: Log): Promise<void> => {
  try {
    for await (const { what, isReady, message } of prepareSdks(config)) log[isReady ? "debug" : what === "AWS's client for Java" ? "info" : "warn"](message);
  } catch (error) {
    log.warn("what AWS's runtimes bring along could not be prepared: lambdad runtimes prepare tries it again", { error: (error as Error).message });
  }
};

const explainStart = (error: unknown, { host, port, dataDirectory }: Config): unknown => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new CliError("PORT_IN_USE", `port ${port} of ${host} is taken`, {
      why: "another server, lambdad or not, listens there",
      actions: ["stop it", "take another port: lambdad start --port 4567", "take any free one: lambdad start --port 0"],
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    return new CliError("CANNOT_LISTEN", `cannot listen on ${host}, port ${port}`, { why: message, actions: ["take an address of this machine and a port from 1024 on"], cause: error });
  }
  const [why, fix] = message.split(/\. Fix: /);
  if (fix !== undefined && message.startsWith("--")) return usageError(why!, undefined, [fix]);
  if (fix !== undefined) return new CliError("CANNOT_START", why!, { actions: [fix], cause: error });
  if (/written by a newer lambdad/.test(message)) {
    return new CliError("DATA_TOO_NEW", `the data in ${dataDirectory} cannot be opened`, { why: message, actions: ["use another directory: lambdad start --data-dir .lambdad-old"], cause: error });
  }
  return error;
};
