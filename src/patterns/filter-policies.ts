import { MalformedEvent, PatternTooCostly } from "./errors.ts";
import { compileFilterPolicy, POLICY_NUMBERS, type FilteredMessage, type FilterPolicyScope } from "./filter-policy.ts";
import { createPatternSet, type PatternSet } from "./pattern-set.ts";

/** The filter policies of a topic's subscriptions, by key, looked at together. */
export interface FilterPolicies<K> {
  /** Throws InvalidPattern. */
  add(key: K, policy: string, scope: FilterPolicyScope): void;
  /** Keys of the scope's policies that let the message through. A body that is no JSON object is let through by policies without names alone. */
  letThrough(message: FilteredMessage, scope: FilterPolicyScope): ReadonlySet<K>;
}

interface OfScope<K> {
  policies: Map<K, string>;
  set: PatternSet<K>;
  /** Whose policy has no names. */
  open: K[];
}

/** Each by itself, as one that is too costly is to hold back nobody else's message. */
const oneByOne = <K>(policies: ReadonlyMap<K, string>, message: FilteredMessage, scope: FilterPolicyScope): ReadonlySet<K> => {
  const isLetThrough = (policy: string): boolean => {
    try {
      return compileFilterPolicy(policy, { scope })(message);
    } catch (error) {
      if (error instanceof PatternTooCostly) return false;
      throw error;
    }
  };
  return new Set([...policies].filter(([, policy]) => isLetThrough(policy)).map(([key]) => key));
};

export const createFilterPolicies = <K>(): FilterPolicies<K> => {
  const create = (): OfScope<K> => ({ policies: new Map(), set: createPatternSet<K>(POLICY_NUMBERS), open: [] });
  const scopes: Record<FilterPolicyScope, OfScope<K>> = { MessageAttributes: create(), MessageBody: create() };
  return {
    add(key, policy, scope) {
      const of = scopes[scope];
      if (Object.keys(JSON.parse(policy) as object).length === 0) of.open.push(key);
      else of.set.add(key, policy);
      of.policies.set(key, policy);
    },
    letThrough(message, scope) {
      const { set, open, policies } = scopes[scope];
      try {
        return new Set([...open, ...(set.size === 0 ? [] : set.matching(Buffer.from(message.json(scope))))]);
      } catch (error) {
        if (error instanceof PatternTooCostly) return oneByOne(policies, message, scope);
        if (error instanceof MalformedEvent) return new Set(open);
        throw error;
      }
    },
  };
};
