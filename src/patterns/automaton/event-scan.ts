import { PATTERN_DEPTH_MAX } from "../../kit/limits/patterns.ts";
import { MalformedEvent } from "../errors.ts";
import { unescapeInto } from "./byte-text.ts";
import type { FieldNode } from "./field-tree.ts";
import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, endOfString, OPEN_ARRAY, OPEN_OBJECT, QUOTE, refuse, skipColon, skipScalar, skipSpace, skipString, skipValue } from "./json-bytes.ts";

/** Of an occurrence. A text may be escaped. */
export const TEXT = 0;
export const ESCAPED_TEXT = 1;
export const NUMBER = 2;
export const TRUE = 3;
export const FALSE = 4;
export const NULL = 5;

/** The element of the outermost object, which is in no array. */
export const OUTERMOST = 0;

const DOT = 0x2e;
const FIRST_OCCURRENCES = 64;
/** Where a plain event is left as soon as nothing more is looked for in it. */
const DONE = -1;

/** 1 for what stands for itself in a key, and is no dot. */
const PLAIN_IN_KEY = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH && byte !== DOT ? 1 : 0));

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
export class EventScan {
  bytes: Uint8Array = new Uint8Array(0);
  /** Counts the scans. */
  number = 0;
  /** The fields that occur: so many of the list. */
  readonly fields: (FieldNode | undefined)[] = [];
  fieldCount = 0;
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
  #arrays = 0;
  #objects = 0;
  /** What the key has that was read last: its end, whether it has dots, and the node that it leads to. */
  #keyEnd = 0;
  #isDotted = false;
  /** What keys with dots brought, by the node and the object. */
  readonly #dotted = new Map<FieldNode, Map<number, { from: number; to: number }>>();

  /** Throws MalformedEvent. */
  scan(event: Uint8Array, root: FieldNode, isPlain: boolean): void {
    this.bytes = event;
    this.number++;
    this.fieldCount = 0;
    this.count = 0;
    this.elements = 1;
    this.#isPlain = isPlain;
    this.#arrays = 0;
    this.#objects = 0;
    if (this.#dotted.size > 0) this.#dotted.clear();
    const start = skipSpace(event, 0);
    if (event[start] !== OPEN_OBJECT) throw new MalformedEvent("the event is no JSON object");
    const end = this.#object(root, start + 1, OUTERMOST, 0, true);
    if (end !== DONE && skipSpace(event, end) < event.length) refuse(event, skipSpace(event, end));
    this.#link();
  }

  /** From behind its bracket to behind its end. `isLast`: nothing else is looked for behind it. */
  #object(node: FieldNode, from: number, element: number, depth: number, isLast: boolean): number {
    const { bytes } = this;
    const isPlain = this.#isPlain;
    const object = ++this.#objects;
    let left = node.childCount;
    let at = skipSpace(bytes, from);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;;) {
      if (bytes[at] !== QUOTE) refuse(bytes, at);
      const child = left > 0 ? this.#key(node, at + 1) : undefined;
      at = skipColon(bytes, left > 0 ? this.#keyEnd : skipString(bytes, at + 1));
      if (child === undefined) at = bytes[at] === QUOTE ? skipString(bytes, at + 1) : skipValue(bytes, at);
      else if (isPlain) {
        left--;
        at = this.#value(child, at, element, depth + 1, isLast && left === 0);
        if (at === DONE || (isLast && left === 0)) return DONE;
      } else at = this.#isDotted ? this.#dottedValue(child, at, element, depth + 1, object) : this.#keyedValue(child, at, element, depth + 1, object);
      if (bytes[at] !== COMMA) at = skipSpace(bytes, at);
      if (bytes[at] === CLOSE_OBJECT) return at + 1;
      if (bytes[at] !== COMMA) refuse(bytes, at);
      if (bytes[++at] !== QUOTE) at = skipSpace(bytes, at);
    }
  }

