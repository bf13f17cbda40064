import { existsSync } from "node:fs";
import type { IsolationName } from "../../src/sandbox/sandbox.ts";
import { hasBubblewrap } from "./isolation.ts";
import { eventually } from "./temporary.ts";

/** A way in which environments come to be. Every one must keep what is asserted of its isolation: a new one is one more row. */
export interface Mode {
  name: string;
  isolation: IsolationName;
  /** What the server is started with. */
  flags: readonly string[];
  isHere: boolean;
  /** Whether the hash of a Python string differs from environment to environment: not where an interpreter is copied that has drawn its seed already. */
  hasOwnHashSeed: boolean;
  /** Waits until the server would make the next environment in this way, by what it says of itself. */
  untilPrepared(endpoint: string): Promise<void>;
}

const cold = { hasOwnHashSeed: true, untilPrepared: () => Promise.resolve() };

/** As many wait as shall, of every kind that there is by now. */
const untilReady = async (endpoint: string): Promise<void> => {
  await eventually("prepared sandboxes", async () => {
    const { prepared } = (await (await fetch(`${endpoint}/_lambdad/health`)).json()) as { prepared?: { ready: number; wanted: number } };
    return prepared !== undefined && prepared.wanted > 0 && prepared.ready === prepared.wanted;
  }, 60_000);
};

/** Where the server is root and the system has a Python, sandboxes can be made in advance. */
export const canPrepare = hasBubblewrap() && process.getuid?.() === 0 && existsSync("/usr/bin/python3");

export const MODES: readonly Mode[] = [
  { name: "bubblewrap", isolation: "bubblewrap", flags: ["--isolation", "bubblewrap", "--prepared", "0"], isHere: hasBubblewrap(), ...cold },
  { name: "bubblewrap, prepared", isolation: "bubblewrap", flags: ["--isolation", "bubblewrap", "--prepared", "2"], isHere: canPrepare, hasOwnHashSeed: false, untilPrepared: untilReady },
  { name: "process", isolation: "process", flags: ["--isolation", "process"], isHere: true, ...cold },
];
