import { describe, expect, it } from "vitest";
import { createActivity } from "../../src/kit/activity.ts";

describe("an activity", () => {
  it("is waited for as long as it is at something, and not while it waits itself", async () => {
    const activity = createActivity();
    expect(await activity.rest()).toBe(false);
    const task = activity.begin();
    const { promise: never } = Promise.withResolvers<void>();
    const { promise: waiting, resolve: goOn } = Promise.withResolvers<void>();
    const rested = activity.rest();
    const work = task.resting(waiting);
    expect(await rested).toBe(true);
    expect(await activity.rest()).toBe(false);

    goOn();
    await work;
    const again = activity.rest();
    void task.resting(never);
    expect(await again).toBe(true);
    task.pause();
    expect(await activity.rest()).toBe(false);
  });

  it("goes on when what it waited for has failed", async () => {
    const activity = createActivity();
    const task = activity.begin();
    await expect(task.resting(Promise.reject(new Error("it failed")))).rejects.toThrow("it failed");
    const rested = activity.rest();
    task.pause();
    expect(await rested).toBe(true);
  });
});