  /** From behind the first quotation mark of a key. Dots are steps. */
  #key(node: FieldNode, from: number): FieldNode | undefined {
    const { bytes } = this;
    let at = from;
    while (PLAIN_IN_KEY[bytes[at]!] === 1) at++;
    if (bytes[at] !== QUOTE) return this.#oddKey(node, from);
    this.#keyEnd = at + 1;
    this.#isDotted = false;
    return node.child(bytes, from, at);
  }

  /** One that has dots, or something escaped. */
  #oddKey(node: FieldNode, from: number): FieldNode | undefined {
    const end = endOfString(this.bytes, from);
    this.#keyEnd = (end < 0 ? ~end : end) + 1;
    const unescaped = new Uint8Array(this.#keyEnd - from);
    const length = unescapeInto(unescaped, this.bytes, from, this.#keyEnd - 1);
    let found: FieldNode | undefined = node;
    let start = 0;
    for (let at = unescaped.indexOf(DOT); at >= 0 && found !== undefined; at = unescaped.indexOf(DOT, start)) {
      found = found.child(unescaped, start, at);
      start = at + 1;
    }
    this.#isDotted = start > 0;
    return found?.child(unescaped, start, length);
  }

  /** A key that an object has twice is what it is the last time: what it brought before is forgotten. */
  #keyedValue(node: FieldNode, from: number, element: number, depth: number, object: number): number {
    if (node.keyOf === object && node.keyIn === this.number) this.#forget(node.from, node.to);
    const first = this.count;
    const at = this.#value(node, from, element, depth, false);
    node.keyIn = this.number;
    node.keyOf = object;
    node.from = first;
    node.to = this.count;
    return at;
  }

  #dottedValue(node: FieldNode, from: number, element: number, depth: number, object: number): number {
    let brought = this.#dotted.get(node);
    if (brought === undefined) this.#dotted.set(node, (brought = new Map()));
    const before = brought.get(object);
    if (before !== undefined) this.#forget(before.from, before.to);
    const first = this.count;
    const at = this.#value(node, from, element, depth, false);
    brought.set(object, { from: first, to: this.count });
    return at;
  }

  #forget(from: number, to: number): void {
    for (let at = from; at < to; at++) this.nodes[at] = undefined;
  }

  #value(node: FieldNode, from: number, element: number, depth: number, isLast: boolean): number {
    const byte = this.bytes[from]!;
    const isContainer = byte === OPEN_OBJECT || byte === OPEN_ARRAY;
    if (depth > PATTERN_DEPTH_MAX || (byte === OPEN_OBJECT && node.childCount === 0)) return skipValue(this.bytes, from);
    if (!isContainer) return node.uses === 0 ? skipScalar(this.bytes, from) : this.#occurrence(node, from, element, byte);
    return byte === OPEN_OBJECT ? this.#object(node, from + 1, element, depth, isLast) : this.#array(node, from + 1, element, depth);
  }

  #array(node: FieldNode, from: number, outer: number, depth: number): number {
    const { bytes } = this;
    const array = ++this.#arrays;
    let at = skipSpace(bytes, from);
    if (bytes[at] === CLOSE_ARRAY) return at + 1;
    for (;;) {
      at = skipSpace(bytes, this.#value(node, at, this.#element(array, outer), depth + 1, false));
      if (bytes[at] === CLOSE_ARRAY) return at + 1;
      if (bytes[at] !== COMMA) refuse(bytes, at);
      at = skipSpace(bytes, at + 1);
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

  #occurrence(node: FieldNode, from: number, element: number, byte: number): number {
    const at = this.count++;
    if (at === this.start.length) this.#makeRoom();
    this.nodes[at] = node;
    this.element[at] = element;
    if (byte === QUOTE) {
      const end = endOfString(this.bytes, from + 1);
      this.start[at] = from + 1;
      this.kind[at] = end < 0 ? ESCAPED_TEXT : TEXT;
      this.end[at] = end < 0 ? ~end : end;
      return this.end[at]! + 1;
    }
    this.start[at] = from;
    this.kind[at] = KIND_OF_LITERAL[byte] ?? NUMBER;
    this.end[at] = skipScalar(this.bytes, from);
    return this.end[at]!;
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
        this.fields[this.fieldCount++] = node;
      }
      node.last = at;
    }
  }
}
