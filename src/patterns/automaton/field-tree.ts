import { toByteText } from "./byte-text.ts";
import { HashTable, hashOf } from "./hash-table.ts";

/** A step of the paths that the patterns of a set ask for. What is said of an event is true for the scan whose number stands beside it. */
export class FieldNode {
  readonly name: string;
  readonly parent: FieldNode | undefined;
  readonly #children = new HashTable<FieldNode>();
  /** Another name of the same hash. */
  #sibling: FieldNode | undefined;
  childCount = 0;
  /** Conditions about the field that ends here. */
  uses = 0;

  /** The scan in which the field was found, and its first and its last occurrence there. */
  foundIn = 0;
  first = -1;
  last = -1;
  /** The scan and its object that had this key last, and the occurrences that it brought. */
  keyIn = 0;
  keyOf = 0;
  from = 0;
  to = 0;

  constructor(name: string, parent?: FieldNode) {
    this.name = name;
    this.parent = parent;
  }

  /** By its name's bytes from `start` to `end`, and their hash. */
  child(hash: number, bytes: Uint8Array, start: number, end: number): FieldNode | undefined {
    for (let node = this.#children.get(hash); node !== undefined; node = node.#sibling) if (node.#isNamed(bytes, start, end)) return node;
    return undefined;
  }

  #isNamed(bytes: Uint8Array, start: number, end: number): boolean {
    const { name } = this;
    if (name.length !== end - start) return false;
    for (let index = 0; index < name.length; index++) if (name.charCodeAt(index) !== bytes[start + index]) return false;
    return true;
  }

  #childNamed(name: string): FieldNode | undefined {
    let node = this.#children.get(hashOf(name));
    while (node !== undefined && node.name !== name) node = node.#sibling;
    return node;
  }

  #addChild(name: string): FieldNode {
    const node = new FieldNode(name, this);
    node.#sibling = this.#children.get(hashOf(name));
    this.#children.set(hashOf(name), node);
    this.childCount++;
    return node;
  }

  #removeChild(gone: FieldNode): void {
    const hash = hashOf(gone.name);
    const first = this.#children.get(hash);
    if (first === gone) this.#children.set(hash, gone.#sibling);
    for (let node = first; node !== undefined; node = node.#sibling) if (node.#sibling === gone) node.#sibling = gone.#sibling;
    this.childCount--;
  }

  /** The node of a path below this one, its steps with dots between them; counts one more use of it. */
  use(path: string): FieldNode {
    let node: FieldNode = this;
    for (const step of path.split(".")) {
      const name = toByteText(step);
      node = node.#childNamed(name) ?? node.#addChild(name);
    }
    node.uses++;
    return node;
  }

  /** Undefined where no pattern asks for it. */
  find(path: string): FieldNode | undefined {
    let node: FieldNode | undefined = this;
    for (const step of path.split(".")) {
      node = node.#childNamed(toByteText(step));
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** Counts one use less; what nobody asks for is taken away. */
  release(): void {
    this.uses--;
    for (let node: FieldNode = this; node.parent !== undefined && node.uses === 0 && node.childCount === 0; node = node.parent) node.parent.#removeChild(node);
  }
}
