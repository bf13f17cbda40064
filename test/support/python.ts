import { spawnSync } from "node:child_process";
import { createRuntimes } from "../../src/executor/runtimes.ts";

const runtimes = createRuntimes({ settings: { strictRuntimes: false, runtimePaths: {} }, searchPath: process.env["PATH"] ?? "" });

/** The interpreter that lambdad runs this Python with; undefined where no Python is. */
const interpreterOf = async (runtime: string): Promise<string | undefined> => (await runtimes.list()).find((one) => one.runtime === runtime)?.path;

export const hasPython = (await interpreterOf("python3.11")) !== undefined;
/** Behind the name of a test that is skipped for want of it. */
export const NO_PYTHON = hasPython ? "" : " (skipped: no Python is on this machine)";

/** For handlers that import boto3 without packaging it. */
export const hasBoto3For = async (runtime: string): Promise<boolean> => {
  const path = await interpreterOf(runtime);
  return path !== undefined && spawnSync(path, ["-c", "import boto3"]).status === 0;
};
