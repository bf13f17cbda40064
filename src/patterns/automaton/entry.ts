import type { Alternative } from "../parse.ts";
import { keysOf, nameOfKey, type AccessKey } from "./access-keys.ts";
import { exactTextOf, pack, packedLength, packedStart, toCondition, unpack, type Condition } from "./condition.ts";
import type { EventValues } from "./event-values.ts";
import type { FieldNode } from "./field-tree.ts";
import { hashOf } from "./hash-table.ts";
import { canBeTogether } from "./together.ts";

/** The fields of an alternative: those that have to be one text, and the others. Many patterns ask for the same. */
export interface Shape {
  exact: readonly FieldNode[];
  others: readonly FieldNode[];
}

/** No condition but to be one text. */
const NONE: readonly Condition[] = [];

/** One alternative of a pattern, with what it takes to say whether an event is as it asks. */
export class Entry<K> {
  readonly key: K;
  readonly shape: Shape;
  /** The texts of the fields that have to be one. */
  readonly exact: string;
  readonly others: readonly Condition[];
  /** Its conditions, by their numbers: by which of them it is found, at each level. Set when it is put somewhere by one of them. */
  order: readonly number[] = [];
  /** The pattern's first alternative, which knows whether one of them matched, and the next one. */
  owner: Entry<K>;
  following: Entry<K> | undefined;
  /** Scans. */
  lookedAtIn = 0;
  matchedIn = 0;

  constructor(key: K, shape: Shape, exact: string, others: readonly Condition[], owner: Entry<K> | undefined) {
    this.key = key;
    this.shape = shape;
    this.exact = exact;
    this.others = others;
    this.owner = owner ?? this;
  }

  get conditions(): number {
    return this.shape.exact.length + this.shape.others.length;
  }

  fieldOf(condition: number): FieldNode {
    const { exact, others } = this.shape;
    return condition < exact.length ? exact[condition]! : others[condition - exact.length]!;
  }

  /** None for what may be absent: there is nothing to find it by. */
  keysOf(condition: number): AccessKey[] {
    const count = this.shape.exact.length;
    if (condition < count) return [{ kind: "exact", hash: hashOf(unpack(this.exact)[condition]!) }];
    const other = this.others[condition - count]!;
    return other.mayBeAbsent ? [] : keysOf(other);
  }

  hasField(field: FieldNode): boolean {
    return this.shape.exact.includes(field) || this.shape.others.includes(field);
  }

  hasKey(field: FieldNode, key: AccessKey): boolean {
    const fields = [...this.shape.exact, ...this.shape.others];
    return fields.includes(field) && this.keysOf(fields.indexOf(field)).some((one) => nameOfKey(one) === nameOfKey(key));
  }

  /** Throws PatternTooCostly. */
  matches(event: EventValues): boolean {
    if (!this.#hasTexts(event)) return false;
    for (let index = 0; index < this.others.length; index++) if (!holds(this.others[index]!, this.shape.others[index]!, event)) return false;
    return event.elements === 1 || this.conditions === 1 || canBeTogether(this.#satisfying(event), event);
  }

  #hasTexts(event: EventValues): boolean {
    const { exact: packed } = this;
    const fields = this.shape.exact;
    let at = 0;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index]!;
      if (field.foundIn !== event.number) return false;
      const length = packedLength(packed, at);
      const start = packedStart(packed, at);
      let occurrence = field.first;
      while (occurrence >= 0 && !isText(event, occurrence, packed, start, length)) occurrence = event.next[occurrence]!;
      if (occurrence < 0) return false;
      at = start + length;
    }
    return true;
  }

  /** For each field that is there, those of its occurrences that are what is wanted. */
  #satisfying(event: EventValues): number[][] {
    const { exact, others } = this.shape;
    const texts = unpack(this.exact);
    const found = exact.map((field, index) => occurrencesOf(field, event, (at) => isText(event, at, texts[index]!, 0, texts[index]!.length)));
    for (const [index, field] of others.entries()) {
      if (field.foundIn === event.number) found.push(occurrencesOf(field, event, (at) => this.others[index]!.tests.some((test) => test(event, at))));
    }
    return found;
  }
}

const isText = (event: EventValues, occurrence: number, packed: string, start: number, length: number): boolean => {
  if (!event.isText(occurrence)) return false;
  event.spend(1);
  event.load(occurrence);
  const { view, from } = event;
  if (event.to - from !== length) return false;
  for (let index = 0; index < length; index++) if (view[from + index] !== packed.charCodeAt(start + index)) return false;
  return true;
};

const holds = ({ tests, mayBeAbsent }: Condition, field: FieldNode, event: EventValues): boolean => {
  if (field.foundIn !== event.number) return mayBeAbsent;
  for (let at = field.first; at >= 0; at = event.next[at]!) {
    for (let index = 0; index < tests.length; index++) {
      event.spend(event.costOf(at));
      if (tests[index]!(event, at)) return true;
    }
  }
  return false;
};

const occurrencesOf = (field: FieldNode, event: EventValues, isWanted: (at: number) => boolean): number[] => {
  const found: number[] = [];
  for (let at = field.first; at >= 0; at = event.next[at]!) {
    event.spend(event.costOf(at));
    if (isWanted(at)) found.push(at);
  }
  return found;
};

/** `shapeOf` gives what other entries of the same fields have. */
export const toEntry = <K>(key: K, alternative: Alternative, shapeOf: (exact: readonly string[], others: readonly string[]) => Shape, owner: Entry<K> | undefined): Entry<K> => {
  const fields = alternative.map((field) => ({ field, text: exactTextOf(field) }));
  const exact = fields.filter(({ text }) => text !== undefined);
  const others = fields.filter(({ text }) => text === undefined);
  const shape = shapeOf(exact.map(({ field }) => field.path), others.map(({ field }) => field.path));
  return new Entry(key, shape, pack(exact.map(({ text }) => text!)), others.length === 0 ? NONE : others.map(({ field }) => toCondition(field)), owner);
};
