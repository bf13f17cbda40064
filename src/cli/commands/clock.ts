import type { Command } from "commander";
import { usageError } from "../cli-error.ts";
import { clientCommand, type ClientContext, type Exit, type Outcome } from "../command.ts";
import { callPlatform } from "../platform-client.ts";

const DURATION = /^\d+(\.\d+)?(ms|s|m|h|d)$/;

export const checkDuration = (text: string, example: string): string => {
  if (DURATION.test(text)) return text;
  throw usageError(`${JSON.stringify(text)} is no duration`, "it must be a number with ms, s, m, h or d behind it", [`write it as in ${example}`]);
};

interface ClockReply {
  now: string;
  fired: { name: string; at: number | string }[];
}

/** The platform's own time: retries, schedules and retention go by it; handlers and signatures do not. */
export const addClock = (program: Command, exit: Exit): void => {
  const clock = program.command("clock").description("the platform's clock: move it forward, and what is due fires");
  const advance = clock.command("advance").argument("<duration>", "how far, as in 2m, 90s, 6h").description("move the clock forward; what falls due has fired when this returns");
  clientCommand(advance, exit, async (context, duration) => move(context, checkDuration(duration!, "lambdad clock advance 2m")));
  clientCommand(clock.command("now").description("the platform's time"), exit, async (context) => move(context, "0s"));
};

const move = async ({ out, client }: ClientContext, advance: string): Promise<Outcome> => {
  const reply = (await callPlatform(client, "POST", "clock", { advance })).body as ClockReply;
  if (!out.isJson) {
    out.line(reply.now);
    for (const { name } of reply.fired) out.note(`fired  ${name}`);
  }
  out.succeed(reply);
  return {};
};
