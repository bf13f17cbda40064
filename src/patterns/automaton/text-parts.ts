import { parseAddress } from "../address.ts";
import type { AccessKey } from "./access-keys.ts";
import { TEXT } from "./event-scan.ts";
import type { EventValues } from "./event-values.ts";
import { HASH_SEED, hashByte, HashTable } from "./hash-table.ts";

/** What is told of what was found. */
export interface Visitor<V> {
  visit(value: V): void;
}

/** Values by keys of one kind. */
export interface IndexPart<V> {
  readonly size: number;
  get(key: AccessKey): V | undefined;
  /** Undefined takes away. */
  set(key: AccessKey, value: V | undefined): void;
  /** Tells all whose key an occurrence has. */
  visit(event: EventValues, at: number, visitor: Visitor<V>): void;
}

type WithHash = Extract<AccessKey, { hash: number }>;
type WithLength = Extract<AccessKey, { hash: number; length: number }>;
type WithGram = Extract<AccessKey, { gram: number }>;
type OfAddress = Extract<AccessKey, { kind: "address" }>;

/** Whole texts. */
export class ExactPart<V> implements IndexPart<V> {
  readonly #values = new HashTable<V>();
  readonly #isFolded: boolean;

  constructor(isFolded: boolean) {
    this.#isFolded = isFolded;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: AccessKey): V | undefined {
    return this.#values.get((key as WithHash).hash);
  }

  set(key: AccessKey, value: V | undefined): void {
    this.#values.set((key as WithHash).hash, value);
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    if (event.kind[at]! > TEXT && !event.isText(at)) return;
    if (this.#isFolded) event.loadFolded(at);
    else event.load(at);
    const { view, to } = event;
    let hash = HASH_SEED;
    for (let byte = event.from; byte < to; byte++) hash = hashByte(hash, view[byte]!);
    const value = this.#values.get(hash);
    if (value !== undefined) visitor.visit(value);
  }
}

/** Texts that others begin, or end, with: by their length, and their hash. */
export class AffixPart<V> implements IndexPart<V> {
  readonly #byLength: { length: number; values: HashTable<V> }[] = [];
  readonly #isFromEnd: boolean;
  readonly #isFolded: boolean;

  constructor({ isFromEnd, isFolded }: { isFromEnd: boolean; isFolded: boolean }) {
    this.#isFromEnd = isFromEnd;
    this.#isFolded = isFolded;
  }

  get size(): number {
    return this.#byLength.length;
  }

  get(key: AccessKey): V | undefined {
    const { length, hash } = key as WithLength;
    return this.#byLength.find((one) => one.length === length)?.values.get(hash);
  }

  set(key: AccessKey, value: V | undefined): void {
    const { length, hash } = key as WithLength;
    const found = this.#byLength.findIndex((one) => one.length >= length);
    const at = found < 0 ? this.#byLength.length : found;
    if (this.#byLength[at]?.length !== length) this.#byLength.splice(at, 0, { length, values: new HashTable() });
    const { values } = this.#byLength[at]!;
    values.set(hash, value);
    if (values.size === 0) this.#byLength.splice(at, 1);
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    if (!event.isText(at)) return;
    if (this.#isFolded) event.loadFolded(at);
    else event.load(at);
    const { view, from, to } = event;
    let hash = HASH_SEED;
    let hashed = 0;
    for (let index = 0; index < this.#byLength.length; index++) {
      const { length, values } = this.#byLength[index]!;
      if (length > to - from) return;
      for (; hashed < length; hashed++) hash = hashByte(hash, view[this.#isFromEnd ? to - 1 - hashed : from + hashed]!);
      const value = values.get(hash);
      if (value !== undefined) visitor.visit(value);
    }
  }
}

/** One to four bytes, wherever a text has them. */
export class GramPart<V> implements IndexPart<V> {
  readonly #byLength: { length: number; mask: number; values: HashTable<V> }[] = [];

  get size(): number {
    return this.#byLength.length;
  }

  get(key: AccessKey): V | undefined {
    const { length, gram } = key as WithGram;
    return this.#byLength.find((one) => one.length === length)?.values.get(gram);
  }

  set(key: AccessKey, value: V | undefined): void {
    const { length, gram } = key as WithGram;
    let found = this.#byLength.find((one) => one.length === length);
    if (found === undefined) this.#byLength.push((found = { length, mask: length === 4 ? -1 : (1 << (length * 8)) - 1, values: new HashTable() }));
    found.values.set(gram, value);
    if (found.values.size === 0) this.#byLength.splice(this.#byLength.indexOf(found), 1);
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    if (!event.isText(at)) return;
    event.load(at);
    const { view, from, to } = event;
    for (let index = 0; index < this.#byLength.length; index++) {
      const { length, mask, values } = this.#byLength[index]!;
      let gram = 0;
      for (let byte = from; byte < to; byte++) {
        gram = (gram << 8) | view[byte]!;
        const value = byte - from + 1 >= length ? values.get(gram & mask) : undefined;
        if (value !== undefined) visitor.visit(value);
      }
    }
  }
}

/** Addresses of IPv6, however they are written. */
export class AddressPart<V> implements IndexPart<V> {
  readonly #values = new Map<bigint, V>();

  get size(): number {
    return this.#values.size;
  }

  get(key: AccessKey): V | undefined {
    return this.#values.get((key as OfAddress).value);
  }

  set(key: AccessKey, value: V | undefined): void {
    if (value === undefined) this.#values.delete((key as OfAddress).value);
    else this.#values.set((key as OfAddress).value, value);
  }

  visit(event: EventValues, at: number, visitor: Visitor<V>): void {
    if (!event.isText(at)) return;
    const address = parseAddress(event.text(at));
    const value = address?.bits === 128 ? this.#values.get(address.value) : undefined;
    if (value !== undefined) visitor.visit(value);
  }
}
