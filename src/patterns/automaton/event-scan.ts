import { PATTERN_DEPTH_MAX } from "../../kit/limits.ts";
import { MalformedEvent } from "../errors.ts";
import { unescapeInto } from "./byte-text.ts";
import type { FieldNode } from "./field-tree.ts";
import { HASH_SEED, hashByte } from "./hash-table.ts";
import { JsonBytes } from "./json-bytes.ts";

/** Of an occurrence. A text may be escaped. */
export const TEXT = 0;
export const ESCAPED_TEXT = 1;
export const NUMBER = 2;
export const TRUE = 3;
export const FALSE = 4;
export const NULL = 5;

/** The element of the outermost object, which is in no array. */
export const OUTERMOST = 0;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const FIRST_OCCURRENCES = 64;

const KIND_OF_LITERAL: Record<number, number> = { 0x74: TRUE, 0x66: FALSE, 0x6e: NULL };

const larger = (array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const more = new Int32Array(array.length * 2);
  more.set(array);
  return more;
};

/**
 * Reads an event's bytes once, and notes where the values of the fields are that somebody asks for: their occurrences. What nobody asks for is stepped over.
 *
 * An event that is `plain` is known to be JSON, to have no key twice in an object, and no dots in its keys: reading ends as soon as there is nothing left to be found.
 */
export class EventScan extends JsonBytes {
  /** Counts the scans. */
  number = 0;
  /** The fields that occur. */
  readonly fields: FieldNode[] = [];
  count = 0;
  /** By occurrence: its field; its bytes, those of a text without quotation marks; its kind; the element of the array that it is in; the field's next occurrence, or -1. */
  nodes: (FieldNode | undefined)[] = [];
  start = new Int32Array(FIRST_OCCURRENCES);
  end = new Int32Array(FIRST_OCCURRENCES);
  kind = new Int32Array(FIRST_OCCURRENCES);
  element = new Int32Array(FIRST_OCCURRENCES);
  next = new Int32Array(FIRST_OCCURRENCES);
  /** By element: its array, and the element that this array is in. */
  elements = 1;
  arrayOf = new Int32Array(FIRST_OCCURRENCES);
  outer = new Int32Array(FIRST_OCCURRENCES);

  #isPlain = false;
  #isDone = false;
  /** Whether the last key had dots. */
  #isDotted = false;
  #arrays = 0;
  #objects = 0;
  /** What keys with dots brought, by the object and the node. */
  readonly #dotted = new Map<FieldNode, Map<number, { from: number; to: number }>>();

  /** Throws MalformedEvent. */
  scan(event: Uint8Array, root: FieldNode, isPlain: boolean): void {
    this.bytes = event;
    this.at = 0;
    this.number++;
    this.fields.length = 0;
    this.count = 0;
    this.elements = 1;
    this.#isPlain = isPlain;
    this.#isDone = false;
    this.#arrays = 0;
    this.#objects = 0;
    if (this.#dotted.size > 0) this.#dotted.clear();
    this.skipSpace();
    if (event[this.at] !== OPEN_OBJECT) throw new MalformedEvent("the event is no JSON object");
    this.at++;
    this.#object(root, OUTERMOST, 0, true);
    if (!this.#isDone) this.#expectEnd();
    this.#link();
  }

  #expectEnd(): void {
    this.skipSpace();
    if (this.at < this.bytes.length) this.fail();
  }

  /** From behind its bracket. `isLast`: nothing else is looked for behind it. */
  #object(node: FieldNode, element: number, depth: number, isLast: boolean): void {
    const object = ++this.#objects;
    let left = node.childCount;
    this.skipSpace();
    if (this.bytes[this.at] === 0x7d) {
      this.at++;
      return;
    }
    for (;;) {
      if (this.bytes[this.at] !== QUOTE) this.fail();
      this.at++;
      const child = left > 0 ? this.#key(node) : this.#nextKey();
      const isDotted = this.#isDotted;
      this.skipColon();
      if (child === undefined) this.skipValue();
      else if (this.#isPlain) {
        left--;
        this.#value(child, element, depth + 1, isLast && left === 0);
        if (isLast && left === 0) this.#isDone = true;
        if (this.#isDone) return;
      } else if (isDotted) this.#dottedValue(child, element, depth + 1, object);
      else this.#keyedValue(child, element, depth + 1, object);
      this.skipSpace();
      const byte = this.bytes[this.at++];
      if (byte === 0x7d) return;
      if (byte !== 0x2c) {
        this.at--;
        this.fail();
      }
      this.skipSpace();
    }
  }

  /** One that is not asked for. */
  #nextKey(): undefined {
    this.skipString();
    return undefined;
  }

