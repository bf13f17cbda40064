import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { runCommand } from "./run-command.ts";

export interface OutputPipes {
  stdout: Readable;
  stderr: Readable;
  /** For the child: its file descriptors 1 and 2. */
  childFds: readonly [number, number];
  /** The child has them now: without this the readers would never see the end. */
  releaseChildFds(): void;
}

const MKFIFO_TIMEOUT_MS = 5_000;

/**
 * Real pipes for stdout and stderr. Node's own `pipe` gives the child socket pairs, and a handler that opens `/dev/stderr`
 * (`echo x > /dev/stderr`) then fails with ENXIO. A FIFO that is opened on both sides and unlinked is a pipe.
 */
export const createOutputPipes = async (directory: string, name: string): Promise<OutputPipes> => {
  const paths = [join(directory, `${name}.out`), join(directory, `${name}.err`)] as const;
  const made = await runCommand("mkfifo", ["-m", "600", ...paths], { timeoutMs: MKFIFO_TIMEOUT_MS, env: { PATH: "/usr/bin:/bin" } });
  if (made.code !== 0) throw new Error(`cannot make the output pipes of a sandbox: ${made.stderr.trim()}`);
  const open = (path: string) => {
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    unlinkSync(path);
    const stream = new Socket({ fd: reader, readable: true, writable: false });
    stream.on("error", () => stream.destroy());
    return { stream, writer };
  };
  const [out, err] = [open(paths[0]), open(paths[1])];
  return {
    stdout: out.stream,
    stderr: err.stream,
    childFds: [out.writer, err.writer],
    releaseChildFds() {
      closeSync(out.writer);
      closeSync(err.writer);
    },
  };
};
