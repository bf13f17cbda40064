import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runCommand } from "../sandbox/run-command.ts";
import type { Mount } from "../sandbox/sandbox.ts";
import type { Runtime } from "./runtimes.ts";

/** Where AWS's runtimes keep the SDK. */
export const SDK_TARGETS = { nodejs: "/var/runtime/node_modules", python: "/var/runtime/python-sdk" } as const;

const PIP_TIMEOUT_MS = 5 * 60 * 1000;
const IMPORT_TIMEOUT_MS = 20_000;

/** The folder that holds the `@aws-sdk` packages that came with lambdad. */
const nodeModules = (): string => {
  const require = createRequire(import.meta.url);
  return dirname(dirname(dirname(require.resolve("@aws-sdk/client-s3/package.json"))));
};

const pythonSdk = (dataDirectory: string): string => join(dataDirectory, "sdk", "python");

/** The SDK as a handler finds it without packaging it: `@aws-sdk/*` v3, boto3. */
export const sdkMounts = (runtime: Runtime, dataDirectory: string): Mount[] => {
  if (runtime.language === "nodejs") return [{ source: nodeModules(), target: SDK_TARGETS.nodejs }];
  return existsSync(pythonSdk(dataDirectory)) ? [{ source: pythonSdk(dataDirectory), target: SDK_TARGETS.python }] : [];
};

export interface Preparation {
  isReady: boolean;
  message: string;
}

/** Puts boto3 into the data directory, once, where an interpreter has none of its own. It is pure Python: one copy serves all. */
export const preparePythonSdk = async (dataDirectory: string, interpreters: readonly string[]): Promise<Preparation> => {
  const target = pythonSdk(dataDirectory);
  if (existsSync(join(target, "boto3"))) return { isReady: true, message: `boto3 is in ${target}` };
  const without: string[] = [];
  for (const path of interpreters) {
    const { code } = await runCommand(path, ["-c", "import boto3"], { timeoutMs: IMPORT_TIMEOUT_MS, env: {} });
    if (code !== 0) without.push(path);
  }
  if (without.length === 0) return { isReady: true, message: "every Python here has boto3" };
  for (const path of interpreters) {
    const { code } = await runCommand(path, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--target", target, "boto3"], { timeoutMs: PIP_TIMEOUT_MS, env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: dataDirectory } });
    if (code === 0) return { isReady: true, message: `boto3 was installed into ${target}` };
  }
  return { isReady: false, message: `boto3 could not be installed: Python handlers that import it need it in their package. Try again online with: lambdad runtimes prepare` };
};
