import type { AccessKey } from "./access-keys.ts";
import type { EventValues } from "./event-values.ts";
import { AddressPart, AffixPart, ExactPart, GramPart, type IndexPart, type Visitor } from "./text-parts.ts";
import { AnyPart, RangePart, ValuePart } from "./value-parts.ts";

/** Numbers and literals share one. */
const PARTS: Record<AccessKey["kind"], <V>() => IndexPart<V>> = {
  exact: () => new ExactPart(false),
  folded: () => new ExactPart(true),
  prefix: () => new AffixPart({ isFromEnd: false, isFolded: false }),
  suffix: () => new AffixPart({ isFromEnd: true, isFolded: false }),
  "folded-prefix": () => new AffixPart({ isFromEnd: false, isFolded: true }),
  "folded-suffix": () => new AffixPart({ isFromEnd: true, isFolded: true }),
  gram: () => new GramPart(),
  address: () => new AddressPart(),
  number: () => new ValuePart(),
  literal: () => new ValuePart(),
  range: () => new RangePart(),
  ipv4: () => new RangePart(32),
  ipv6: () => new RangePart(128),
  text: () => new AnyPart(true),
  present: () => new AnyPart(false),
};

/** Of one field: what is to be looked at when its value is so. */
export class FieldIndex<V> {
  readonly #kinds: AccessKey["kind"][] = [];
  readonly #parts: IndexPart<V>[] = [];

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  get(key: AccessKey): V | undefined {
    return this.#parts[this.#kinds.indexOf(key.kind)]?.get(key);
  }

  /** Undefined takes away. */
  set(key: AccessKey, value: V | undefined): void {
    let at = this.#kinds.indexOf(key.kind);
    if (at < 0) {
      at = this.#kinds.push(key.kind) - 1;
      this.#parts.push(PARTS[key.kind]());
    }
    this.#parts[at]!.set(key, value);
    if (this.#parts[at]!.size > 0) return;
    this.#kinds.splice(at, 1);
    this.#parts.splice(at, 1);
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    for (let part = 0; part < this.#parts.length; part++) this.#parts[part]!.visit(event, at, visitor);
  }
}
