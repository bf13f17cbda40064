import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { METRIC_SEARCHES_MAX } from "../../../kit/limits/metrics.ts";
import { notBuilt, validationError } from "../errors.ts";
import { checkPeriod, statisticOf } from "../statistics.ts";
import { evaluate } from "./evaluate.ts";
import { parseExpression } from "./parse.ts";
import type { Scope } from "./call.ts";
import { parseSearch } from "./search-terms.ts";
import { MathProblem, nodesOf, type Node } from "./syntax.ts";
import type { Series, Value } from "./values.ts";

/** A query of GetMetricData, or of an alarm's `Metrics`. */
export interface ReadQuery {
  id: string;
  query: MetricDataQuery;
  /** Undefined for a metric. */
  expression: Node | undefined;
}

export type ReadQueries = ReadonlyMap<string, ReadQuery>;

type SearchNode = Extract<Node, { kind: "call" }>;

/** Where what an expression is of comes from. */
export interface Source {
  /** Of a query that has a MetricStat. */
  load(query: MetricDataQuery): Promise<Series>;
  search(text: string, statistic: string, periodMs: number): Promise<Series[]>;
  /** Where the first of such periods begins, and where the last ends: milliseconds since the epoch. */
  startOf(periodMs: number): number;
  to: number;
  /** Points that may be calculated for one answer. */
  workMax: number;
}

const problemOf = (id: string, error: unknown): unknown => (error instanceof MathProblem ? validationError(`Error in expression '${id}': ${error.message}`) : error);

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

const isSearch = (node: Node): node is SearchNode => node.kind === "call" && node.name === "SEARCH";

/** By name: what an expression is of. */
const needsOf = (expression: Node, queries: ReadQueries): string[] => {
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

/** Evaluates queries when they are asked for, each once, and what they are of with them. */
export const createEvaluator = (queries: ReadQueries, source: Source) => {
  const known = new Map<string, Promise<Value>>();
  let work = 0;
  const spend = (points: number) => {
    work += points;
    if (work > source.workMax) throw new MathProblem("The request asks for too many datapoints to calculate with: ask for a shorter time, a longer period or fewer metrics");
  };

  const searchOf = async (node: SearchNode, periodMs: number | undefined): Promise<Series[]> => {
    const [text, statistic, period] = node.args;
    if (text?.kind !== "text" || statistic?.kind !== "text" || (period !== undefined && period.kind !== "number")) throw new MathProblem("SEARCH takes a search and a statistic in quotes, and a period");
    const wanted = period === undefined ? periodMs : period.value * 1_000;
    if (wanted === undefined) throw new MathProblem("Period must not be null");
    return await source.search(text.text, statistic.text, wanted);
  };
  const evaluateExpression = async ({ query }: ReadQuery, expression: Node): Promise<Value> => {
    const values = new Map<string, Value>();
    for (const id of needsOf(expression, queries)) if (queries.has(id)) values.set(id, await valueOf(id));
    const found = new Map<Node, Series[]>();
    const periodMs = periodOf(query, queries);
    for (const node of nodesOf(expression)) if (isSearch(node)) found.set(node, await searchOf(node, periodMs));
    const metrics = new Map([...queries.values()].flatMap(({ id, expression: of }): [string, Series][] => (of === undefined && values.has(id) ? [[id, values.get(id) as Series]] : [])));
    const scope: Scope = {
      valueOf(id) {
        const value = values.get(id);
        if (value === undefined) throw new MathProblem(`The variable '${id}' is not the Id of a query`);
        return value;
      },
      metrics, found, startOf: source.startOf, to: source.to, periodMs, spend,
    };
    // Between two expressions the server answers others.
    await new Promise(setImmediate);
    const value = evaluate(expression, scope);
    if (typeof value === "number") throw new MathProblem("The result is a number: it has to be a time series or an array of them");
    return value;
  };
  const compute = async (read: ReadQuery): Promise<Value> => {
    try {
      if (read.expression !== undefined) return await evaluateExpression(read, read.expression);
      const series = await source.load(read.query);
      spend(series.times.length);
      return series;
    } catch (error) {
      throw problemOf(read.id, error);
    }
  };
  const valueOf = (id: string): Promise<Value> => {
    const there = known.get(id);
    if (there !== undefined) return there;
    const value = compute(queries.get(id)!);
    known.set(id, value);
    return value;
  };
  return async (id: string): Promise<Series | Series[]> => (await valueOf(id)) as Series | Series[];
};

/** Throws ValidationError where an expression is of itself. */
const refuseCircles = (queries: ReadQueries): void => {
  const done = new Set<string>();
  const visit = (id: string, path: ReadonlySet<string>): void => {
    if (path.has(id)) throw validationError(`Error in expression '${id}': it refers to itself`);
    const expression = queries.get(id)?.expression;
    if (expression === undefined || done.has(id)) return;
    for (const needed of needsOf(expression, queries)) visit(needed, new Set([...path, id]));
    done.add(id);
  };
  for (const id of queries.keys()) visit(id, new Set());
};

const NOTHING = { label: "", times: [], values: [] };

/** Checks all of them by evaluating them of nothing: which kind of value comes out does not depend on the data. Throws what is wrong, or the name of what is not built. */
export const checkExpressions = async (queries: ReadQueries): Promise<(id: string) => Promise<Series | Series[]>> => {
  refuseCircles(queries);
  const searches = [...queries.values()].flatMap(({ expression }) => (expression === undefined ? [] : [...nodesOf(expression)].filter(isSearch))).length;
  if (searches > METRIC_SEARCHES_MAX) throw validationError(`There can be no more than ${METRIC_SEARCHES_MAX} SEARCH expressions in a request, and there are ${searches}.`);
  const evaluator = createEvaluator(queries, {
    load: async ({ MetricStat }) => ({ ...NOTHING, periodMs: MetricStat!.Period! * 1_000 }),
    async search(text, statistic, periodMs) {
      parseSearch(text);
      statisticOf(statistic, "SEARCH");
      checkPeriod(periodMs / 1_000, "SEARCH");
      return [];
    },
    startOf: () => 0, to: 0, workMax: Infinity,
  });
  for (const { id, expression } of queries.values()) if (expression !== undefined) await evaluator(id);
  return evaluator;
};
