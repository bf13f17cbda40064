import type { NumberRange } from "../wanted.ts";
import { isInRange } from "../numeric.ts";
import type { Visitor } from "./text-parts.ts";

interface Item<V> extends NumberRange {
  value: V | undefined;
}

/** New ranges wait in a list, as long as it is shorter than this times the root of their number. */
const WAITING = 4;
const WAITING_LEAST = 16;

const nameOf = ({ low, isLowWithin, high, isHighWithin }: NumberRange): string => `${isLowWithin ? "[" : "("}${low},${high}${isHighWithin ? "]" : ")"}`;

/**
 * Values by ranges of numbers; those whose range a number is in are found without looking at all of them. The ranges lie in the order of their lower ends, and over them, as a binary tree, the
 * highest of the upper ends; what is new waits beside them until there is so much of it that they are put in order again.
 */
export class RangeIndex<V> {
  readonly #byName = new Map<string, Item<V>>();
  #waiting: Item<V>[] = [];
  #ordered: Item<V>[] = [];
  /** By node of the tree: its children are at twice its number, and one more; leaves are the ordered. */
  #highest = new Float64Array(0);
  #leaves = 0;
  #gone = 0;

  get size(): number {
    return this.#byName.size;
  }

  get(range: NumberRange): V | undefined {
    return this.#byName.get(nameOf(range))?.value;
  }

  set(range: NumberRange, value: V | undefined): void {
    const name = nameOf(range);
    const item = this.#byName.get(name);
    if (item !== undefined) item.value = value;
    if (value === undefined) {
      if (this.#byName.delete(name)) this.#gone++;
    } else if (item === undefined) {
      const added = { ...range, value };
      this.#byName.set(name, added);
      this.#waiting.push(added);
    }
    if (this.#waiting.length > WAITING_LEAST + WAITING * Math.sqrt(this.#ordered.length) || this.#gone > WAITING_LEAST + this.#byName.size) this.#order();
  }

  #order(): void {
    this.#ordered = [...this.#byName.values()].toSorted((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
    this.#waiting = [];
    this.#gone = 0;
    this.#leaves = 1;
    while (this.#leaves < this.#ordered.length) this.#leaves *= 2;
    this.#highest = new Float64Array(this.#leaves * 2).fill(-Infinity);
    this.#ordered.forEach(({ high }, index) => (this.#highest[this.#leaves + index] = high));
    for (let node = this.#leaves - 1; node > 0; node--) this.#highest[node] = Math.max(this.#highest[node * 2]!, this.#highest[node * 2 + 1]!);
  }

  /** Tells all whose range the number is in. Returns how many steps that took. */
  around(number: number, visitor: Visitor<V>): number {
    for (const item of this.#waiting) tellIfIn(item, number, visitor);
    return this.#waiting.length + (this.#ordered.length === 0 ? 0 : this.#below(1, 0, this.#leaves, number, visitor));
  }

  #below(node: number, first: number, count: number, number: number, visitor: Visitor<V>): number {
    const item = this.#ordered[first];
    if (item === undefined || item.low > number || this.#highest[node]! < number) return 1;
    if (count === 1) {
      tellIfIn(item, number, visitor);
      return 1;
    }
    const half = count / 2;
    return 1 + this.#below(node * 2, first, half, number, visitor) + this.#below(node * 2 + 1, first + half, half, number, visitor);
  }
}

const tellIfIn = <V>(item: Item<V>, number: number, visitor: Visitor<V>): void => {
  if (item.value !== undefined && isInRange(number, item)) visitor.visit(item.value);
};
