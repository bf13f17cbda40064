import { FILTER_POLICY_COMBINATIONS_MAX, FILTER_POLICY_KEYS_MAX, PATTERN_DEPTH_MAX } from "../kit/limits/patterns.ts";
import { InvalidPattern } from "./errors.ts";
import type { Numbers } from "./numeric.ts";
import { compilePattern } from "./pattern.ts";

export type FilterPolicyScope = "MessageAttributes" | "MessageBody";

/** A message attribute as Publish has it. What is binary, or has no text, is not there for a policy. */
export interface FilteredAttribute {
  DataType?: string | undefined;
  StringValue?: string | undefined;
}

export interface FilteredMessage {
  /** The JSON that policies of a scope look at; a body need not be any. */
  json(scope: FilterPolicyScope): string;
  /** What policies of a scope look at; undefined for a body that is no JSON object. It is read once, however many policies ask. */
  read(scope: FilterPolicyScope): Record<string, unknown> | undefined;
}

/** Whether a message is one that the policy lets through. Throws PatternTooCostly for a body that would take too long. */
export type FilterPolicy = (message: FilteredMessage) => boolean;

const OR = "$or";
/** "The value can range from -10⁹ to 10⁹, with five digits of accuracy after the decimal point" (Amazon SNS developer guide, filter policy constraints). */
const NUMBER_MAX = 1e9;
const DIGITS = 1e5;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** What a policy takes a number for. One that is too large is no number that it could name. */
const asCompared = (value: number): number => (Math.abs(value) > NUMBER_MAX ? Number.NaN : Math.trunc(value * DIGITS) / DIGITS);

/** How filter policies read numbers, their own and a message's. */
export const POLICY_NUMBERS: Numbers = { max: NUMBER_MAX, asCompared };

/** The value itself, with all its numbers as they are compared. What lies deeper than a pattern looks is left out. */
const withNumbers = (value: unknown, depth = 0): unknown => {
  if (typeof value === "number") return asCompared(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > PATTERN_DEPTH_MAX) return [];
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (typeof member === "number" || typeof member === "object") members[key] = withNumbers(member, depth + 1);
  }
  return value;
};

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

interface Size {
  keys: number;
  combinations: number;
}

/** Names that lead to values, and how many ways there are to choose one value for each; below others, a name counts once for each level. A `$or` adds up what its branches have. */
const sizeOf = (policy: Record<string, unknown>, depth = 1): Size => {
  const size = { keys: 0, combinations: 1 };
  for (const [name, value] of Object.entries(policy)) {
    const isOr = name === OR && Array.isArray(value) && value.every(isObject);
    const parts = isOr ? value.map((branch) => sizeOf(branch, depth)) : isObject(value) ? [sizeOf(value, depth + 1)] : [{ keys: 1, combinations: depth * (Array.isArray(value) ? value.length : 1) }];
    size.keys += parts.reduce((sum, part) => sum + part.keys, 0);
    size.combinations *= parts.reduce((sum, part) => sum + part.combinations, 0);
  }
  return size;
};

const isNested = (policy: Record<string, unknown>): boolean =>
  Object.entries(policy).some(([name, value]) => isObject(value) || (name === OR && Array.isArray(value) && value.filter(isObject).some(isNested)));

const checkSize = (policy: Record<string, unknown>, scope: FilterPolicyScope) => {
  if (scope === "MessageAttributes" && isNested(policy)) throw new InvalidPattern("Filter policy scope MessageAttributes does not support nested filter policy");
  const { keys, combinations } = sizeOf(policy);
  if (keys > FILTER_POLICY_KEYS_MAX) throw new InvalidPattern(`Filter policy can not have more than ${FILTER_POLICY_KEYS_MAX} keys`);
  if (combinations > FILTER_POLICY_COMBINATIONS_MAX) throw new InvalidPattern("Filter policy is too complex");
};

/** The value that a policy sees: a number is one, the members of a String.Array are any of its values. A type may have a label behind a dot ("Number.int"), but for String.Array. */
const valueOf = ({ DataType = "", StringValue: text }: FilteredAttribute): unknown => {
  if (text === undefined || DataType.startsWith("Binary")) return undefined;
  if (DataType === "String.Array") {
    const members = parse(text);
    return Array.isArray(members) ? members.filter((member) => typeof member !== "object" || member === null) : undefined;
  }
  return DataType.startsWith("Number") ? Number(text) : text;
};

const attributesOf = (attributes: Readonly<Record<string, FilteredAttribute>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(attributes).flatMap(([name, attribute]) => {
    const value = valueOf(attribute);
    return value === undefined ? [] : [[name, value]];
  }));

/** @param body The message, as text. Only policies of the scope MessageBody read it, and take it for JSON. */
export const toFilteredMessage = ({ body, attributes }: { body: string; attributes: Readonly<Record<string, FilteredAttribute>> }): FilteredMessage => {
  const known = new Map<FilterPolicyScope, Record<string, unknown> | undefined>();
  return {
    json: (scope) => (scope === "MessageBody" ? body : JSON.stringify(attributesOf(attributes))),
    read(scope) {
      if (!known.has(scope)) {
        const event = withNumbers(scope === "MessageBody" ? parse(body) : attributesOf(attributes));
        known.set(scope, isObject(event) ? event : undefined);
      }
      return known.get(scope);
    },
  };
};

const compile = (json: string, scope: FilterPolicyScope): FilterPolicy => {
  const policy = parse(json);
  if (policy === undefined) throw new InvalidPattern("failed to parse JSON.");
  if (!isObject(policy)) throw new InvalidPattern("Filter is not an object");
  if (Object.keys(policy).length === 0) return () => true;
  checkSize(policy, scope);
  const matches = compilePattern(json, POLICY_NUMBERS);
  return (message) => {
    const event = message.read(scope);
    return event !== undefined && matches(event);
  };
};

/**
 * A subscription's filter policy ("Amazon SNS subscription filter policies"): an event pattern, with bounds of its own, for a message's attributes or for its body. One of no names lets
 * everything through. Throws InvalidPattern, with "FilterPolicy: …": SetSubscriptionAttributes says `Invalid parameter: ` before it, Subscribe `Invalid parameter: Attributes Reason: `.
 */
export const compileFilterPolicy = (json: string, { scope }: { scope: FilterPolicyScope }): FilterPolicy => {
  try {
    return compile(json, scope);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw new InvalidPattern(`FilterPolicy: ${error.message}`);
  }
};
