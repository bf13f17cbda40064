import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHandover } from "../../src/kit/handover.ts";

interface Work {
  key: string;
  number: number;
}

const create = (countMax = 100, bytesMax = 100) => createHandover<Work>({ keyOf: ({ key }) => key, bytesOf: () => 1, countMax, bytesMax });

const fill = (counts: Record<string, number>) => {
  const handover = create();
  for (const [key, count] of Object.entries(counts)) for (let number = 0; number < count; number++) handover.put({ key, number });
  return handover;
};

const countsOf = (taken: readonly Work[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { key } of taken) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

describe("a handover", () => {
  it("shares the room among keys, and gives what one does not need to the others", () => {
    expect(countsOf(fill({ a: 50, b: 2, c: 30 }).take(20, () => 100))).toEqual({ a: 9, b: 2, c: 9 });
    expect(countsOf(fill({ a: 50, b: 50 }).take(20, (key) => (key === "a" ? 3 : 100)))).toEqual({ a: 3, b: 17 });
    expect(countsOf(fill({ a: 5, b: 5, c: 5 }).take(2, () => 100))).toEqual({ a: 1, b: 1 });
  });

  it("takes keys in turns", () => {
    expect(fill({ a: 2, b: 2 }).take(4, () => 2)).toEqual([{ key: "a", number: 0 }, { key: "b", number: 0 }, { key: "a", number: 1 }, { key: "b", number: 1 }]);
  });

  it("goes on with the keys that come next, where there is room for one at a time", () => {
    const handover = fill({ a: 3, b: 3, c: 1 });
    expect(Array.from({ length: 7 }, () => handover.take(1, () => 100)[0]!.key)).toEqual(["a", "b", "c", "a", "b", "a", "b"]);
  });

  it("has room for so many, and so many bytes", () => {
    const [few, small] = [create(2, 100), create(100, 2)];
    for (const handover of [few, small]) {
      expect(handover.hasRoom(3)).toBe(handover === few);
      for (let number = 0; number < 2; number++) handover.put({ key: "a", number });
      expect([handover.hasRoom(1), handover.of("a"), handover.count]).toEqual([false, 2, 2]);
      handover.take(1, () => 1);
      expect([handover.hasRoom(1), handover.of("a"), handover.count]).toEqual([true, 1, 1]);
    }
  });

  it("gives all of it once, each key's in their order, and no more than there is room for", () => {
    const step = fc.oneof(fc.record({ key: fc.constantFrom("a", "b", "c") }), fc.record({ most: fc.nat({ max: 7 }), room: fc.nat({ max: 4 }) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const handover = create(1_000, 1_000);
        const [put, taken]: [Work[], Work[]] = [[], []];
        const check = (most: number, room: number) => {
          const waiting = countsOf(put.slice());
          for (const { key } of taken) waiting[key]!--;
          const now = handover.take(most, () => room);
          const possible = Object.values(waiting).reduce((sum, count) => sum + Math.min(count, room), 0);
          expect(now).toHaveLength(Math.min(most, possible));
          for (const count of Object.values(countsOf(now))) expect(count).toBeLessThanOrEqual(room);
          taken.push(...now);
        };
        steps.forEach((one, number) => {
          if ("key" in one) {
            put.push({ key: one.key, number });
            handover.put({ key: one.key, number });
          } else check(one.most, one.room);
        });
        check(1_000, 1_000);
        expect(handover.count).toBe(0);
        for (const key of ["a", "b", "c"]) expect(taken.filter((one) => one.key === key)).toEqual(put.filter((one) => one.key === key));
      }),
    );
  });
});
