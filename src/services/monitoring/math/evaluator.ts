import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { Scope } from "./call.ts";
import { evaluate } from "./evaluate.ts";
import { isSearch, needsOf, periodOf, problemOf, type ReadQueries, type ReadQuery, type SearchNode } from "./queries.ts";
import { MathProblem, nodesOf, type Node } from "./syntax.ts";
import type { Series, Value } from "./values.ts";

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
