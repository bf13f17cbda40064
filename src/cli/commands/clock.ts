import type { Command } from "commander";
import { usageError } from "../cli-error.ts";
import { clientCommand, type Exit, type Outcome } from "../command.ts";
import type { Output } from "../output.ts";
import { callPlatform } from "../platform-client.ts";

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;

export const checkDuration = (text: string, example: string): string => {
  if (DURATION.test(text)) return text;
  throw usageError(`${JSON.stringify(text)} is no duration`, "it must be a number with ms, s, m, h or d behind it", [`write it as in ${example}`]);
};

interface ClockReply {
  now: string;
  fired?: { name: string; at: number | string }[];
}

/** The platform's own time: retries, schedules and retention go by it; handlers and signatures do not. */
export const addClock = (program: Command, exit: Exit): void => {
  const clock = program.command("clock").description("the platform's clock: move it forward, and what is due fires");
  const advance = clock.command("advance").argument("<duration>", "how far, as in 2m, 90s, 6h").description("move the clock forward; what falls due has fired when this returns");
  clientCommand(advance, exit, async ({ out, client }, duration) => {
    const input = { advance: checkDuration(duration!, "lambdad clock advance 2m") };
    return tell(out, (await callPlatform(client, "POST", "clock", input)).body as ClockReply);
  });
  clientCommand(clock.command("now").description("the platform's time"), exit, async ({ out, client }) =>
    tell(out, (await callPlatform(client, "GET", "clock")).body as ClockReply),
  );
};

const tell = (out: Output, reply: ClockReply): Outcome => {
  if (!out.isJson) {
    out.line(reply.now);
    for (const { name } of reply.fired ?? []) out.note(`fired  ${name}`);
  }
  out.succeed(reply);
  return {};
};
