import { toByteText } from "./byte-text.ts";
import { HashTable, hashOf, hashOfBytes } from "./hash-table.ts";

/** So many names are compared one after the other. */
const FEW = 8;

/** A step of the paths that the patterns of a set ask for. What is said of an event is true for the scan whose number stands beside it. */
export class FieldNode {
  readonly name: string;
  readonly parent: FieldNode | undefined;
  #children: FieldNode[] = [];
  /** Where there are many, by the hashes of their names. */
  #byHash: HashTable<FieldNode> | undefined;
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

  /** By its name's bytes from `start` to `end`. */
  child(bytes: Uint8Array, start: number, end: number): FieldNode | undefined {
    if (this.#byHash !== undefined) return this.#childOf(this.#byHash.get(hashOfBytes(bytes, start, end)), bytes, start, end);
    const children = this.#children;
    for (let index = 0; index < children.length; index++) if (isNamed(children[index]!.name, bytes, start, end)) return children[index];
    return undefined;
  }

  #childOf(first: FieldNode | undefined, bytes: Uint8Array, start: number, end: number): FieldNode | undefined {
    let node = first;
    while (node !== undefined && !isNamed(node.name, bytes, start, end)) node = node.#sibling;
    return node;
  }

  #childNamed(name: string): FieldNode | undefined {
    const bytes = Buffer.from(name, "latin1");
    return this.child(bytes, 0, bytes.length);
  }

  #addChild(name: string): FieldNode {
    const node = new FieldNode(name, this);
    this.childCount++;
    if (this.#byHash !== undefined) this.#putByHash(this.#byHash, node);
    else if (this.#children.push(node) > FEW) {
      this.#byHash = new HashTable();
      for (const child of this.#children) this.#putByHash(this.#byHash, child);
      this.#children = [];
    }
    return node;
  }

  #putByHash(table: HashTable<FieldNode>, node: FieldNode): void {
    node.#sibling = table.get(hashOf(node.name));
    table.set(hashOf(node.name), node);
  }

  #removeChild(gone: FieldNode): void {
    this.childCount--;
    this.#children = this.#children.filter((child) => child !== gone);
    const first = this.#byHash?.get(hashOf(gone.name));
    if (first === gone) this.#byHash!.set(hashOf(gone.name), gone.#sibling);
    for (let node = first; node !== undefined; node = node.#sibling) if (node.#sibling === gone) node.#sibling = gone.#sibling;
  }

  /** The node of a path below this one, its steps with dots between them; counts one more use of it. */
  use(path: string): FieldNode {
    const end = path.split(".").map(toByteText).reduce<FieldNode>((node, name) => node.#childNamed(name) ?? node.#addChild(name), this);
    end.uses++;
    return end;
  }

  /** Counts one use less; what nobody asks for is taken away. */
  release(): void {
    this.uses--;
    this.#prune();
  }

  #prune(): void {
    if (this.parent === undefined || this.uses > 0 || this.childCount > 0) return;
    this.parent.#removeChild(this);
    this.parent.#prune();
  }
}

const isNamed = (name: string, bytes: Uint8Array, start: number, end: number): boolean => {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) if (name.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
};
