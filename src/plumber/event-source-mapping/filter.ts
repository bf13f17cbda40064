import { PatternTooCostly } from "../../patterns/errors.ts";
import { createPatternSet } from "../../patterns/pattern-set.ts";
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

/** A plain text is none, and neither is a number, or a text in quotation marks. */
const isJson = (body: string): boolean => {
  if (!/^\s*[[{]/.test(body)) return false;
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
};

/** The record as patterns see it: a body that is JSON as what it says. */
const eventOf = ({ body, ...rest }: BatchItem["record"], isBodyJson: boolean): Buffer => Buffer.from(`{"body":${isBodyJson ? body : JSON.stringify(body)},${JSON.stringify(rest).slice(1)}`);

/**
 * The filters of a mapping; one that matches is enough. A body that is JSON is no text for a pattern of texts, and the other way round:
 * neither passes, whatever the pattern asks ("Using event filtering with an Amazon SQS event source"). What would take too long to tell passes: a message is not deleted for that.
 */
export const createFilter = (patterns: readonly string[]): Filter => {
  if (patterns.length === 0) return () => true;
  const set = createPatternSet<number>();
  const kinds = patterns.map((text) => bodyKindOf(JSON.parse(text) as Record<string, unknown>));
  for (const [index, text] of patterns.entries()) set.add(index, text);
  return ({ record }) => {
    const isBodyJson = isJson(record.body);
    const kind: BodyKind = isBodyJson ? "json" : "text";
    try {
      return set.matching(eventOf(record, isBodyJson)).some((index) => kinds[index] === "any" || kinds[index] === kind);
    } catch (error) {
      if (error instanceof PatternTooCostly) return true;
      throw error;
    }
  };
};