  /** From behind the first quotation mark of a key to behind the last. Dots are steps. */
  #key(node: FieldNode): FieldNode | undefined {
    const { bytes } = this;
    let found: FieldNode | undefined = node;
    let start = this.at;
    let at = start;
    let hash = HASH_SEED;
    this.#isDotted = false;
    for (; ; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte === DOT) {
        found = found?.child(hash, bytes, start, at);
        start = at + 1;
        hash = HASH_SEED;
        this.#isDotted = true;
      } else if (byte === BACKSLASH) return this.#escapedKey(node);
      else if (byte >= 0x20) hash = hashByte(hash, byte);
      else {
        this.at = at;
        this.fail();
      }
    }
    this.at = at + 1;
    return found?.child(hash, bytes, start, at);
  }

  #escapedKey(node: FieldNode): FieldNode | undefined {
    const from = this.at;
    this.skipString();
    const bytes = new Uint8Array(this.at - from);
    const length = unescapeInto(bytes, this.bytes, from, this.at - 1);
    let found: FieldNode | undefined = node;
    let start = 0;
    let hash = HASH_SEED;
    this.#isDotted = false;
    for (let at = 0; at < length; at++) {
      if (bytes[at] === DOT) {
        found = found?.child(hash, bytes, start, at);
        start = at + 1;
        hash = HASH_SEED;
        this.#isDotted = true;
      } else hash = hashByte(hash, bytes[at]!);
    }
    return found?.child(hash, bytes, start, length);
  }

  /** A key that an object has twice is what it is the last time: what it brought before is forgotten. */
  #keyedValue(node: FieldNode, element: number, depth: number, object: number): void {
    if (node.keyOf === object && node.keyIn === this.number) this.#forget(node.from, node.to);
    const from = this.count;
    this.#value(node, element, depth, false);
    node.keyIn = this.number;
    node.keyOf = object;
    node.from = from;
    node.to = this.count;
  }

  #dottedValue(node: FieldNode, element: number, depth: number, object: number): void {
    let brought = this.#dotted.get(node);
    if (brought === undefined) this.#dotted.set(node, (brought = new Map()));
    const before = brought.get(object);
    if (before !== undefined) this.#forget(before.from, before.to);
    const from = this.count;
    this.#value(node, element, depth, false);
    brought.set(object, { from, to: this.count });
  }

  #forget(from: number, to: number): void {
    for (let at = from; at < to; at++) this.nodes[at] = undefined;
  }

  #value(node: FieldNode, element: number, depth: number, isLast: boolean): void {
    const byte = this.bytes[this.at]!;
    if (byte === OPEN_OBJECT) {
      if (node.childCount === 0 || depth > PATTERN_DEPTH_MAX) return this.skipValue();
      this.at++;
      this.#object(node, element, depth, isLast);
    } else if (byte === OPEN_ARRAY) {
      if (depth > PATTERN_DEPTH_MAX) return this.skipValue();
      this.at++;
      this.#array(node, element, depth);
    } else if (node.uses === 0 || depth > PATTERN_DEPTH_MAX) this.skipScalar();
    else this.#occurrence(node, element, byte);
  }

  #array(node: FieldNode, element: number, depth: number): void {
    const array = ++this.#arrays;
    this.skipSpace();
    if (this.bytes[this.at] === 0x5d) {
      this.at++;
      return;
    }
    for (;;) {
      this.#value(node, this.#element(array, element), depth + 1, false);
      this.skipSpace();
      const byte = this.bytes[this.at++];
      if (byte === 0x5d) return;
      if (byte !== 0x2c) {
        this.at--;
        this.fail();
      }
      this.skipSpace();
    }
  }

  #element(array: number, outer: number): number {
    const element = this.elements++;
    if (element === this.arrayOf.length) {
      this.arrayOf = larger(this.arrayOf);
      this.outer = larger(this.outer);
    }
    this.arrayOf[element] = array;
    this.outer[element] = outer;
    return element;
  }

  #occurrence(node: FieldNode, element: number, byte: number): void {
    const at = this.count++;
    if (at === this.start.length) this.#makeRoom();
    this.nodes[at] = node;
    this.element[at] = element;
    if (byte === QUOTE) {
      this.start[at] = ++this.at;
      this.kind[at] = this.skipString() ? ESCAPED_TEXT : TEXT;
      this.end[at] = this.at - 1;
      return;
    }
    this.start[at] = this.at;
    this.skipScalar();
    this.kind[at] = KIND_OF_LITERAL[byte] ?? NUMBER;
    this.end[at] = this.at;
  }

  #makeRoom(): void {
    this.start = larger(this.start);
    this.end = larger(this.end);
    this.kind = larger(this.kind);
    this.element = larger(this.element);
    this.next = larger(this.next);
  }

  /** Each field's occurrences, in the event's order. */
  #link(): void {
    for (let at = 0; at < this.count; at++) {
      const node = this.nodes[at];
      if (node === undefined) continue;
      this.next[at] = -1;
      if (node.foundIn === this.number) this.next[node.last] = at;
      else {
        node.foundIn = this.number;
        node.first = at;
        this.fields.push(node);
      }
      node.last = at;
    }
  }
}
