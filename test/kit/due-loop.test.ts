import { describe, expect, it } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { createDueLoop } from "../../src/kit/due-loop.ts";
import { createRest } from "../../src/kit/patience.ts";

describe("what is due", () => {
  it("is begun at its moment, and waited for by whoever moves the clock, not by the clock that stands still meanwhile", async () => {
    const clock = createClock(1_000_000);
    const start = clock.now();
    const minutes = [1, 2, 3].map((minute) => start + minute * 60_000);
    const ended: number[] = [];
    const loop = createDueLoop({
      clock, name: "work", inFlightMax: 10,
      async startDue(now) {
        if (minutes[0] === undefined || minutes[0] > now) return [];
        minutes.shift();
        // Work that waits for the clock itself.
        return [clock.sleep(2).then(() => void ended.push(Math.floor((clock.now() - start) / 60_000)))];
      },
      nextDueAt: async () => minutes[0],
      onFailure: () => 1_000,
    });
    await loop.poke();
    await clock.advance(240_000, createRest([loop]));
    expect(ended).toEqual([1, 2, 3]);
    expect(await Promise.all(await loop.stop())).toEqual([]);
  });

  it("does not hold the clock when it hangs", async () => {
    const clock = createClock(1_000_000);
    const due = clock.now() + 60_000;
    let isBegun = false;
    const loop = createDueLoop({
      clock, name: "work", inFlightMax: 10,
      async startDue(now) {
        if (isBegun || due > now) return [];
        isBegun = true;
        return [new Promise<void>(() => {})];
      },
      nextDueAt: async (now) => (due > now ? due : undefined),
      onFailure: () => 1_000,
    });
    await loop.poke();
    const began = performance.now();
    await clock.advance(120_000);
    expect(isBegun).toBe(true);
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});
