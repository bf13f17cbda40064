import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { createProcessDriver } from "../../src/sandbox/process.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { createGround, runConformance } from "./conformance.ts";

const openDriver = (directory: string) => createProcessDriver({ directory, wall: createClock(), log: silentLog });
const createDriver = (directory: string) => {
  const driver = openDriver(directory);
  onTestFinished(() => driver.close());
  return driver;
};

runConformance("process", openDriver);

it("says that it is no boundary", () => {
  const { isolation } = createDriver(join(temporaryDirectory(), "sandboxes"));
  expect(isolation).toMatchObject({ name: "process", isBoundary: false, network: "host" });
  expect(isolation.warnings.length).toBeGreaterThan(0);
});

it("sweeps what a killed server left, and removes its own folders", async () => {
  const directory = join(temporaryDirectory(), "sandboxes");
  mkdirSync(join(directory, "left-over/tmp"), { recursive: true });
  writeFileSync(join(directory, "left-over/tmp/file"), "x");
  const driver = createDriver(directory);
  expect(existsSync(join(directory, "left-over"))).toBe(false);
  const { sandbox } = await createGround(driver);
  expect(readdirSync(directory)).toEqual([sandbox.id]);
  await sandbox.destroy();
  expect(readdirSync(directory)).toEqual([]);
});
