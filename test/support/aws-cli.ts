import { execFile, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

export interface Said {
  stdout: string;
  stderr: string;
}

interface Options {
  /** The whole environment. */
  env: Record<string, string | undefined>;
  cwd?: string;
}

const isThere = (): boolean => {
  try {
    execFileSync("aws", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

export const hasAwsCli = isThere();

/** The Python that the `aws` on the path is a script of; undefined where it is a program. */
const pythonOf = (): string | undefined => {
  const path = execFileSync("sh", ["-c", "command -v aws"], { encoding: "utf8" }).trim();
  return /^#!(\S*python\S*)\s*\n/.exec(readFileSync(path).subarray(0, 200).toString("latin1"))?.[1];
};

type Run = (args: readonly string[], options: Options) => Promise<Said>;

/** Most of a command's second is the import of the CLI: a process that has it already forks itself for each. */
const startCopier = (python: string): Run => {
  const process = spawn(python, [join(import.meta.dirname, "aws-cli.py")], { stdio: ["pipe", "pipe", "inherit"] });
  process.unref();
  const waiting: { answer: (said: Said) => void; fail: (error: Error) => void }[] = [];
  const lines = createInterface({ input: process.stdout });
  lines.on("line", (line) => {
    const { code, stdout, stderr } = JSON.parse(line) as Said & { code: number };
    const { answer, fail } = waiting.shift()!;
    if (code === 0) answer({ stdout, stderr });
    else fail(Object.assign(new Error(`aws ended with ${code}: ${stderr}`), { code, stdout, stderr }));
  });
  process.on("exit", () => waiting.splice(0).forEach(({ fail }) => fail(new Error("the process that runs the AWS CLI has ended"))));
  // Nobody waits for it: without commands it keeps no test process alive.
  for (const pipe of [process.stdin, process.stdout]) (pipe as unknown as { unref(): void }).unref();
  return (args, { env, cwd = "/" }) =>
    new Promise((answer, fail) => {
      waiting.push({ answer, fail });
      (process.stdout as unknown as { ref(): void }).ref();
      process.stdin.write(`${JSON.stringify({ args, env, cwd })}\n`);
    }).finally(() => {
      if (waiting.length === 0) (process.stdout as unknown as { unref(): void }).unref();
    }) as Promise<Said>;
};

const runProgram: Run = (args, options) => promisify(execFile)("aws", [...args], options as { env: NodeJS.ProcessEnv });

let run: Run | undefined;

/** Runs the unmodified AWS CLI. Rejects as `execFile` does, with `stderr`, when it fails. */
export const awsCli: Run = (args, options) => {
  if (run === undefined) {
    const python = pythonOf();
    run = python === undefined ? runProgram : startCopier(python);
  }
  return run(args, options);
};
