import { expect, it } from "vitest";
import { createStartQueue } from "../../src/scheduler/start-queue.ts";

/** Enters one after the other, and notes who has begun. */
const enterAll = (groups: readonly string[], atOnce: number) => {
  const queue = createStartQueue(atOnce);
  const identities = new Map(groups.map((group) => [group, {}]));
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  groups.forEach((group, index) => void queue.enter(identities.get(group)!).then((end) => {
    begun.push(`${group}${index}`);
    ends.push(end);
  }));
  const settle = () => new Promise(setImmediate);
  return { begun, settle, async endFirst() { ends.shift()!(); await settle(); } };
};

it("lets so many begin, and one more for each that ends", async () => {
  const { begun, settle, endFirst } = enterAll(["a", "a", "a", "a"], 2);
  await settle();
  expect(begun).toEqual(["a0", "a1"]);
  await endFirst();
  expect(begun).toEqual(["a0", "a1", "a2"]);
  await endFirst();
  await endFirst();
  expect(begun).toEqual(["a0", "a1", "a2", "a3"]);
});

it("lets a busy group keep nobody out", async () => {
  const { begun, settle, endFirst } = enterAll(["a", "a", "a", "a", "b", "c"], 2);
  await settle();
  await endFirst();
  expect(begun).toEqual(["a0", "a1", "b4"]);
  await endFirst();
  expect(begun).toEqual(["a0", "a1", "b4", "a2"]);
  await endFirst();
  expect(begun.at(-1)).toBe("c5");
});

it("takes an end twice for one", async () => {
  const queue = createStartQueue(1);
  const end = await queue.enter({});
  end();
  end();
  await queue.enter({});
  let isThird = false;
  void queue.enter({}).then(() => (isThird = true));
  await new Promise(setImmediate);
  expect(isThird).toBe(false);
});
