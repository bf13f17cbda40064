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

  it("moves on from a moment when what has begun in it is done, and runs with the wall meanwhile", async () => {
    const clock = createClock(1_000_000);
    const done: { what: string; at: number }[] = [];
    let work: Promise<void> | undefined;
    const begin = (what: string) => {
      work = clock.sleep(3).then(() => {
        done.push({ what, at: clock.now() });
        work = undefined;
      });
    };
    const start = clock.now();
    for (const minute of [1, 2]) clock.at(start + minute * 60_000, `minute ${minute}`, () => begin(`of minute ${minute}`));
    begin("of before");
    const fired = await clock.advance(180_000, async () => work);
    expect(done.map(({ what, at }) => [what, Math.floor((at - start) / 60_000)])).toEqual([["of before", 0], ["of minute 1", 1], ["of minute 2", 2]]);
    expect(fired.map(({ name }) => name)).toEqual(["sleep", "minute 1", "sleep", "minute 2", "sleep"]);
    expect(clock.now() - start).toBeGreaterThanOrEqual(180_000);
  });

  it("waits for what falls due while it waits, too", async () => {
    const clock = createClock(1_000_000);
    const start = clock.now();
    const turns = async (count: number) => {
      for (let n = 0; n < count; n++) await new Promise(setImmediate);
    };
    let isBegun = false;
    clock.at(start + 60_000, "first", () => {});
    clock.at(start + 60_002, "meanwhile", async () => {
      isBegun = true;
      await turns(50);
      clock.at(start + 120_000, "made by it", () => {});
    });
    const fired = await clock.advance(180_000, async () => {
      while (!isBegun && clock.now() > start + 59_000) await turns(1);
    });
    expect(fired.map(({ name }) => name)).toEqual(["first", "meanwhile", "made by it"]);
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
