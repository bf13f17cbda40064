/** A JSON pointer's segments. */
export const parsePointer = (path: string): string[] => path.split("/").slice(1).map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** Only what the document has itself: a client may name `__proto__`. */
const own = (tree: Tree, key: string): unknown => (Object.hasOwn(tree, key) ? tree[key] : undefined);

const put = (tree: Tree, key: string, value: unknown): void => void Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true });

export const getAt = (document: object, location: readonly string[]): unknown => location.reduce<unknown>((tree, key) => (isTree(tree) ? own(tree, key) : undefined), document);

/** What is on the way to it is made. */
export const setAt = (document: object, location: readonly string[], value: unknown): void => {
  let tree = document as Tree;
  for (const key of location.slice(0, -1)) {
    const next = own(tree, key);
    if (!isTree(next)) put(tree, key, {});
    tree = own(tree, key) as Tree;
  }
  put(tree, location.at(-1)!, value);
};

/** Resolves to whether it was there. */
export const removeAt = (document: object, location: readonly string[]): boolean => {
  const parent = getAt(document, location.slice(0, -1));
  const key = location.at(-1)!;
  if (!isTree(parent) || !Object.hasOwn(parent, key)) return false;
  delete parent[key];
  return true;
};
