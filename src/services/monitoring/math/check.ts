import { METRIC_SEARCHES_MAX } from "../../../kit/limits/metrics.ts";
import { validationError } from "../errors.ts";
import { checkPeriod, statisticOf } from "../statistics.ts";
import { createEvaluator } from "./evaluator.ts";
import { isSearch, needsOf, type ReadQueries } from "./queries.ts";
import { parseSearch } from "./search-terms.ts";
import { nodesOf } from "./syntax.ts";
import type { Series } from "./values.ts";

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
