import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand, syncFiles } from "../sandbox/run-command.ts";
import type { Mount } from "../sandbox/sandbox.ts";
import type { Runtime } from "./runtimes.ts";

/** Where AWS's runtimes keep the SDK. */
export const SDK_TARGETS = { nodejs: "/var/runtime/node_modules", python: "/var/runtime/python-sdk" } as const;

/** Fails without boto3, and with one that does not know AWS_ENDPOINT_URL yet (before 1.28, as Debian 12 has it): it would call AWS itself. */
const HAS_SDK = "import boto3, botocore; assert tuple(map(int, botocore.__version__.split('.')[:2])) >= (1, 31)";

const PIP_TIMEOUT_MS = 5 * 60 * 1000;
const IMPORT_TIMEOUT_MS = 20_000;

/** The folder that holds the `@aws-sdk` packages that came with lambdad. */
const nodeModules = (): string => {
  const require = createRequire(import.meta.url);
  return dirname(dirname(dirname(require.resolve("@aws-sdk/client-s3/package.json"))));
};

const pythonSdk = (dataDirectory: string): string => join(dataDirectory, "sdk", "python");

/** What AWS's runtimes have of it; the other packages of lambdad are not for handlers, who would miss them on AWS. */
const SDK_SCOPES = ["@aws-sdk", "@smithy", "@aws-crypto", "@aws"];

const linkOf = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
};

/** A folder that holds the SDK alone, as links: what the SDK needs in turn is found where they lead. */
const nodejsSdk = (dataDirectory: string): string => {
  const folder = join(dataDirectory, "sdk", "nodejs");
  mkdirSync(folder, { recursive: true });
  for (const scope of SDK_SCOPES) {
    const [source, link] = [join(nodeModules(), scope), join(folder, scope)];
    if (linkOf(link) === source) continue;
    rmSync(link, { force: true });
    if (existsSync(source)) symlinkSync(source, link);
  }
  return folder;
};

/** The SDK as a handler finds it without packaging it: `@aws-sdk/*` v3, boto3. */
export const sdkMounts = (runtime: Runtime, dataDirectory: string): Mount[] => {
  if (runtime.language === "nodejs") return [{ source: nodejsSdk(dataDirectory), target: SDK_TARGETS.nodejs }, { source: nodeModules(), target: nodeModules() }];
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
    const { code } = await runCommand(path, ["-c", HAS_SDK], { timeoutMs: IMPORT_TIMEOUT_MS, env: {} });
    if (code !== 0) without.push(path);
  }
  if (without.length === 0) return { isReady: true, message: "every Python here has boto3" };
  const unpacking = `${target}-${process.pid}`;
  for (const path of without) {
    const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--target", unpacking, "boto3"];
    const { code } = await runCommand(path, args, { timeoutMs: PIP_TIMEOUT_MS, env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: homedir() } });
    if (code === 0) {
      // Whole or not at all: a handler may look for it at any moment.
      await syncFiles(unpacking);
      rmSync(target, { recursive: true, force: true });
      renameSync(unpacking, target);
      return { isReady: true, message: `boto3 was installed into ${target}` };
    }
    rmSync(unpacking, { recursive: true, force: true });
  }
  return { isReady: false, message: "boto3 could not be installed: Python handlers that import it need it in their package. Try again online with: lambdad runtimes prepare" };
};
