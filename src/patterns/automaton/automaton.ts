import { EVENT_NUMBERS, type Numbers } from "../numeric.ts";
import { parsePattern, type Alternative } from "../parse.ts";
import { Branch, type Child } from "./branch.ts";
import { Entry, toEntry, type Shape } from "./entry.ts";
import { EventValues } from "./event-values.ts";
import { FieldNode } from "./field-tree.ts";
import type { FieldIndex } from "./field-index.ts";

interface KnownShape extends Shape {
  uses: number;
  name: string;
}

/** Patterns that are matched together: see docs/event-patterns.md. */
export class Automaton<K> {
  readonly #tree = new FieldNode("");
  readonly #root = new Branch<K>(0);
  readonly #entries = new Map<K, Entry<K>>();
  readonly #shapes = new Map<string, KnownShape>();
  readonly #numbers: Numbers;
  readonly #event: EventValues;
  #found: K[] = [];

  constructor(numbers = EVENT_NUMBERS) {
    this.#numbers = numbers;
    this.#event = new EventValues(numbers);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Steps that the last event took. */
  get spent(): number {
    return this.#event.spent;
  }

  add(key: K, pattern: string): void {
    const alternatives = parsePattern(pattern, this.#numbers);
    this.remove(key);
    let owner: Entry<K> | undefined;
    for (const alternative of alternatives) {
      const entry = this.#addAlternative(key, alternative, owner);
      owner ??= entry;
    }
    this.#entries.set(key, owner!);
  }

  #addAlternative(key: K, alternative: Alternative, owner: Entry<K> | undefined): Entry<K> {
    const entry = toEntry(key, alternative, this.#shapeOf, owner);
    if (owner !== undefined) {
      entry.following = owner.following;
      owner.following = entry;
    }
    this.#root.add(entry);
    return entry;
  }

  readonly #shapeOf = (exact: readonly string[], others: readonly string[]): Shape => {
    const name = JSON.stringify([exact, others]);
    let shape = this.#shapes.get(name);
    if (shape === undefined) {
      const toNode = (path: string) => this.#tree.use(path);
      this.#shapes.set(name, (shape = { exact: exact.map(toNode), others: others.map(toNode), uses: 0, name }));
    }
    shape.uses++;
    return shape;
  };

  #release({ shape }: Entry<K>): void {
    const known = shape as KnownShape;
    if (--known.uses > 0) return;
    this.#shapes.delete(known.name);
    for (const field of [...known.exact, ...known.others]) field.release();
  }

  remove(key: K): void {
    const owner = this.#entries.get(key);
    this.#entries.delete(key);
    for (let entry = owner; entry !== undefined; entry = entry.following) {
      this.#root.remove(entry);
      this.#release(entry);
    }
  }

  /** Throws MalformedEvent and PatternTooCostly. */
  matching(bytes: Uint8Array, isPlain: boolean): K[] {
    const event = this.#event;
    event.scan(bytes, this.#tree, isPlain);
    event.begin();
    this.#found = [];
    this.#visitBranch(this.#root);
    return this.#found;
  }

  visit(child: Child<K>): void {
    if (child instanceof Branch) this.#visitBranch(child);
    else this.#visitEntry(child);
  }

  #visitBranch(branch: Branch<K>): void {
    const event = this.#event;
    if (branch.visitedIn === event.number) return;
    branch.visitedIn = event.number;
    const { loose, indexes } = branch;
    for (let index = 0; index < loose.length; index++) this.#visitEntry(loose[index]!);
    if (indexes.length > event.fieldCount) for (let index = 0; index < event.fieldCount; index++) this.#visitIndex(event.fields[index]!, branch.indexOf(event.fields[index]!));
    else for (let index = 0; index < indexes.length; index++) this.#visitIndex(indexes[index]!.field, indexes[index]!.index);
  }

  #visitIndex(field: FieldNode, index: FieldIndex<Child<K>> | undefined): void {
    const event = this.#event;
    if (index === undefined || field.foundIn !== event.number) return;
    for (let at = field.first; at >= 0; at = event.next[at]!) {
      event.spend(event.costOf(at));
      index.visit(event, at, this);
    }
  }

  #visitEntry(entry: Entry<K>): void {
    const event = this.#event;
    const { owner } = entry;
    if (entry.lookedAtIn === event.number || owner.matchedIn === event.number) return;
    entry.lookedAtIn = event.number;
    event.spend(1);
    if (!entry.matches(event)) return;
    owner.matchedIn = event.number;
    this.#found.push(owner.key);
  }
}
