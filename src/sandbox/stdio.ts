import { closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { runCommand } from "./run-command.ts";

export interface OutputPipes {
  stdout: Readable;
  stderr: Readable;
  /** Where it was asked for. */
  log?: Readable;
  /** The ends that are written to: file descriptors for a child to inherit, as 1, 2 and, for its log, 3. */
  writers: readonly number[];
  /** The program has them now: without this the readers would never see the end. The pipes lose their names. */
  release(): void;
  /** There is no program: all ends are closed. */
  abandon(): void;
}

const MKFIFO_TIMEOUT_MS = 5_000;

/**
 * Real pipes for stdout, stderr and, when asked for, a log beside them, until `release` also found as `<name>.out`, `<name>.err` and `<name>.log`. Node's own `pipe` gives the child
 * socket pairs, and a handler that opens `/dev/stderr` (`echo x > /dev/stderr`) then fails with ENXIO. `mode`, octal, is who may open them.
 */
export const createOutputPipes = async ({ directory, name, mode, hasLog }: { directory: string; name: string; mode: "600" | "666"; hasLog: boolean }): Promise<OutputPipes> => {
  const paths = ["out", "err", ...(hasLog ? ["log"] : [])].map((suffix) => join(directory, `${name}.${suffix}`));
  const made = await runCommand("mkfifo", ["-m", mode, ...paths], { timeoutMs: MKFIFO_TIMEOUT_MS, env: { PATH: "/usr/bin:/bin" } });
  if (made.code !== 0) throw new Error(`cannot make the output pipes of a sandbox: ${made.stderr.trim()}`);
  const opened: { stream: Socket; writer: number }[] = [];
  let isReleased = false;
  const release = () => {
    // A descriptor that is closed twice may be somebody else's by then.
    if (isReleased) return;
    isReleased = true;
    for (const path of paths) rmSync(path, { force: true });
    for (const { writer } of opened) closeSync(writer);
  };
  const abandon = () => {
    release();
    for (const { stream } of opened) stream.destroy();
  };
  try {
    for (const path of paths) opened.push(openPipe(path));
  } catch (error) {
    abandon();
    throw error;
  }
  const [out, err, log] = opened.map(({ stream }) => stream);
  return { stdout: out!, stderr: err!, ...(log === undefined ? {} : { log }), writers: opened.map(({ writer }) => writer), release, abandon };
};

const openPipe = (path: string): { stream: Socket; writer: number } => {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writer = openSync(path, constants.O_WRONLY);
    const stream = new Socket({ fd: reader, readable: true, writable: false });
    stream.on("error", () => stream.destroy());
    return { stream, writer };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
};
