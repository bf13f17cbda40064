import type { Entry } from "./entry.ts";

/** What an event is led to by a condition of an entry: the fewer entries, the better; where it is the same, the field by which more are told apart. */
export interface Access {
  cost: number;
  toldApart: number;
}

/** Orders of more conditions than this are kept by each entry for itself. */
const SHARED = 5;

const shared = new Map<string, readonly number[]>();

/** An entry's conditions, first the one by which an event is led to fewest others; without those that nothing could be found by. */
export const orderOf = <K>(entry: Entry<K>, accessOf: (condition: number) => Access | undefined): readonly number[] => {
  const found: (Access & { condition: number })[] = [];
  for (let condition = 0; condition < entry.conditions; condition++) {
    const access = accessOf(condition);
    if (access !== undefined) found.push({ condition, ...access });
  }
  const order = found.sort((a, b) => a.cost - b.cost || b.toldApart - a.toldApart).map(({ condition }) => condition);
  if (order.length > SHARED) return order;
  const name = order.join();
  const known = shared.get(name) ?? order;
  shared.set(name, known);
  return known;
};
