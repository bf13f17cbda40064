import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const MODULE = new URL("../../runtimes/nodejs/after-fork.mjs", import.meta.url).href;

/** Two Nodes with the same seed have the same future, as two copies of one process have. */
const runTwice = (code: string) => [0, 1].map(() => JSON.parse(execFileSync(process.execPath, ["--random-seed=42", "--input-type=module", "-e", `import { afterFork } from ${JSON.stringify(MODULE)};\n${code}`], { encoding: "utf8" })) as unknown);

it("two copies of a process have the same random numbers, until they are told that they are copies", () => {
  const [one, other] = runTwice("const before = [Math.random(), Math.random()]; afterFork(); console.log(JSON.stringify({ before, after: [Math.random(), Math.random()] }));") as { before: number[]; after: number[] }[];
  expect(one!.before).toEqual(other!.before);
  expect(new Set([...one!.after, ...other!.after]).size).toBe(4);
});

interface Drawn {
  name: string;
  length: number;
  parts: number[];
  least: number;
  most: number;
  writable: boolean;
  pid: number;
  own: string;
}

it("Math.random stays what it was, but for its seed: a function of that name, of numbers from 0 to 1, each part as likely", () => {
  const [{ name, length, parts, least, most, writable, pid, own }] = runTwice(`afterFork();
const parts = Array.from({ length: 16 }, () => 0);
let [least, most] = [1, 0];
for (let i = 0; i < 160_000; i++) { const drawn = Math.random(); parts[Math.floor(drawn * 16)]++; least = Math.min(least, drawn); most = Math.max(most, drawn); }
const { writable } = Object.getOwnPropertyDescriptor(Math, "random");
console.log(JSON.stringify({ name: Math.random.name, length: Math.random.length, parts, least, most, writable, pid: process.pid, own: (await import("node:fs")).readlinkSync("/proc/self") }));`) as [Drawn];
  expect([name, length, writable, String(pid)]).toEqual(["random", 0, true, own]);
  expect(least).toBeGreaterThanOrEqual(0);
  expect(most).toBeLessThan(1);
  // Ten thousand each; six standard deviations are 581.
  for (const part of parts) expect(Math.abs(part - 10_000)).toBeLessThan(600);
});
