import { spawnSync } from "node:child_process";
import { createRuntimes } from "../../src/executor/runtimes.ts";

const runtimes = createRuntimes({ settings: { strictRuntimes: false, runtimePaths: {} }, searchPath: process.env["PATH"] ?? "" });

/** The interpreter that lambdad runs this Python with; undefined where no Python is. */
const interpreterOf = async (runtime: string): Promise<string | undefined> => (await runtimes.list()).find((one) => one.runtime === runtime)?.path;

export const hasPython = (await interpreterOf("python3.11")) !== undefined;
/** Behind the name of a test that is skipped for want of it. */
export const NO_PYTHON = hasPython ? "" : " (skipped: no Python is on this machine)";

const hasBoto3 = (path: string): boolean => spawnSync(path, ["-c", "import boto3"]).status === 0;

/** The settings of runtimes with which handlers find boto3 without packaging it; undefined where no Python has it. */
export const pathsWithBoto3 = async (runtime: string): Promise<Readonly<Record<string, string>> | undefined> => {
  const own = await interpreterOf(runtime);
  if (own !== undefined && hasBoto3(own)) return {};
  // A virtual environment's Python is found as the one that it was made of, unless it is named.
  const { stdout, status } = spawnSync("python3", ["-c", "import boto3, sys; print(sys.executable)"], { encoding: "utf8" });
  return status === 0 ? { [runtime]: stdout.trim() } : undefined;
};
