import { requestSubject } from "./mapping/request-mapping.ts";
import { compileExpression } from "./mapping/expression.ts";
import type { Passage } from "./passage.ts";

const NOTHING = Buffer.alloc(0);

/** By what an authorizer knows a client, in the order that it names it; undefined when one of them is missing or empty. */
export const identityOf = (passage: Passage, sources: readonly string[]): string[] | undefined => {
  const subject = requestSubject(passage.request, NOTHING);
  const values = sources.map((source) => compileExpression(source, "request")(passage, subject));
  return values.every((value): value is string => value !== undefined && value !== "") ? values : undefined;
};
