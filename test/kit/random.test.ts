import { expect, it } from "vitest";
import { systemRandom } from "../../src/kit/random.ts";

it("gives bytes of the length that is asked for, and none a second time", () => {
  const lengths = [0, 1, 12, 16, 511, 512, 513, 4_096, 10_000];
  for (const length of lengths) expect(systemRandom.bytes(length)).toHaveLength(length);
  const drawn = Array.from({ length: 5_000 }, () => systemRandom.bytes(12).toString("hex"));
  expect(new Set(drawn).size).toBe(drawn.length);
});

it("gives bytes that are their owner's alone", () => {
  const one = systemRandom.bytes(16);
  const kept = one.toString("hex");
  const other = systemRandom.bytes(16);
  other.fill(0);
  systemRandom.bytes(16);
  expect(one.toString("hex")).toBe(kept);
  expect(one.buffer === other.buffer && Math.abs(one.byteOffset - other.byteOffset) < 16).toBe(false);
});
