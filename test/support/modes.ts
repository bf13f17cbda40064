import type { IsolationName } from "../../src/sandbox/sandbox.ts";
import { hasBubblewrap } from "./isolation.ts";

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

export const MODES: readonly Mode[] = [
  { name: "bubblewrap", isolation: "bubblewrap", flags: ["--isolation", "bubblewrap"], isHere: hasBubblewrap(), ...cold },
  { name: "process", isolation: "process", flags: ["--isolation", "process"], isHere: true, ...cold },
];
