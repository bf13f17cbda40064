import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/temporary.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "bin/lambdad.js");

const runWith = (node: string, args: readonly string[], bin = BIN, env: Record<string, string> = {}) =>
  spawnSync(node, [bin, ...args], { encoding: "utf8", timeout: 30_000, env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env } });
const run = (...args: string[]) => runWith(process.execPath, args);

/** A Node that is older than what lambdad needs, where this machine has one. */
const findOldNode = (): string | undefined => {
  const onPath = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, "node"));
  const candidates = [...onPath, "/usr/bin/node", "/usr/local/bin/node", ...versionsIn(join(homedir(), ".nvm/versions/node"))];
  return candidates.find((path) => {
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const [major = 0, minor = 0] = (stdout ?? "").slice(1).split(".").map(Number);
    return major >= 13 && (major < 24 || (major === 24 && minor < 15));
  });
};

const versionsIn = (directory: string): string[] => {
  try {
    return readdirSync(directory).map((version) => join(directory, version, "bin/node"));
  } catch {
    return [];
  }
};

const oldNode = findOldNode();

describe("bin/lambdad.js", () => {
  it("ends quietly when nobody reads on", () => {
    const { stderr } = spawnSync("/bin/sh", ["-c", `"${process.execPath}" "${BIN}" start --help | true`], { encoding: "utf8", timeout: 30_000, env: { PATH: process.env["PATH"], HOME: process.env["HOME"] } });
    expect(stderr).toBe("");
  });

  // Skipped where every Node of the machine is new enough: nothing old is there to start it with.
  it.skipIf(oldNode === undefined)("started with an older Node says what is needed, why, and the exact command", () => {
    const { status, stdout, stderr } = runWith(oldNode!, ["start", "--port", "0"]);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("lambdad needs Node 24.15 or newer");
    expect(stderr).toContain("npm start");
    const command = /without npm: (\S+) (\S+) start --port 0/.exec(stderr);
    expect(command?.[2]).toBe(BIN);
    expect(runWith(command![1]!, ["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.skipIf(oldNode === undefined)("without the Node that came along says how to get it", () => {
    const elsewhere = join(temporaryDirectory(), "lambdad");
    mkdirSync(elsewhere);
    cpSync(join(ROOT, "bin"), join(elsewhere, "bin"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(elsewhere, "package.json"));
    const { status, stderr } = runWith(oldNode!, [], join(elsewhere, "bin/lambdad.js"));
    expect(status).toBe(1);
    expect(stderr).toContain("npm install");
  });

  it("tells its version and every command's help on stdout", () => {
    expect(run("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    for (const command of ["start", "invoke", "logs", "why", "runtimes", "demo", "health", "clock", "drain", "env"]) {
      expect(stdout).toContain(`\n  ${command} `);
    }
    expect(run("logs", "--help").stdout).toContain("--follow");
    expect(run("clock", "advance", "--help").stdout).toContain("<duration>");
  });

  it.each([
    [["nonsense"], "✗ unknown command"],
    [["helth"], "Did you mean health?"],
    [["clock"], "Usage: lambdad clock"],
    [["start", "--runtime", "python3.12=/nowhere"], "there is nothing at that path"],
    [["invoke"], "missing required argument"],
    [["logs", "--lines", "none"], "--lines"],
    [["clock", "advance", "soon"], "no duration"],
    [["clock", "advance", "--", "-5m"], "no duration"],
    [["start", "--iam", "maybe"], "--iam"],
    [["--port", "70000"], "--port"],
    [["invoke", "f", "-e", "{"], "not JSON"],
    [["health", "--account", "7"], "--account"],
  ])("%j ends with 2 and says what is wrong", (args, text) => {
    const { status, stdout, stderr } = run(...args);
    expect(stderr).toContain(text);
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });

  it("puts usage errors into the envelope too", () => {
    const { status, stdout } = run("nonsense", "--json");
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, status: "error", error: { category: "usage" } });
  });

  it.each([["health"], ["why", "x"], ["invoke", "f"], ["logs"], ["runtimes"], ["clock", "now"], ["drain"], ["demo"]])("%s without a server ends with 3", (...args) => {
    const { status, stdout, stderr } = run(...args, "--endpoint", "http://127.0.0.1:9");
    expect(stderr).toContain("no lambdad server answers");
    expect(stderr).toContain("npm start");
    expect(status).toBe(3);
    expect(stdout).toBe("");
  });

  it("prints the lines that point AWS tools here, and takes profiles away", () => {
    const { stdout } = runWith(process.execPath, ["env"], BIN, { LAMBDAD_PORT: "5001", AWS_PROFILE: "production" });
    expect(stdout).toContain("export AWS_ENDPOINT_URL='http://127.0.0.1:5001'\n");
    expect(stdout).toContain("export AWS_ACCESS_KEY_ID='test'\n");
    expect(stdout).toContain("unset AWS_PROFILE\n");
  });
});
