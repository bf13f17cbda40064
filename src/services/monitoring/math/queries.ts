import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { notBuilt, validationError } from "../errors.ts";
import { parseExpression } from "./parse.ts";
import { MathProblem, nodesOf, type Node } from "./syntax.ts";

/** A query of GetMetricData, or of an alarm's `Metrics`. */
export interface ReadQuery {
  id: string;
  query: MetricDataQuery;
  /** Undefined for a metric. */
  expression: Node | undefined;
}

export type ReadQueries = ReadonlyMap<string, ReadQuery>;

/** What went wrong with an expression, as an answer that names it. */
export const problemOf = (id: string, error: unknown): unknown => (error instanceof MathProblem ? validationError(`Error in expression '${id}': ${error.message}`) : error);

/** Throws ValidationError for what is no expression, and NotImplemented for Metrics Insights. */
export const readQueries = (queries: readonly MetricDataQuery[]): ReadQueries =>
  new Map(
    queries.map((query) => {
      const { Id, Expression } = query;
      if (Expression !== undefined && /^\s*SELECT\b/i.test(Expression)) throw notBuilt(`Metrics Insights (Expression of ${Id})`, "ask for metrics by MetricStat or SEARCH, and calculate with them in metric math");
      try {
        return [Id!, { id: Id!, query, expression: Expression === undefined ? undefined : parseExpression(Expression) }];
      } catch (error) {
        throw problemOf(Id!, error);
      }
    }),
  );

export type SearchNode = Extract<Node, { kind: "call" }>;

export const isSearch = (node: Node): node is SearchNode => node.kind === "call" && node.name === "SEARCH";

/** By name: what an expression is of. */
export const needsOf = (expression: Node, queries: ReadQueries): string[] => {
  const needed = new Set<string>();
  for (const node of nodesOf(expression)) {
    if (node.kind === "variable") needed.add(node.name);
    if (node.kind === "call" && node.name === "METRICS") for (const { id, query } of queries.values()) if (query.Expression === undefined) needed.add(id);
  }
  return [...needed];
};

/** Milliseconds: what the query says itself, or the shortest of all metrics. */
export const periodOf = (query: MetricDataQuery, queries: ReadQueries): number | undefined => {
  const shortest = Math.min(...[...queries.values()].map((one) => one.query.MetricStat?.Period ?? Infinity));
  const seconds = query.Period ?? (Number.isFinite(shortest) ? shortest : undefined);
  return seconds === undefined ? undefined : seconds * 1_000;
};
