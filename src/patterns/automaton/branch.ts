import { WEIGHT, type AccessKey } from "./access-keys.ts";
import { Entry } from "./entry.ts";
import type { FieldNode } from "./field-tree.ts";
import { FieldIndex } from "./field-index.ts";

/** Entries that are looked at one by one, before a branch parts them by what they ask for: at the root, where every event comes, and further on, where few do. */
const LOOSE_MAX_AT_ROOT = 3;
const LOOSE_MAX = 8;

export type Child<K> = Entry<K> | Branch<K>;

/**
 * Entries that an event may match when it has led here. Where there are more than a few, each lies under the next of its conditions, in the index of that condition's field; one that has none left,
 * or none that anything could be found by, is looked at whenever an event leads here.
 */
export class Branch<K> {
  readonly loose: Entry<K>[] = [];
  readonly #indexes = new Map<FieldNode, FieldIndex<Child<K>>>();
  /** The same, to be walked. */
  indexes: { field: FieldNode; index: FieldIndex<Child<K>> }[] = [];
  readonly #depth: number;
  #isParted = false;
  size = 0;
  /** The scan that led here last. */
  visitedIn = 0;

  /** `depth`: conditions by which one comes here. */
  constructor(depth: number) {
    this.#depth = depth;
  }

  add(entry: Entry<K>): void {
    this.size++;
    if (this.#isParted) return this.#put(entry);
    this.loose.push(entry);
    if (this.loose.length <= (this.#depth === 0 ? LOOSE_MAX_AT_ROOT : LOOSE_MAX)) return;
    this.#isParted = true;
    for (const one of this.loose.splice(0)) this.#put(one);
  }

  #put(entry: Entry<K>): void {
    const condition = entry.order[this.#depth];
    if (condition === undefined) {
      this.loose.push(entry);
      return;
    }
    const field = entry.fieldOf(condition);
    const index = this.#indexes.get(field) ?? this.#addIndex(field);
    for (const key of entry.keysOf(condition)) this.#putUnder(index, key, entry);
  }

  #addIndex(field: FieldNode): FieldIndex<Child<K>> {
    const index = new FieldIndex<Child<K>>();
    this.#indexes.set(field, index);
    this.indexes.push({ field, index });
    return index;
  }

  #removeIndex(field: FieldNode): void {
    this.#indexes.delete(field);
    this.indexes = this.indexes.filter((one) => one.field !== field);
  }

  indexOf(field: FieldNode): FieldIndex<Child<K>> | undefined {
    return this.#indexes.get(field);
  }

  #putUnder(index: FieldIndex<Child<K>>, key: AccessKey, entry: Entry<K>): void {
    const child = index.get(key);
    if (child === undefined || child === entry) return index.set(key, entry);
    if (child instanceof Branch) return child.add(entry);
    const branch = new Branch<K>(this.#depth + 1);
    branch.add(child);
    branch.add(entry);
    index.set(key, branch);
  }

  /** Whether it was here. */
  remove(entry: Entry<K>): boolean {
    const at = this.loose.indexOf(entry);
    const isHere = at >= 0 || this.#takeFrom(entry);
    if (at >= 0) this.#dropLoose(at);
    if (isHere) this.size--;
    return isHere;
  }

  #dropLoose(at: number): void {
    const last = this.loose.pop()!;
    if (at < this.loose.length) this.loose[at] = last;
  }

  #takeFrom(entry: Entry<K>): boolean {
    const condition = entry.order[this.#depth];
    const index = condition === undefined ? undefined : this.#indexes.get(entry.fieldOf(condition));
    if (index === undefined) return false;
    let isHere = false;
    for (const key of entry.keysOf(condition!)) isHere = takeUnder(index, key, entry) || isHere;
    if (index.isEmpty) this.#removeIndex(entry.fieldOf(condition!));
    return isHere;
  }

  /** How many entries an event is to be led to by a condition, about. */
  costOf(entry: Entry<K>, condition: number): number {
    const index = this.#indexes.get(entry.fieldOf(condition));
    let cost = 0;
    for (const key of entry.keysOf(condition)) {
      const child = index?.get(key);
      cost += WEIGHT[key.kind] * (1 + (child === undefined ? 0 : child instanceof Branch ? child.size : 1));
    }
    return cost;
  }
}

const takeUnder = <K>(index: FieldIndex<Child<K>>, key: AccessKey, entry: Entry<K>): boolean => {
  const child = index.get(key);
  if (child === entry) {
    index.set(key, undefined);
    return true;
  }
  if (!(child instanceof Branch)) return false;
  const isHere = child.remove(entry);
  if (child.size === 0) index.set(key, undefined);
  return isHere;
};
