import type { Command } from "commander";
import { clientCommand, type Exit } from "../command.ts";
import type { Output } from "../output.ts";
import { callPlatform } from "../platform-client.ts";

export interface Health {
  status: string;
  version: string;
  pid: number;
  endpoint: string;
  isolation: { name: string; isBoundary: boolean; network: string; internet: string; warnings: readonly string[] };
  services: Record<string, string>;
  runtimes: { runtime: string; version?: string; path?: string; isExact?: boolean }[];
}

export const addHealth = (program: Command, exit: Exit): void => {
  const command = program.command("health").description("what the running server says of itself; exit code 3 when none answers");
  clientCommand(command, exit, async ({ out, client }) => {
    const health = (await callPlatform(client, "GET", "health")).body as Health;
    if (!out.isJson) printHealth(out, health);
    out.succeed(health);
    return {};
  });
};

const printHealth = (out: Output, health: Health): void => {
  const { name, isBoundary, network, internet, warnings } = health.isolation;
  out.line(`${health.status}  lambdad ${health.version}, pid ${health.pid}, ${health.endpoint}`);
  out.line(`isolation  ${name}${isBoundary ? "" : " (no security boundary)"}, network ${network}, internet ${internet}`);
  for (const warning of warnings) out.line(`           ${warning}`);
  out.line(`services   ${Object.keys(health.services).join(" ")}`);
  out.line(`runtimes   ${health.runtimes.map(({ runtime, version }) => (version === undefined ? runtime : `${runtime} (${version})`)).join(", ") || "none found"}`);
};
