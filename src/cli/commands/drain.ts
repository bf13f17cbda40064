import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { clientCommand, type Exit } from "../command.ts";
import { callPlatform } from "../platform-client.ts";
import { checkDuration } from "./clock.ts";

export const addDrain = (program: Command, exit: Exit): void => {
  const command = program
    .command("drain")
    .description("wait until nothing is queued, due or in flight; exit code 1 with what is left")
    .option("--timeout <duration>", "how long at most", "30s");
  clientCommand(command, exit, async ({ out, client, options }) => {
    const timeout = checkDuration(String(options["timeout"]), "lambdad drain --timeout 30s");
    const reply = await callPlatform(client, "POST", "drain", { timeout }, [408]);
    if (reply.status === 408) {
      const { left } = reply.body as { left?: unknown };
      throw new CliError("NOT_DRAINED", `work was left after ${timeout}`, {
        why: JSON.stringify(left ?? reply.body),
        actions: ["wait longer with --timeout", "let retries come due now: lambdad clock advance 2m"],
        isRetryable: true,
      });
    }
    if (!out.isJson) out.line("quiet");
    out.succeed(reply.body);
    return {};
  });
};
