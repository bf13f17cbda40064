import { parseAddress } from "../address.ts";
import { addressNumber, type AccessKey } from "./access-keys.ts";
import { NULL, NUMBER, TRUE } from "./event-scan.ts";
import type { EventValues } from "./event-values.ts";
import { RangeIndex } from "./range-index.ts";
import type { IndexPart, Visitor } from "./text-parts.ts";
import type { NumberRange } from "../wanted.ts";

type OfValue = Extract<AccessKey, { kind: "number" | "literal" }>;
type WithRange = Extract<AccessKey, { range: NumberRange }>;

/** Numbers, or literals. */
export class ValuePart<V> implements IndexPart<V> {
  readonly #values = new Map<number | boolean | null, V>();

  get size(): number {
    return this.#values.size;
  }

  get(key: AccessKey): V | undefined {
    return this.#values.get((key as OfValue).value);
  }

  set(key: AccessKey, value: V | undefined): void {
    if (value === undefined) this.#values.delete((key as OfValue).value);
    else this.#values.set((key as OfValue).value, value);
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    if (event.isText(at)) return;
    const kind = event.kind[at]!;
    const value = this.#values.get(kind === NUMBER ? event.numberAt(at) : kind === NULL ? null : kind === TRUE);
    if (value !== undefined) visitor.visit(value);
  }
}

/** Ranges of numbers, or of addresses as numbers. */
export class RangePart<V> implements IndexPart<V> {
  readonly #ranges = new RangeIndex<V>();
  readonly #bits: 32 | 128 | undefined;

  /** Without bits: of numbers. */
  constructor(bits?: 32 | 128) {
    this.#bits = bits;
  }

  get size(): number {
    return this.#ranges.size;
  }

  get(key: AccessKey): V | undefined {
    return this.#ranges.get((key as WithRange).range);
  }

  set(key: AccessKey, value: V | undefined): void {
    this.#ranges.set((key as WithRange).range, value);
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    const number = this.#numberAt(event, at);
    if (number !== undefined) event.spend(this.#ranges.around(number, visitor));
  }

  #numberAt(event: EventValues, at: number): number | undefined {
    if (this.#bits === undefined) return event.kind[at] === NUMBER ? event.numberAt(at) : undefined;
    const address = event.isText(at) ? parseAddress(event.text(at)) : undefined;
    return address?.bits === this.#bits ? addressNumber(address) : undefined;
  }
}

/** Any value, or any text. */
export class AnyPart<V> implements IndexPart<V> {
  #value: V | undefined;
  readonly #isOfTexts: boolean;

  constructor(isOfTexts: boolean) {
    this.#isOfTexts = isOfTexts;
  }

  get size(): number {
    return this.#value === undefined ? 0 : 1;
  }

  get(): V | undefined {
    return this.#value;
  }

  set(_key: AccessKey, value: V | undefined): void {
    this.#value = value;
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    if (this.#value !== undefined && (!this.#isOfTexts || event.isText(at))) visitor.visit(this.#value);
  }
}
