import type { ContextKeys } from "./conditions.ts";

const VARIABLE = /\$\{([^}]*)\}/g;
const LITERALS: Record<string, string> = { "*": "*", "?": "?", $: "$" };

/** Stands for a literal `*` or `?` while a pattern is matched, so that `${*}` is no wildcard. */
export const escapeLiteral = (text: string): string => text.replace(/[*?]/g, (character) => (character === "*" ? "\u0001" : "\u0002"));

/** The text that was meant, for comparisons that know no wildcards. */
export const unescapeLiteral = (text: string): string => text.replaceAll("\u0001", "*").replaceAll("\u0002", "?");

/**
 * Puts the request's values in for `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.
 * Undefined when a variable has no single value and no default: such a statement does not match.
 * Source: "IAM policy elements: Variables and tags".
 */
export const expandVariables = (text: string, keys: ContextKeys): string | undefined => {
  if (!text.includes("${")) return text;
  let isResolved = true;
  const expanded = text.replace(VARIABLE, (_all, inside: string) => {
    const literal = LITERALS[inside.trim()];
    if (literal !== undefined) return escapeLiteral(literal);
    const comma = inside.indexOf(",");
    const [name, fallback] = comma < 0 ? [inside.trim(), ""] : [inside.slice(0, comma).trim(), inside.slice(comma + 1).trim()];
    const value = keys.get(name.toLowerCase());
    if (value !== undefined && value.length === 1) return escapeLiteral(value[0]!);
    const quoted = /^'(.*)'$/.exec(fallback);
    if (quoted !== null) return escapeLiteral(quoted[1]!);
    isResolved = false;
    return "";
  });
  return isResolved ? expanded : undefined;
};
