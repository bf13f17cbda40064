/**
 * JSONPath, as far as mapping templates and parameter mappings use it: members, indexes, slices, wildcards, descent and filters that compare.
 * Ours, as the paths are an API owner's and the documents anybody's: nothing is evaluated as code, and only own members are looked at.
 */
type Step =
  | { kind: "members"; names: readonly string[] }
  | { kind: "indexes"; indexes: readonly number[] }
  | { kind: "slice"; from?: number; to?: number }
  | { kind: "any" }
  | { kind: "descent" }
  | { kind: "filter"; path: CompiledPath; operator?: string; value?: unknown };

export interface CompiledPath {
  steps: readonly Step[];
  /** It names one place: the answer is what stands there, and not a list. */
  isDefinite: boolean;
}

export class PathError extends Error {}

const FILTER = /^\s*@((?:\.[\w-]+|\['[^']*'\]|\[\d+\])*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?$/;

const literal = (text: string): unknown => {
  const quoted = /^'(.*)'$/.exec(text);
  try {
    return quoted === null ? (JSON.parse(text) as unknown) : quoted[1];
  } catch {
    throw new PathError(`a filter compares with ${text}, which is no value`);
  }
};

const numberOf = (text: string | undefined): number | undefined => (text === undefined || text.trim() === "" ? undefined : Number(text));

const filterStep = (text: string): Step => {
  const [whole, path, operator, value] = FILTER.exec(text) ?? [];
  if (whole === undefined) throw new PathError(`the filter ${text} is not built: one comparison of a member with a value is`);
  return { kind: "filter", path: compilePath(`$${path}`), ...(operator === undefined ? {} : { operator, value: literal(value!) }) };
};

const bracketStep = (inner: string): Step => {
  if (inner === "*") return { kind: "any" };
  const filter = /^\?\((.*)\)$/s.exec(inner);
  if (filter !== null) return filterStep(filter[1]!);
  if (/^\s*-?\d+(\s*,\s*-?\d+)*\s*$/.test(inner)) return { kind: "indexes", indexes: inner.split(",").map(Number) };
  const slice = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*$/.exec(inner);
  if (slice !== null) {
    const [from, to] = [numberOf(slice[1]), numberOf(slice[2])];
    return { kind: "slice", ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  }
  const names = [...inner.matchAll(/\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(?:,|$)/gy)];
  if (names.length === 0 || names.map(([all]) => all).join("") !== inner) throw new PathError(`[${inner}] is no part of a path`);
  return { kind: "members", names: names.map(([, single, double]) => (single ?? double)!.replace(/\\(.)/g, "$1")) };
};

/** Where the bracket that opens at `from` closes. */
const closing = (text: string, from: number): number => {
  let quote = "";
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const one = text[at]!;
    if (quote !== "") {
      if (one === "\\") at++;
      else if (one === quote) quote = "";
    } else if (one === "'" || one === '"') quote = one;
    else if (one === "[") depth++;
    else if (one === "]" && --depth === 0) return at;
  }
  throw new PathError("a bracket is not closed");
};

const isOne = (step: Step): boolean => (step.kind === "members" && step.names.length === 1) || (step.kind === "indexes" && step.indexes.length === 1);

export const compilePath = (text: string): CompiledPath => {
  const path = text.trim();
  if (!path.startsWith("$")) throw new PathError(`the path ${text} does not begin with $`);
  const steps: Step[] = [];
  for (let at = 1; at < path.length; ) {
    if (path[at] === "[") {
      const end = closing(path, at);
      steps.push(bracketStep(path.slice(at + 1, end)));
      at = end + 1;
      continue;
    }
    if (path[at] !== ".") throw new PathError(`${path.slice(at)} is no part of a path`);
    at++;
    if (path[at] === ".") {
      steps.push({ kind: "descent" });
      at++;
      if (path[at] === "[") continue;
    }
    const name = /^[^.[\]]+/.exec(path.slice(at))?.[0];
    if (name === undefined) throw new PathError("a path ends with a dot");
    steps.push(name === "*" ? { kind: "any" } : { kind: "members", names: [name] });
    at += name.length;
  }
  return { steps, isDefinite: steps.every(isOne) };
};

const VISITS_MAX = 100_000;

const children = (value: unknown): unknown[] => (Array.isArray(value) ? value : typeof value === "object" && value !== null ? Object.values(value) : []);

/** The value and all below it, without a stack that a deep document could exhaust. */
const descendants = (value: unknown): unknown[] => {
  const all = [value];
  for (let at = 0; at < all.length; at++) {
    for (const child of children(all[at])) all.push(child);
    if (all.length > VISITS_MAX) throw new PathError("the document has too many values to descend into");
  }
  return all;
};

const compare = (operator: string, actual: unknown, wanted: unknown): boolean => {
  if (operator === "==") return actual === wanted;
  if (operator === "!=") return actual !== wanted;
  if (typeof actual !== typeof wanted || (typeof actual !== "number" && typeof actual !== "string")) return false;
  const [one, other] = [actual as number, wanted as number];
  return operator === "<" ? one < other : operator === "<=" ? one <= other : operator === ">" ? one > other : one >= other;
};

const take = (step: Step, value: unknown): unknown[] => {
  switch (step.kind) {
    case "any": return children(value);
    case "descent": return descendants(value);
    case "members": return typeof value === "object" && value !== null && !Array.isArray(value) ? step.names.flatMap((name) => (Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : [])) : [];
    case "indexes": return Array.isArray(value) ? step.indexes.flatMap((index) => { const at = index < 0 ? value.length + index : index; return at in value ? [value[at] as unknown] : []; }) : [];
    case "slice": return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case "filter": return children(value).filter((child) => {
      const found = query(step.path, child);
      return found.length > 0 && (step.operator === undefined || compare(step.operator, found[0], step.value));
    });
  }
};

const query = ({ steps }: CompiledPath, document: unknown): unknown[] => {
  let values = [document];
  for (const step of steps) {
    values = values.flatMap((value) => take(step, value));
    if (values.length > VISITS_MAX) throw new PathError("the path finds too many values");
  }
  return values;
};

/** What stands at the place, or a list of all that was found; undefined when there is nothing at a place that the path names. */
export const findByPath = (path: CompiledPath, document: unknown): unknown => {
  const found = query(path, document);
  return path.isDefinite ? found[0] : found;
};
