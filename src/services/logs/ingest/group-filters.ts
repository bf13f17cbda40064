import { LOG_GROUPS_KEPT_MAX } from "../../../kit/limits/logs.ts";
import type { Operation, Store } from "../../../store/store.ts";
import { listFilters } from "../filters/filter-rows.ts";
import type { LogMetricFilter } from "../filters/metric-filters.ts";
import { compileTransformation, type Transformation } from "../filters/metric-values.ts";
import type { SubscriptionFilter } from "../filters/subscription-filters.ts";
import { compilePattern, type FilterPattern } from "../pattern/pattern.ts";
import type { Group } from "../state.ts";

export interface Subscription {
  name: string;
  pattern: FilterPattern;
  destinationArn: string;
}

export interface CountingFilter {
  pattern: FilterPattern;
  transformations: Transformation[];
  /** The last minute in which an event matched, or its defaults were counted: milliseconds since the epoch. */
  countedAt: number;
}

/** What looks at a group's events as they come. */
export interface GroupFilters {
  subscriptions: Subscription[];
  counting: CountingFilter[];
}

function* readFilters(group: Group): Operation<GroupFilters> {
  const subscriptions = group.subscriptionFilters === 0 ? [] : yield* listFilters<SubscriptionFilter>(group.id, "subscription");
  const counting = group.metricFilters === 0 ? [] : yield* listFilters<LogMetricFilter>(group.id, "metric");
  return {
    subscriptions: subscriptions.map(({ name, body }) => ({ name, pattern: compilePattern(body.filterPattern), destinationArn: body.destinationArn })),
    counting: counting.map(({ body }) => ({
      pattern: compilePattern(body.filterPattern),
      transformations: body.metricTransformations.map((transformation) => compileTransformation(body.filterPattern, transformation)),
      countedAt: -Infinity,
    })),
  };
}

/** Filters of groups, compiled, and kept as long as no filter is written. Within the commit of the events: they are as they are at that moment. */
export const createGroupFilters = (store: Pick<Store, "generation">) => {
  const kept = new Map<number, { generation: number; filters: GroupFilters }>();
  return function* (group: Group): Operation<GroupFilters | undefined> {
    if (group.subscriptionFilters === 0 && group.metricFilters === 0) return undefined;
    const generation = store.generation("log_filter");
    const known = kept.get(group.id);
    if (known?.generation === generation) return known.filters;
    const filters = yield* readFilters(group);
    kept.delete(group.id);
    if (kept.size >= LOG_GROUPS_KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(group.id, { generation, filters });
    return filters;
  };
};
