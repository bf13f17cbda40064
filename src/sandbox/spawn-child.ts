import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/** More than a child with six streams takes while it is made. */
const DESCRIPTORS = 20;

/**
 * `spawn` of Node's, which loses the pipes that it has made, and ends the server with an event that nobody can listen to yet, when it
 * runs out of file descriptors half-way. So it is looked first whether there are enough: here it throws, and leaves nothing.
 */
export const spawnChild = (command: string, args: readonly string[], options: SpawnOptions): ChildProcess => {
  const taken: number[] = [];
  try {
    while (taken.length < DESCRIPTORS) taken.push(openSync(devNull, "r"));
  } catch (error) {
    throw new Error(`${command} cannot be started, as this server has too many files open`, { cause: error });
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
  return spawn(command, args, options);
};
