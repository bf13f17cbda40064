import { parsePointer } from "../patch/pointer.ts";

export type Tree = Record<string, unknown>;

export const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is no object is an empty one. */
export const treeOf = (value: unknown): Tree => (isTree(value) ? value : {});
export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined);
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const textsOf = (value: unknown): Record<string, string> | undefined =>
  isTree(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, typeof text === "string" ? text : JSON.stringify(text)])) : undefined;

const JUMPS_MAX = 10;

/** What a `$ref` within the document points to. */
export const resolved = (document: Tree, value: unknown): Tree => {
  let found = value;
  for (let jumps = 0; jumps < JUMPS_MAX && isTree(found) && typeof found["$ref"] === "string" && found["$ref"].startsWith("#/"); jumps++) {
    found = parsePointer(decodeURIComponent(found["$ref"].slice(1))).reduce<unknown>((tree, key) => (isTree(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined), document);
  }
  return treeOf(found);
};
