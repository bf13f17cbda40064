import { spawnChild } from "./spawn-child.ts";

export interface CommandResult {
  /** null when a signal or the time limit ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

const OUTPUT_CHARACTERS_MAX = 1_000_000;

/** Runs a program of the host to its end, for probes and set-up: never user code. A program that is not there is code 127. Rejects when no process can be made. */
export const runCommand = (
  command: string,
  args: readonly string[],
  { timeoutMs, env, directory }: { timeoutMs: number; env: Readonly<Record<string, string>>; directory?: string },
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const output = { stdout: "", stderr: "" };
    const child = spawnChild(command, args, { env: { ...env }, cwd: directory, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs, killSignal: "SIGKILL" });
    for (const name of ["stdout", "stderr"] as const) {
      child[name]!.setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < OUTPUT_CHARACTERS_MAX) output[name] += text;
      });
    }
    child.once("error", (error) => resolve({ code: 127, stdout: output.stdout, stderr: error.message }));
    child.once("close", (code) => resolve({ code, ...output }));
  });

const SYNC_TIMEOUT_MS = 60_000;

/** Everything written so far to the disk that holds this folder, however many files: in one go, outside of this process. */
export const syncFiles = async (directory: string): Promise<void> => {
  await runCommand("sync", process.platform === "linux" ? ["-f", directory] : [], { timeoutMs: SYNC_TIMEOUT_MS, env: { PATH: "/usr/bin:/bin:/sbin" } });
};
