import { describe, expect, it } from "vitest";
import { createClock } from "../../src/kit/clock.ts";

describe("the clock", () => {
  it("fires what falls due, in order, each waited for before the next", async () => {
    const clock = createClock(1_000_000);
    const seen: string[] = [];
    clock.at(clock.now() + 120_000, "later", () => seen.push("later"));
    clock.at(clock.now() + 60_000, "sooner", async () => {
      await new Promise(setImmediate);
      seen.push("sooner");
      clock.at(clock.now() + 30_000, "made meanwhile", () => seen.push("made meanwhile"));
    });
    clock.at(clock.now() + 200_000, "beyond", () => seen.push("beyond"));
    const fired = await clock.advance(150_000);
    expect(seen).toEqual(["sooner", "made meanwhile", "later"]);
    expect(fired.map((timer) => timer.name)).toEqual(seen);
  });

  it("runs timers at equal times in the order they were made", async () => {
    const clock = createClock();
    const seen: number[] = [];
    const due = clock.now() + 1_000;
    for (let i = 0; i < 100; i++) clock.at(due, `timer ${i}`, () => seen.push(i));
    await clock.advance(1_000);
    expect(seen).toEqual([...Array(100).keys()]);
  });

  it("does not fire a cancelled timer, whichever place it had", async () => {
    const clock = createClock();
    const seen: number[] = [];
    const start = clock.now();
    const timers = [...Array(50).keys()].map((i) => clock.at(start + 1_000 + ((i * 37) % 50), "timer", () => seen.push((i * 37) % 50)));
    timers.forEach((timer, i) => i % 3 === 0 && timer.cancel());
    await clock.advance(5_000);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen).toHaveLength(33);
  });

  it("ends a sleep when its signal is aborted, and leaves no timer behind", async () => {
    const clock = createClock();
    const abort = new AbortController();
    const asleep = clock.sleep(60_000, abort.signal);
    abort.abort(new Error("no longer wanted"));
    await expect(asleep).rejects.toThrow("no longer wanted");
    expect(await clock.advance(120_000)).toEqual([]);
  });

  it("also runs with the wall", async () => {
    const clock = createClock();
    await clock.sleep(5);
    expect(clock.monotonic()).toBeGreaterThan(0);
  });
});
