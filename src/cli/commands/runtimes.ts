import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { clientCommand, localCommand, withOutputOptions, type Exit } from "../command.ts";
import { readConfig, readConfigFile } from "../config.ts";
import { tableLines, type Output } from "../output.ts";
import { callPlatform } from "../platform-client.ts";
import { prepareSdks, type Preparation } from "../prepare.ts";

interface Listing {
  runtime: string;
  version?: string;
  path?: string;
  isExact: boolean;
}

export const addRuntimes = (program: Command, exit: Exit): void => {
  const command = program.command("runtimes").description("which interpreter answers to each runtime name, and what is missing");
  clientCommand(command, exit, async ({ out, client }) => {
    const { runtimes } = (await callPlatform(client, "GET", "runtimes")).body as { runtimes: Listing[] };
    if (!out.isJson) print(out, runtimes);
    out.succeed({ runtimes });
    return {};
  });
  const prepare = command.command("prepare").description("fetch the AWS SDK for Python and AWS's client for Java into the data directory; no server is needed").option("--data-dir <path>", "where everything is kept [LAMBDAD_DATA_DIR]");
  localCommand(withOutputOptions(prepare), exit, async ({ out, options, environment }) => {
    const config = readConfig({ dataDirectory: options["dataDir"] }, environment, readConfigFile(undefined, environment));
    const messages: string[] = [];
    let failed: Preparation | undefined;
    for await (const preparation of prepareSdks(config)) {
      if (!preparation.isReady) failed ??= preparation;
      else if (messages.push(preparation.message) && !out.isJson) out.line(preparation.message);
    }
    if (failed !== undefined) throw new CliError("NOT_PREPARED", `${failed.what} is not there`, { why: failed.message, actions: ["try again online: lambdad runtimes prepare", failed.instead], isRetryable: true });
    out.succeed({ messages });
    return {};
  });
};

const print = (out: Output, runtimes: readonly Listing[]): void => {
  const rows = runtimes.map(({ runtime, version, path, isExact }) => [runtime, version ?? "-", path ?? "-", isExact ? (path === undefined ? "the package brings its bootstrap" : "") : path === undefined ? "not installed" : "the nearest one"]);
  for (const line of tableLines([["RUNTIME", "VERSION", "PATH", ""], ...rows])) out.line(line);
  if (runtimes.some(({ isExact }) => !isExact)) out.note("to have an exact one: install it, or name it with lambdad start --runtime <runtime>=<path>");
};
