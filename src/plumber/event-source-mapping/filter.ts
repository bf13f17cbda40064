import { PatternTooCostly } from "../../patterns/errors.ts";
import { compilePattern } from "../../patterns/pattern.ts";
import type { BatchItem } from "./record.ts";

/** Whether a record passes. */
export type Filter = (item: BatchItem) => boolean;

/** What a pattern takes a message's body for; `any` when it says nothing of it, or different things in its `$or`. */
type BodyKind = "json" | "text" | "any";

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const bodyKindOf = (pattern: Record<string, unknown>): BodyKind => {
  const body = pattern["body"];
  if (body !== undefined) return Array.isArray(body) ? "text" : "json";
  const or = pattern["$or"];
  const kinds = new Set(Array.isArray(or) ? or.filter(isObject).map(bodyKindOf) : []);
  return kinds.size === 1 ? [...kinds][0]! : "any";
};

/** What the body says as JSON; undefined for a plain text, which a number or a text in quotation marks is, too. */
const parseBody = (body: string): object | undefined => {
  if (!/^\s*[[{]/.test(body)) return undefined;
  try {
    return JSON.parse(body) as object;
  } catch {
    return undefined;
  }
};

/**
 * The filters of a mapping; one that matches is enough. A body that is JSON is no text for a pattern of texts, and the other way round:
 * neither passes, whatever the pattern asks ("Using event filtering with an Amazon SQS event source"). What would take too long to tell passes: a message is not deleted for that.
 */
export const createFilter = (patterns: readonly string[]): Filter => {
  if (patterns.length === 0) return () => true;
  const compiled = patterns.map((text) => {
    const pattern = JSON.parse(text) as Record<string, unknown>;
    return { matches: compilePattern(text), kind: bodyKindOf(pattern) };
  });
  return ({ record }) => {
    const parsed = parseBody(record.body);
    const kind: BodyKind = parsed === undefined ? "text" : "json";
    const event = { ...record, body: parsed ?? record.body };
    try {
      return compiled.some((one) => (one.kind === "any" || one.kind === kind) && one.matches(event));
    } catch (error) {
      if (error instanceof PatternTooCostly) return true;
      throw error;
    }
  };
};
