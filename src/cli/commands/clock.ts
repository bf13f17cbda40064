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
  /** Before the wall's time, in milliseconds. */
  aheadMs: number;
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
  const reset = clock.command("reset").description("let the next start begin with the wall's time again: the clock stays ahead through restarts");
  clientCommand(reset, exit, async ({ out, client }) => {
    const reply = (await callPlatform(client, "POST", "clock", { reset: true })).body as ClockReply;
    if (!out.isJson) {
      out.line(reply.aheadMs === 0 ? "the clock runs with the wall's time" : `the clock is ${aheadText(reply.aheadMs)} ahead until the server ends; its next start begins with the wall's time`);
      if (reply.aheadMs > 0) out.note("what was written meanwhile falls due when the wall's time has come to it");
    }
    out.succeed(reply);
    return {};
  });
};

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000]] as const;

/** To the second, in its two largest units: `2d 3h`. */
export const aheadText = (ms: number): string => {
  if (ms < 1_000) return `${ms}ms`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1_000) * 1_000;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(" ");
};

const tell = (out: Output, reply: ClockReply): Outcome => {
  if (!out.isJson) {
    out.line(reply.now);
    for (const [name, all] of Map.groupBy(reply.fired ?? [], (one) => one.name)) out.note(`fired  ${name}${all.length === 1 ? "" : ` (${all.length} times)`}`);
  }
  out.succeed(reply);
  return {};
};
