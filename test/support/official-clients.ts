import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import type { PackageFile } from "./functions.ts";
import { temporaryDirectory } from "./temporary.ts";

/** A package with one of AWS's runtime interface clients in it, fetched and built here; or why it cannot be had. */
export type Package = { files: Record<string, PackageFile> } | { why: string };

const GO_CLIENT = "github.com/aws/aws-lambda-go@v1.47.0";
const PYTHON_CLIENT = "awslambdaric==4.2.2";
const RUST_CLIENT = "lambda_runtime-1.5.0";
const CARGO = `[package]
name = "bootstrap"
version = "0.0.0"
edition = "2021"

[dependencies]
lambda_runtime = { version = "=1.5.0", default-features = false }
serde_json = "=1.0.154"
tokio = { version = "=1.54.1", features = ["macros", "rt"] }

[profile.dev]
debug = 0
incremental = false
`;
const QUICK_MS = 55_000;
/** Seventy crates, on two cores that others use as well. */
const COLD_MS = 4 * 60_000;
/** `…/node_modules/aws-lambda-ric`. */
const INSTALLED_NODE_CLIENT = "LAMBDAD_TEST_NODE_CLIENT";

const run = promisify(execFile);
/** Registries and proxies may be named there. */
const environment = process.env;

/** Everything below a folder, links followed, with its mode. */
const filesOf = (folder: string): Record<string, PackageFile> => {
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  return Object.fromEntries(all.map((path) => [relative(folder, path), { content: readFileSync(path), mode: statSync(path).mode & 0o777 }]));
};
const script = (line: string): PackageFile => ({ content: `#!/bin/sh\n${line}\n`, mode: 0o755 });
const whyNot = (what: string, error: unknown): { why: string } => ({ why: `${what} cannot be had here: ${String((error as { stderr?: string }).stderr || error).trim().split("\n").at(-1)}` });

/** A static binary with aws-lambda-go. */
export const goPackage = async (main: string): Promise<Package> => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "main.go"), main);
  writeFileSync(join(folder, "go.mod"), "module function\n\ngo 1.21\n");
  const go = (...args: string[]) => run("go", args, { cwd: folder, timeout: QUICK_MS, env: { ...environment, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOTOOLCHAIN: "local" } });
  try {
    await go("get", GO_CLIENT);
    await go("build", "-tags", "lambda.norpc", "-o", "bootstrap", ".");
  } catch (error) {
    return whyNot(GO_CLIENT, error);
  }
  return { files: { bootstrap: { content: readFileSync(join(folder, "bootstrap")), mode: 0o755 } } };
};

const writeOnce = (path: string, text: string): void => {
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
};

/** A binary with lambda_runtime, built in a folder of the user's cache: minutes the first time, nothing afterwards. */
export const rustPackage = async (main: string): Promise<Package> => {
  const folder = join(homedir(), ".cache", "lambdad-tests", RUST_CLIENT);
  mkdirSync(join(folder, "src"), { recursive: true });
  writeOnce(join(folder, "Cargo.toml"), CARGO);
  writeOnce(join(folder, "src", "main.rs"), main);
  const build = (...args: string[]) => run("cargo", ["build", "--quiet", ...args], { cwd: folder, timeout: COLD_MS, env: { ...environment, CARGO_TARGET_DIR: join(folder, "target") } });
  try {
    // What was fetched before is enough, with or without a registry.
    await build("--offline").catch(() => build());
  } catch (error) {
    return whyNot(RUST_CLIENT, error);
  }
  return { files: { bootstrap: { content: readFileSync(join(folder, "target", "debug", "bootstrap")), mode: 0o755 } } };
};

/** A module `app` under awslambdaric, run by the Python of this machine. */
export const pythonPackage = async (app: string): Promise<Package> => {
  const folder = temporaryDirectory();
  try {
    await run("python3", ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--target", folder, PYTHON_CLIENT], { timeout: QUICK_MS, env: environment });
    const { stdout } = await run("python3", ["-c", "import sys; print(sys.executable)"], { env: environment });
    return { files: { ...filesOf(folder), "app.py": app, bootstrap: script(`exec ${realpathSync(stdout.trim())} -m awslambdaric "$_HANDLER"`) } };
  } catch (error) {
    return whyNot(PYTHON_CLIENT, error);
  }
};

/** A module `app` under aws-lambda-ric, run by the Node.js that runs the tests. Installing it compiles curl for minutes: that is left to who wants this test. */
export const nodePackage = async (app: string): Promise<Package> => {
  const client = process.env[INSTALLED_NODE_CLIENT];
  if (client === undefined) return { why: `aws-lambda-ric compiles for minutes: npm install it somewhere, and name its folder in ${INSTALLED_NODE_CLIENT}` };
  return {
    files: {
      "ric/index.mjs": readFileSync(join(client, "index.mjs"), "utf8"), "ric/rapid-client.node": { content: readFileSync(join(client, "rapid-client.node")), mode: 0o755 }, "app.mjs": app,
      bootstrap: script(`exec ${process.execPath} "$LAMBDA_TASK_ROOT/ric/index.mjs" "$_HANDLER"`),
    },
  };
};
