import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRuntimeVersions, runtimeVersionOf } from "../../src/executor/runtime-versions.ts";
import { createRuntimes } from "../../src/executor/runtimes.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const REGION = "us-east-1";

/** A machine with these versions of Python, as a new server finds it. */
const machine = (home: string, strictRuntimes = false) => {
  const runtimes = createRuntimes({ settings: { strictRuntimes, runtimePaths: {} }, searchPath: "", home });
  return { ...createRuntimeVersions(runtimes), arnsOf: async (name: string) => (await runtimes.candidates(name)).map((one) => runtimeVersionOf(one, REGION)) };
};
const install = (home: string, ...versions: string[]): string => {
  for (const version of versions) {
    const path = join(home, ".pyenv/versions", version, "bin/python3");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho ${version}\n`);
    chmodSync(path, 0o755);
  }
  return home;
};
const uninstall = (home: string, version: string) => rmSync(join(home, ".pyenv/versions", version), { recursive: true });
const wish = (arn: string, isRequired: boolean) => ({ runtime: "python3.12", region: REGION, runtimeVersion: { arn, isRequired } });

describe("versions of a runtime", () => {
  it("have an ARN each: the one that answers to the name first, then the others of that very version", async () => {
    const { arnsOf, of, has } = machine(install(temporaryDirectory(), "3.12.1", "3.12.7", "3.13.0"));
    const found = await arnsOf("python3.12");
    expect(found.map(({ version }) => version)).toEqual(["python:3.12.v7", "python:3.12.v1"]);
    expect(new Set(found.map(({ arn }) => arn)).size).toBe(2);
    for (const { arn } of found) expect(arn).toMatch(/^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/);
    expect(await of({ runtime: "python3.12", region: REGION })).toEqual(found[0]);
    expect(await Promise.all(found.map(({ arn }) => has("python3.12", REGION, arn)))).toEqual([true, true]);
    expect(await has("python3.13", REGION, found[0]!.arn)).toBe(false);
    expect(await has("python3.12", "eu-west-1", found[0]!.arn)).toBe(false);
  });

  it("are run as they are pinned, whatever is newer", async () => {
    const home = install(temporaryDirectory(), "3.12.1");
    const { arn } = await machine(home).of({ runtime: "python3.12", region: REGION });
    install(home, "3.12.7");
    const later = machine(home);
    expect((await later.of({ runtime: "python3.12", region: REGION })).version).toBe("python:3.12.v7");
    for (const isRequired of [true, false]) expect(await later.of(wish(arn, isRequired))).toEqual({ version: "python:3.12.v1", arn });
  });

  it("that are gone are an error where they are required, and else a note in the function's log", async () => {
    const home = install(temporaryDirectory(), "3.12.1", "3.12.7");
    const [, { arn } = { arn: "" }] = await machine(home).arnsOf("python3.12");
    uninstall(home, "3.12.1");
    const later = machine(home);
    await expect(later.resolve(wish(arn, true))).rejects.toMatchObject({ code: "InvalidRuntimeException", message: expect.stringContaining(`The runtime version ${arn} that the function is pinned to is no longer on this machine`) });
    const current = await later.resolve(wish(arn, false));
    expect(current.interpreter!.version).toBe("3.12.7");
    expect(current.note).toBe(`the runtime version ${arn} of the function's last update is no longer on this machine: python:3.12.v7 runs it. Update the function to make that its version`);
  });

  it("are none where another version answers and only the exact one may", async () => {
    const home = install(temporaryDirectory(), "3.13.0");
    const [only] = await machine(home).arnsOf("python3.12");
    expect(only!.version).toBe("python:3.13.v0");
    expect(await machine(home, true).has("python3.12", REGION, only!.arn)).toBe(false);
  });
});
