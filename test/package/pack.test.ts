import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { expect, it, onTestFinished } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<"dependencies" | "optionalDependencies", Record<string, string>>;

const filesUnder = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));

/** The tarball that `npm publish` would send. */
const pack = (destination: string): string => {
  const { status, stderr } = spawnSync("npm", ["pack", "--silent", "--pack-destination", destination], { cwd: ROOT, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return join(destination, readdirSync(destination).find((name) => name.endsWith(".tgz"))!);
};

/**
 * What `npm install <tarball>` makes of a folder, without a network: the tarball is unpacked into `node_modules/lambdad`, and of this project's
 * own packages only those are linked beside it that the manifest names, so that nothing is found which users would not have.
 */
const install = (tarball: string, directory: string): string => {
  const nodeModules = join(directory, "node_modules");
  const home = join(nodeModules, "lambdad");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
  const here = new Set(installedPackages());
  for (const name of Object.keys({ ...MANIFEST.dependencies, ...MANIFEST.optionalDependencies })) {
    if (here.has(name)) link(join(ROOT, "node_modules", name), join(nodeModules, name));
  }
  link(join(home, "bin/lambdad.js"), join(nodeModules, ".bin/lambdad"));
  for (const name of readdirSync(join(ROOT, "node_modules")).filter((one) => one.startsWith("node-"))) {
    link(join(ROOT, "node_modules", name, "bin/node"), join(nodeModules, ".bin/node"));
  }
  return nodeModules;
};

/** Those of other platforms are named in the manifest too, and not installed. */
const installedPackages = (): string[] =>
  readdirSync(join(ROOT, "node_modules")).flatMap((name) => (name.startsWith("@") ? readdirSync(join(ROOT, "node_modules", name)).map((one) => `${name}/${one}`) : [name]));

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
};

it("holds what users need, and nothing else", () => {
  const directory = temporaryDirectory();
  const files = execFileSync("tar", ["-tzf", pack(directory)], { encoding: "utf8" }).trim().split("\n").map((path) => path.replace(/^package\//, ""));
  const built = filesUnder(join(ROOT, "src")).filter((file) => !file.endsWith("conformance.ts")).map((file) => `dist/${file.replace(/\.ts$/, ".js")}`);
  const beside = ["runtimes", "models"].flatMap((folder) => filesUnder(join(ROOT, folder)).map((file) => `${folder}/${file}`)).filter((file) => !file.includes("__pycache__"));
  expect(files.toSorted()).toEqual(["LICENSE", "NOTICE", "README.md", "bin/lambdad.js", "package.json", ...built, ...beside].toSorted());
});

it("is installed elsewhere, starts with the Node that comes along, runs a function, and stops with 0", async () => {
  const directory = temporaryDirectory();
  const nodeModules = install(pack(temporaryDirectory()), directory);
  const child = spawn(join(nodeModules, ".bin/lambdad"), ["start", "--port", "0", "--prepare-sdks", "0"], {
    cwd: directory,
    // As npx sets it: the first `node` is the one that npm installed.
    env: { PATH: `${join(nodeModules, ".bin")}:${process.env["PATH"]}`, HOME: directory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (said.stdout += chunk));
  child.stderr.on("data", (chunk) => (said.stderr += chunk));
  await eventually("Ready.", () => said.stdout.endsWith("\nReady.\n") || (child.exitCode !== null && Promise.reject(new Error(said.stderr))));
  const clients = clientsOf(said.stdout.split("\n")[0]!);
  const app = `import { S3Client } from "@aws-sdk/client-s3";\nexport const handler = async (event) => ({ hi: event.name, sdk: typeof S3Client, node: process.versions.node });`;
  await createFunction(clients, { FunctionName: "hello", Role: await createRole(clients, "hello"), Runtime: "nodejs24.x", files: { "app.mjs": app } });
  const answer = await clients.lambda.send(new InvokeCommand({ FunctionName: "hello", Payload: Buffer.from('{"name":"you"}') }));
  expect(JSON.parse(Buffer.from(answer.Payload!).toString())).toEqual({ hi: "you", sdk: "function", node: expect.stringMatching(/^24\./) });
  expect(readdirSync(directory)).toEqual([".lambdad", "node_modules"]);
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
});
