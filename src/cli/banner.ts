import { clockText, isolationText, type Health } from "./commands/health.ts";
import { variablesOf } from "./commands/env.ts";
import type { Config, ConfigNotices } from "./config.ts";
import type { Output } from "./output.ts";
import { callPlatform } from "./platform-client.ts";

/** One line of what LocalStack's variables came to, when there are any. */
export const printNotices = (out: Output, { understood, ignored }: ConfigNotices): void => {
  if (understood.length + ignored.length === 0) return;
  const parts = [understood.length > 0 ? `understood ${understood.join("; ")}` : "", ignored.length > 0 ? `not needed ${ignored.join("; ")}` : ""];
  out.note(`variables  ${parts.filter((part) => part !== "").join(" · ")}`);
};

const NO_PYTHON = "no Python is on this machine: functions of python3.x cannot run. Fix: apt install python3, or name one with --runtime python3.13=/path/to/python3";

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

/** What a person wants to know of the server that has just come up; all of it on stderr. */
export const printBanner = async (out: Output, { endpoint, config, milliseconds }: { endpoint: string; config: Config; milliseconds: number }): Promise<void> => {
  const client = { endpoint, region: config.defaultRegion, account: undefined };
  const { isolation, clock, runtimes, version } = (await callPlatform(client, "GET", "health")).body as Health;
  const row = (name: string, text: string) => out.note(`  ${out.paint("dim", name.padEnd(10))} ${text}`);
  out.note(`${out.paint("bold", `lambdad ${version}`)} in ${milliseconds} ms`);
  row("endpoint", endpoint);
  if (!isLoopback(config.host)) row("", out.paint("yellow", `everybody who reaches ${config.host} is root with the key test / test: leave --host out, or let a firewall decide who does`));
  row("isolation", isolationText(isolation));
  for (const warning of isolation.warnings) row("", out.paint("yellow", warning));
  row("iam", { enforce: "policies are enforced", soft: "soft: refusals are recorded, not made", off: "off: no policy is asked" }[config.iam]);
  row("runtimes", runtimes.filter(({ isExact }) => isExact).map(({ runtime }) => runtime).join(" ") || "no exact one: lambdad runtimes shows what answers instead");
  if (!runtimes.some(({ runtime }) => runtime.startsWith("python"))) row("", out.paint("yellow", NO_PYTHON));
  row("data", config.dataDirectory);
  if (clock.aheadMs > 0) row("clock", out.paint("yellow", clockText(clock)));
  row("key", "test / test is root of account 000000000000");
  out.note("");
  for (const [name, value] of Object.entries(variablesOf(client)).slice(0, 4)) out.note(`  export ${name}=${value}`);
  out.note("");
  out.note(`  next: npm run demo, aws lambda list-functions, npx lambdad logs -f`);
};
