import { expect, it } from "vitest";
import { createDueRows } from "../../src/kit/due-rows.ts";

/** Rows by the moments at which they are due. */
const create = (...due: number[]) => {
  const rows = createDueRows(async (now) => due.filter((at) => at > now).toSorted((a, b) => a - b)[0]);
  let readings = 0;
  const read = (now: number) =>
    rows.read(now, async () => {
      readings++;
      return { rows: due.filter((at) => at <= now), isAll: true };
    });
  return { due, rows, read, readings: () => readings };
};

it("reads where something may be due, and nowhere else", async () => {
  const { due, rows, read, readings } = create(5);
  expect(await read(1)).toEqual([]);
  expect([await rows.nextAt(1), await read(4), readings()]).toEqual([5, [], 1]);
  expect([await read(5), readings()]).toEqual([[5], 2]);
  due.push(8);
  rows.later();
  expect([await read(6), await rows.nextAt(6), rows.mayBe]).toEqual([[5], 8, false]);
  rows.now();
  expect([rows.mayBe, await read(7), rows.mayBe]).toEqual([true, [5], false]);
});

it("forgets nothing that fell due while nobody could look for it", async () => {
  const { rows, read } = create(5, 9);
  await read(1);
  expect(await rows.nextAt(1)).toBe(5);
  // At the moment itself there was no room to begin it.
  expect(await rows.nextAt(6)).toBe(9);
  expect([rows.isOverdue(6), rows.mayBe, await read(6), rows.mayBe, rows.isOverdue(6)]).toEqual([true, true, [5], false, false]);
});
