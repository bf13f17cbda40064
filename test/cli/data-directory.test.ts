import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { claimDirectory } from "../../src/cli/data-directory.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const MODULE = resolve(import.meta.dirname, "../../src/cli/data-directory.ts");

/** Another process that claims the directory, says so, and waits to be killed. */
const claimElsewhere = async (directory: string) => {
  const script = `
    const { claimDirectory } = await import(${JSON.stringify(MODULE)});
    claimDirectory(${JSON.stringify(directory)}).tell({ pid: process.pid, endpoint: "http://127.0.0.1:4566" });
    console.log("held");
    process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
};

describe("claimDirectory", () => {
  it("refuses a second server with the first one's pid and endpoint", async () => {
    const directory = join(temporaryDirectory(), "data");
    const child = await claimElsewhere(directory);
    expect(() => claimDirectory(directory)).toThrow(
      expect.objectContaining({ code: "DATA_DIRECTORY_IN_USE", why: `pid ${child.pid} serves it at http://127.0.0.1:4566` }),
    );
  });

  it("is free again after kill -9, whatever the dead one left", async () => {
    const directory = join(temporaryDirectory(), "data");
    const child = await claimElsewhere(directory);
    child.kill("SIGKILL");
    await once(child, "exit");
    claimDirectory(directory).release();
  });

  it("is not fooled by a file that names a living process", () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "server.json"), JSON.stringify({ pid: process.pid }));
    claimDirectory(directory).release();
  });

  it("is free after release, in the same process too", () => {
    const directory = temporaryDirectory();
    claimDirectory(directory).release();
    const again = claimDirectory(directory);
    expect(() => claimDirectory(directory)).toThrow(expect.objectContaining({ code: "DATA_DIRECTORY_IN_USE" }));
    again.release();
  });

  it("says what is wrong with a directory that cannot be one", () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    expect(() => claimDirectory(join(file, "data"))).toThrow(expect.objectContaining({ code: "DATA_DIRECTORY", actions: expect.arrayContaining([expect.stringContaining("--data-dir")]) }));
  });
});
