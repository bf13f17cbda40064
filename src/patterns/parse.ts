import { PATTERN_ALTERNATIVES_MAX } from "../kit/limits.ts";
import { InvalidPattern } from "./errors.ts";
import { parseWanted, type ValueTest } from "./value-tests.ts";

/** What a pattern asks of one field. */
export interface Field {
  /** The keys by which it may be reached from its n-th step on: one step, or several that an event has as one key with dots in it. */
  keys: readonly (readonly string[])[];
  /** Any of them is enough. */
  tests: readonly ValueTest[];
  mayBeAbsent: boolean;
}

/** Fields that all must match. A pattern has one for each choice that its `$or`s leave. */
export type Alternative = readonly Field[];

type Gathered = Map<string, Field>;

const OR = "$or";
/** Names of expressions, of today or of tomorrow, that are no fields in a `$or`. */
const RESERVED = new Set([
  "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "html", "=", "<", "<=", ">", ">=", "regex",
  "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
]);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const toField = (path: string, members: readonly unknown[]): Field => {
  if (members.length === 0) throw new InvalidPattern("Empty arrays are not allowed");
  const wanted = members.map(parseWanted);
  const steps = path.split(".");
  return {
    keys: steps.map((_, from) => steps.slice(from).map((__, count) => steps.slice(from, from + count + 1).join("."))),
    tests: wanted.filter((one) => one !== "absent"),
    mayBeAbsent: wanted.includes("absent"),
  };
};

const branchesOf = (value: unknown): Record<string, unknown>[] => {
  if (!Array.isArray(value)) throw new InvalidPattern(`It must be an Array followed with ${OR}.`);
  if (!value.every(isObject)) throw new InvalidPattern(`Only JSON object is allowed in array of ${OR} relationship.`);
  if (value.length < 2) throw new InvalidPattern(`There must have at least 2 Objects in ${OR} relationship.`);
  return value;
};

/** Adds what an object of the pattern asks for to each of the alternatives there are. The same field again replaces what was asked of it before, as AWS's matcher has it. */
const gather = (object: Record<string, unknown>, path: string, isInOr: boolean, before: Gathered[]): Gathered[] => {
  let gathered = before;
  const entries = Object.entries(object);
  if (entries.length === 0) throw new InvalidPattern("Empty objects are not allowed");
  for (const [name, value] of entries) {
    if (name === OR) {
      const start = gathered;
      gathered = [];
      for (const branch of branchesOf(value)) gathered.push(...gather(branch, path, true, start.map((one) => new Map(one))));
      if (gathered.length > PATTERN_ALTERNATIVES_MAX) throw new InvalidPattern(`the ${OR}s leave more than ${PATTERN_ALTERNATIVES_MAX} combinations`);
      continue;
    }
    if (isInOr && RESERVED.has(name)) throw new InvalidPattern(`${name} is Ruler reserved fieldName which cannot be used inside ${OR}.`);
    const inner = `${path}${name}`;
    if (Array.isArray(value)) {
      const field = toField(inner, value);
      for (const one of gathered) one.set(inner, field);
    } else if (isObject(value)) gathered = gather(value, `${inner}.`, isInOr, gathered);
    else throw new InvalidPattern(`"${name}" must be an object or an array`);
  }
  return gathered;
};

export const parsePattern = (pattern: unknown): Alternative[] => {
  if (!isObject(pattern)) throw new InvalidPattern("Filter is not an object");
  return gather(pattern, "", false, [new Map()]).map((fields) => [...fields.values()]);
};
