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

  it("does not stop for the ends of waiting, and fires them where it stops next", async () => {
    const clock = createClock(1_000_000);
    const start = clock.now();
    const seen: [string, number][] = [];
    const see = (what: string) => () => void seen.push([what, Math.floor((clock.now() - start) / 60_000)]);
    clock.at(start + 60_000, "end of waiting", see("one"), { isMoment: false });
    clock.at(start + 120_000, "moment", see("moment"));
    clock.at(start + 180_000, "end of waiting", see("another"), { isMoment: false });
    clock.at(start + 360_000, "end of waiting", see("a later one"), { isMoment: false });
    await clock.advance(300_000);
    expect(seen).toEqual([["one", 2], ["moment", 2], ["another", 5]]);
  });

  it("stands at whole milliseconds, whatever its timers say", async () => {
    const clock = createClock(1_000_000);
    clock.at(clock.now() + 1_000 / 3, "a third of a second", () => {});
    await clock.advance(500);
    expect(clock.now()).toBe(Math.round(clock.now()));
  });

  it("goes nowhere when it is moved by nothing, or back, but fires what is due", async () => {
    const clock = createClock(1_000_000);
    const before = clock.now();
    clock.at(before - 5_000, "past", () => {});
    expect((await clock.advance(0)).map(({ name }) => name)).toEqual(["past"]);
    clock.at(before + 60_000, "future", () => {});
    expect(await clock.advance(-60_000)).toEqual([]);
    expect(clock.now() - before).toBeLessThan(60_000);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
  });

  it("stops an advance where it is when the process ends, and lets waits take their real time", async () => {
    const clock = createClock(1_000_000);
    const start = clock.now();
    let count = 0;
    const again = () => {
      if (++count === 3) clock.halt();
      clock.at(clock.now() + 60_000, "minute", again);
    };
    clock.at(start + 60_000, "minute", again);
    expect(await clock.advance(3_600_000)).toHaveLength(3);
    expect(clock.now() - start).toBeLessThan(4 * 60_000);
    expect(await clock.advance(3_600_000)).toEqual([]);
    await clock.sleep(1);
    clock.stop();
    expect(clock.now() - start).toBeLessThan(4 * 60_000);
  });

  it("also runs with the wall", async () => {
    const clock = createClock();
    await clock.sleep(5);
    expect(clock.monotonic()).toBeGreaterThan(0);
  });
});
