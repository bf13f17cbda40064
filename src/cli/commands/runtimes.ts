import type { Command } from "commander";
import { clientCommand, type Exit } from "../command.ts";
import { tableLines, type Output } from "../output.ts";
import { callPlatform } from "../platform-client.ts";

interface Listing {
  runtime: string;
  version?: string;
  path?: string;
  isExact: boolean;
  note?: string;
}

export const addRuntimes = (program: Command, exit: Exit): Command => {
  const command = program.command("runtimes").description("which interpreter answers to each runtime name, and what is missing");
  clientCommand(command, exit, async ({ out, client }) => {
    const { runtimes } = (await callPlatform(client, "GET", "runtimes")).body as { runtimes: Listing[] };
    if (!out.isJson) print(out, runtimes);
    out.succeed({ runtimes });
    return {};
  });
  return command;
};

const print = (out: Output, runtimes: readonly Listing[]): void => {
  const rows = runtimes.map(({ runtime, version, path, isExact, note }) => [runtime, version ?? "-", path ?? "-", note ?? (isExact ? "" : "the nearest one")]);
  for (const line of tableLines([["RUNTIME", "VERSION", "PATH", ""], ...rows])) out.line(line);
};
