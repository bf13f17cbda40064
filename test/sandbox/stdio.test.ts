import { closeSync, fstatSync, openSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { createOutputPipes } from "../../src/sandbox/stdio.ts";
import { temporaryDirectory } from "../support/temporary.ts";

it("pipes that are abandoned after they were released close nobody else's descriptors", async () => {
  const pipes = await createOutputPipes({ directory: temporaryDirectory(), name: "run", mode: "600", hasLog: true });
  pipes.release();
  // The lowest that are free: those that were closed just now.
  const others = pipes.writers.map(() => openSync("/dev/null", "r"));
  onTestFinished(() => others.forEach((fd) => closeSync(fd)));
  expect(others.some((fd) => pipes.writers.includes(fd))).toBe(true);
  pipes.abandon();
  for (const fd of others) expect(fstatSync(fd).isCharacterDevice()).toBe(true);
});
