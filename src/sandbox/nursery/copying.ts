import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findKoffi } from "../find-koffi.ts";
import { FORK_FLAGS, forkFilter } from "../fork-filter.ts";
import type { Architecture } from "../seccomp.ts";

/** What it takes to copy a Node.js (runtimes/nodejs/zygote): files of the host. */
export interface Copying {
  /** koffi's compiled module. */
  koffi: string;
  /** The compiled seccomp program for a Node.js that is to be copied. */
  filter: string;
}

/** Of a nursery's own files: sandboxes lose it with all that is in it. */
export const PLACE = "/run/lambdad";
export const PLACES = { filter: join(PLACE, "filter"), koffi: join(PLACE, "koffi.node"), forkFilter: join(PLACE, "fork-filter") };

const ZYGOTE = "/var/runtime/zygote/zygote.mjs";
const PROGRAM = "/var/runtime/wait.mjs";

/** Undefined where koffi was not installed: a Node.js is started then. */
export const findCopying = (directory: string): Copying | undefined => {
  const koffi = findKoffi();
  if (koffi === undefined) return undefined;
  const filter = join(directory, "fork-filter");
  writeFileSync(filter, forkFilter(process.arch as Architecture), { mode: 0o600 });
  return { koffi, filter };
};

/** Those of the program that waits, for the one that is copied in its place. */
export const copyingArgs = (args: readonly string[]): string[] => [
  ...FORK_FLAGS, ...args.slice(0, -1), ZYGOTE,
  JSON.stringify({ koffi: PLACES.koffi, filter: PLACES.filter, program: PROGRAM, flags: FORK_FLAGS }),
];
