import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { node } from "./ground.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("a warm environment", () => {
  it("keeps none of the payloads that it returned", async () => {
    const payload = 4 * 2 ** 20;
    const { invoke } = await node(`export const handler = async () => "x".repeat(${payload});`, { memoryMb: 512 });
    const held = async () => {
      await new Promise(setImmediate);
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    await invoke({}, { isRaw: true });
    const before = await held();
    for (let i = 0; i < 10; i++) await invoke({}, { isRaw: true });
    expect((await held()) - before).toBeLessThan(3 * payload);
  });
});
