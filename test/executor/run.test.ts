import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, it } from "vitest";
import { eventually } from "../support/temporary.ts";
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
    await eventually("what was returned is let go", async () => (await held()) - before < 3 * payload);
  });
});
