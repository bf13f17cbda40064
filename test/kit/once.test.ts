import { expect, it } from "vitest";
import { once } from "../../src/kit/once.ts";

it("loads once, and again only after a failure", async () => {
  let loads = 0;
  let isFull = true;
  const get = once(async () => {
    loads++;
    if (isFull) throw new Error("the disk is full");
    return loads;
  });
  expect(get.asked()).toBeUndefined();
  await expect(Promise.all([get(), get()])).rejects.toThrow("the disk is full");
  expect([loads, get.asked()]).toEqual([1, undefined]);
  isFull = false;
  expect(await Promise.all([get(), get(), get.asked()])).toEqual([2, 2, 2]);
});
