import { describe, expect, it } from "vitest";
import { createRest, createPatience, type Worker } from "../../src/kit/patience.ts";

const never = () => new Promise<void>(() => {});

describe("patience", () => {
  it("waits for what ends, however it ends", async () => {
    let isDone = false;
    const soon = new Promise<void>((resolve) => setImmediate(() => resolve(void (isDone = true))));
    expect(await createPatience()([soon, Promise.reject(new Error("it failed"))])).toBe(true);
    expect(isDone).toBe(true);
    expect(await createPatience()([])).toBe(false);
  });

  it("does not wait a second time for what it has waited for in vain", async () => {
    const patience = createPatience(1);
    const hangs = never();
    expect(await patience([hangs])).toBe(true);
    expect(await patience([hangs])).toBe(false);
    expect(await patience([hangs, Promise.resolve()])).toBe(true);
  });
});

describe("workers", () => {
  it("are at rest when none has given work to another", async () => {
    const left = { first: 2, second: 0 };
    const first: Worker = { rest: async () => left.first > 0 && (left.first--, left.second++, true) };
    const second: Worker = { rest: async () => left.second > 0 && (left.second--, true) };
    await createRest([second, first])();
    expect(left).toEqual({ first: 0, second: 0 });
  });

  it("that find work for each other without end are not waited for without end", async () => {
    let asked = 0;
    const rest = createRest([{ rest: async () => (asked++, await new Promise(setImmediate), true) }], 1);
    for (let moment = 0; moment < 6; moment++) await rest();
    const before = asked;
    await rest();
    expect(asked).toBe(before);
  });
});
