import type { PatchOperation } from "@aws-sdk/client-api-gateway";
import { badRequest } from "../errors.ts";
import { parsePointer } from "./pointer.ts";

/** `move` and `test` are in the language of patches, and nothing of API Gateway takes them. */
export type Op = "add" | "remove" | "replace" | "copy";

export interface Patch {
  op: Op;
  /** Empty where none is given. */
  value: string;
  /** Where the path points, segment by segment, unescaped. */
  location: readonly string[];
  /** What stood in the places of the pattern's names. */
  names: readonly string[];
  /** Where a copy comes from. */
  from: readonly string[];
}

export interface Rule<T> {
  ops: readonly Op[];
  apply(document: T, patch: Patch): void;
}

/** What can be patched, by its path: `/description`, `/variables/{variable_name}`. Source: "Patch operations", API Gateway API reference. */
export type Rules<T> = Readonly<Record<string, Rule<T>>>;

interface Options<T> {
  /** For paths that no pattern can say. Undefined when it is none of them either. */
  otherwise?: (path: string) => Rule<T> | undefined;
  refusal?: (path: string, op: string) => Error;
}

const namesIn = (pattern: string, location: readonly string[]): string[] | undefined => {
  const expected = pattern.split("/").slice(1);
  if (expected.length !== location.length) return undefined;
  const names: string[] = [];
  for (const [index, segment] of expected.entries()) {
    if (segment.startsWith("{")) names.push(location[index]!);
    else if (segment !== location[index]) return undefined;
  }
  return names;
};

const standardRefusal =
  <T>(rules: Rules<T>) =>
  (path: string, op: string): Error => {
    const possible = Object.entries(rules).flatMap(([pattern, { ops }]) => (ops.includes(op as Op) ? [pattern] : []));
    return badRequest(`Invalid patch path  '${path}' specified for op '${op}'. Must be one of: [${possible.join(", ")}]`);
  };

/** The document with the operations done to it, all of them or none. */
export const applyPatches = <T extends object>(document: T, rules: Rules<T>, operations: readonly PatchOperation[] | undefined, { otherwise, refusal = standardRefusal(rules) }: Options<T> = {}): T => {
  const changed = structuredClone(document);
  for (const { op = "", path = "", value = "", from = "" } of operations ?? []) {
    const location = parsePointer(path);
    const [pattern, names = []] = Object.keys(rules).map((one) => [one, namesIn(one, location)] as const).find(([, found]) => found !== undefined) ?? [];
    const rule = pattern === undefined ? otherwise?.(path) : rules[pattern];
    if (rule === undefined || !rule.ops.includes(op as Op)) throw refusal(path, op);
    rule.apply(changed, { op: op as Op, value, location, names, from: parsePointer(from) });
  }
  return changed;
};
