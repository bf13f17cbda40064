import { WEIGHT, type AccessKey } from "./access-keys.ts";
import { Entry } from "./entry.ts";
import type { FieldNode } from "./field-tree.ts";
import { FieldIndex } from "./field-index.ts";
import { orderOf, type Access } from "./order.ts";

/** Entries that are looked at one by one, before a branch parts them by what they ask for: at the root, where every event comes, and further on, where few do. */
const LOOSE_MAX_AT_ROOT = 3;
const LOOSE_MAX = 8;

interface IndexOfField<K> {
  field: FieldNode;
  index: FieldIndex<Child<K>>;
  /** That lie under it. */
  entries: number;
}

export type Child<K> = Entry<K> | Branch<K>;

/**
 * Entries that an event may match when it has led here. Where there are more than a few, each lies under the next of its conditions, in the index of that condition's field; one that has none left,
 * or none that anything could be found by, is looked at whenever an event leads here.
 */
export class Branch<K> {
  readonly loose: Entry<K>[] = [];
  readonly #indexes = new Map<FieldNode, IndexOfField<K>>();
  /** The same, to be walked. */
  indexes: IndexOfField<K>[] = [];
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
    const peers = this.loose.splice(0);
    for (const one of peers) this.#put(one, peers);
  }

  #put(entry: Entry<K>, peers: readonly Entry<K>[] = []): void {
    if (this.#depth === 0) entry.order = orderOf(entry, (one) => this.#accessOf(entry, one, peers));
    const condition = entry.order[this.#depth];
    if (condition === undefined) {
      this.loose.push(entry);
      return;
    }
    const field = entry.fieldOf(condition);
    const of = this.#indexes.get(field) ?? this.#addIndex(field);
    of.entries++;
    for (const key of entry.keysOf(condition)) this.#putUnder(of.index, key, entry);
  }

  #addIndex(field: FieldNode): IndexOfField<K> {
    const of: IndexOfField<K> = { field, index: new FieldIndex(), entries: 0 };
    this.#indexes.set(field, of);
    this.indexes.push(of);
    return of;
  }

  #removeIndex(field: FieldNode): void {
    this.#indexes.delete(field);
    this.indexes = this.indexes.filter((one) => one.field !== field);
  }

  indexOf(field: FieldNode): FieldIndex<Child<K>> | undefined {
    return this.#indexes.get(field)?.index;
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
    const of = condition === undefined ? undefined : this.#indexes.get(entry.fieldOf(condition));
    if (of === undefined) return false;
    let isHere = false;
    for (const key of entry.keysOf(condition!)) isHere = takeUnder(of.index, key, entry) || isHere;
    if (isHere) of.entries--;
    if (of.index.isEmpty) this.#removeIndex(of.field);
    return isHere;
  }

  /**
   * How many entries an event is to be led to by a condition, about, if events have the values that entries ask for as often as these do: a field that tells many apart is the better one, also for an entry
   * that it does not tell from another. `peers` come to lie here, too.
   */
  #accessOf(entry: Entry<K>, condition: number, peers: readonly Entry<K>[]): Access | undefined {
    const field = entry.fieldOf(condition);
    const of = this.#indexes.get(field);
    const keys = entry.keysOf(condition);
    if (keys.length === 0) return undefined;
    const others = peers.filter((peer) => peer !== entry && peer.hasField(field));
    const all = 1 + others.length + (of?.entries ?? 0);
    let cost = 0;
    for (const key of keys) {
      const child = of?.index.get(key);
      const alike = 1 + others.filter((peer) => peer.hasKey(field, key)).length + (child === undefined ? 0 : child instanceof Branch ? child.size : 1);
      cost += (WEIGHT[key.kind] * alike * alike) / all;
    }
    return { cost, toldApart: of?.entries ?? 0 };
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
