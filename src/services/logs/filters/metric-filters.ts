import type { MetricFilter, MetricTransformation } from "@aws-sdk/client-cloudwatch-logs";
import { LOG_METRIC_DIMENSIONS_MAX, LOG_METRIC_FILTERS_MAX } from "../../../kit/limits/logs.ts";
import type { Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { filterNotFound, invalidParameter, notBuilt } from "../errors.ts";
import { refuseInfrequentAccess } from "../get-log-events.ts";
import type { LogsHandlers, Parts } from "../needs.ts";
import { readPattern } from "../pattern/pattern.ts";
import { getGroup } from "../state.ts";
import { pageToken, parsePageToken } from "../tokens.ts";
import { deleteFilter, listAllFilters, listFilters, putFilter, type FilterRow } from "./filter-rows.ts";
import { compileTransformation } from "./metric-values.ts";
import { refuseTooManyRegexes } from "./regex-quota.ts";

/** As it was put, but for its name. */
export interface LogMetricFilter {
  filterPattern: string;
  metricTransformations: MetricTransformation[];
}

type Found = FilterRow<LogMetricFilter> & { group: string };

const PAGE_MAX = 50;
const ROWS = 500;

/** Throws what is wrong with it. */
const checkTransformation = (pattern: string, transformation: MetricTransformation): void => {
  const { metricNamespace, dimensions = {}, defaultValue } = transformation;
  if (metricNamespace!.startsWith("AWS/")) throw invalidParameter("Metric namespaces starting with AWS/ are reserved for AWS.");
  const count = Object.keys(dimensions).length;
  if (count > 0 && defaultValue !== undefined) throw invalidParameter("Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
  if (count > 0 && !/^\s*[{[]/.test(pattern)) throw invalidParameter("The specified filter pattern does not support dimensions");
  if (count > LOG_METRIC_DIMENSIONS_MAX) throw invalidParameter(`Invalid metric transformation: there can be no more than ${LOG_METRIC_DIMENSIONS_MAX} dimensions.`);
  compileTransformation(pattern, transformation);
};

const describe = ({ name, createdAt, body, group }: Found): MetricFilter => ({ filterName: name, logGroupName: group, ...body, applyOnTransformedLogs: false, creationTime: createdAt });

/** Metrics out of log events ("PutMetricFilter", API reference). */
export const metricFilterHandlers = ({ store, clock }: Parts) => {
  function* find(context: RequestContext, group: string | undefined, after: readonly [string, string], prefix: string): Operation<Found[]> {
    if (group === undefined) return yield* listAllFilters<LogMetricFilter>(context, "metric", after, ROWS);
    const rows = yield* listFilters<LogMetricFilter>((yield* getGroup(context, group)).id, "metric", { prefix, after: after[1], limit: ROWS });
    return rows.map((row) => ({ ...row, group }));
  }

  return {
    async PutMetricFilter({ logGroupName, filterName, filterPattern, metricTransformations, applyOnTransformedLogs, fieldSelectionCriteria, emitSystemFieldDimensions }, context) {
      if (applyOnTransformedLogs === true) throw notBuilt("applyOnTransformedLogs: there are no transformers, and a filter");
      if (fieldSelectionCriteria !== undefined) throw notBuilt("fieldSelectionCriteria of a filter");
      if (emitSystemFieldDimensions !== undefined && emitSystemFieldDimensions.length > 0) throw notBuilt("emitSystemFieldDimensions of a filter");
      const pattern = readPattern(filterPattern!);
      for (const transformation of metricTransformations!) checkTransformation(filterPattern!, transformation);
      const body: LogMetricFilter = { filterPattern: filterPattern!, metricTransformations: metricTransformations! };
      const now = clock.now();
      await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        refuseInfrequentAccess(group);
        yield* refuseTooManyRegexes(group, pattern, { kind: "metric", name: filterName! });
        yield* putFilter(group, "metric", { name: filterName!, body, now, max: LOG_METRIC_FILTERS_MAX });
      });
      return {};
    },

    /** Of a group, or of all of them; by the beginning of their names, and by a metric that they count. */
    async DescribeMetricFilters({ logGroupName, filterNamePrefix = "", nextToken, limit = PAGE_MAX, metricName, metricNamespace }, context) {
      if ((metricName === undefined) !== (metricNamespace === undefined)) throw invalidParameter("The parameters metricName and metricNamespace must be specified together.");
      const counts = ({ body }: Found) => metricName === undefined || body.metricTransformations.some((one) => one.metricName === metricName && one.metricNamespace === metricNamespace);
      let after = nextToken === undefined ? (["", ""] as [string, string]) : (parsePageToken("metric filters", nextToken).map(String) as [string, string]);
      const found: Found[] = [];
      while (found.length <= limit) {
        const from = after;
        const rows = await store.run(() => find(context, logGroupName, from, filterNamePrefix));
        found.push(...rows.filter((row) => row.name.startsWith(filterNamePrefix) && counts(row)));
        if (rows.length < ROWS) break;
        after = [rows.at(-1)!.group, rows.at(-1)!.name];
      }
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return { metricFilters: page.map(describe), ...(found.length > limit && last !== undefined ? { nextToken: pageToken("metric filters", [last.group, last.name]) } : {}) };
    },

    async DeleteMetricFilter({ logGroupName, filterName }, context) {
      await store.run(function* () {
        if (!(yield* deleteFilter(yield* getGroup(context, logGroupName!), "metric", filterName!))) throw filterNotFound("metric");
      });
      return {};
    },
  } satisfies LogsHandlers;
};
