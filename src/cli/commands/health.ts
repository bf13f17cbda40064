import type { Command } from "commander";
import { clientCommand, type Exit } from "../command.ts";
import { aheadText } from "./clock.ts";
import type { Output } from "../output.ts";
import { callPlatform } from "../platform-client.ts";

export interface Health {
  status: string;
  version: string;
  pid: number;
  endpoint: string;
  isolation: { name: string; isBoundary: boolean; network: string; internet: string; warnings: readonly string[] };
  /** Platform time, and how far it is ahead of the wall's. */
  clock: { now: string; aheadMs: number };
  /** Sandboxes that wait for a function. */
  prepared?: { ready: number; wanted: number };
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

export const isolationText = ({ name, isBoundary, network, internet }: Health["isolation"]): string =>
  `${name}${isBoundary ? "" : " (no security boundary)"}, network ${network}, internet ${internet}`;

/** Of one that was moved. */
export const clockText = ({ now, aheadMs }: Health["clock"]): string => `${now}, ${aheadText(aheadMs)} ahead: it was moved. lambdad clock reset and a new start give the wall's time back`;

const printHealth = (out: Output, { status, version, pid, endpoint, isolation, clock, prepared, services, runtimes }: Health): void => {
  const row = (name: string, text: string) => out.line(`${name.padEnd(9)}  ${text}`);
  const exact = runtimes.filter(({ isExact }) => isExact);
  const others = runtimes.filter(({ isExact }) => !isExact);
  row("status", `${status}: lambdad ${version}, pid ${pid}`);
  row("endpoint", endpoint);
  row("isolation", isolationText(isolation));
  for (const warning of isolation.warnings) row("", warning);
  if (clock.aheadMs > 0) row("clock", clockText(clock));
  if (prepared !== undefined) row("prepared", `${prepared.ready} of ${prepared.wanted} sandboxes wait for a function`);
  row("services", Object.keys(services).join(" "));
  row("runtimes", exact.map(({ runtime }) => runtime).join(" ") || "none found");
  for (const [version, names] of Map.groupBy(others, (one) => one.version)) row("", `${names.map(({ runtime }) => runtime).join(" ")} (by ${version ?? "another one"})`);
};
