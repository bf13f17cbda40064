import type { Service } from "../service.ts";
import { filterLogEventsHandlers } from "./filter-log-events.ts";
import { getLogEventsHandlers } from "./get-log-events.ts";
import { metricFilterHandlers } from "./filters/metric-filters.ts";
import { subscriptionFilterHandlers } from "./filters/subscription-filters.ts";
import { groupHandlers } from "./groups.ts";
import type { LogsTypes, Needs, Parts } from "./needs.ts";
import { createPermissions } from "./permissions.ts";
import { putLogEventsHandlers } from "./put-log-events.ts";
import { createRemoval } from "./removal.ts";
import { createPolicyOfLogs, resourcePolicyHandlers } from "./resource-policies.ts";
import { createIds } from "./state.ts";
import { streamHandlers } from "./streams.ts";
import { tagHandlers } from "./tags.ts";
import { testMetricFilterHandlers } from "./test-metric-filter.ts";

/** CloudWatch Logs: groups, streams, events, filter patterns, retention, subscriptions, metrics of log events. */
export const createLogsService = (needs: Needs): Service<LogsTypes> => {
  const parts: Parts = { ...needs, ids: createIds(needs.store), removal: createRemoval(needs.store) };
  const policyOf = createPolicyOfLogs(needs.store);
  return {
    handlers: {
      ...groupHandlers(parts),
      ...tagHandlers(parts),
      ...streamHandlers(parts),
      ...putLogEventsHandlers(parts),
      ...getLogEventsHandlers(parts),
      ...filterLogEventsHandlers(parts),
      ...testMetricFilterHandlers(),
      ...subscriptionFilterHandlers(parts),
      ...metricFilterHandlers(parts),
      ...resourcePolicyHandlers(parts),
    },
    permissions: createPermissions(parts),
    resourcePolicy: ({ resource }, context) => policyOf(resource, context),
    ledgerKeys: (_operation, input) => ledgerKeys(input),
  };
};

const LAMBDA_GROUP = "/aws/lambda/";

/** The group, and the function whose group it is. */
const ledgerKeys = (input: unknown): string[] => {
  const { logGroupName } = input as { logGroupName?: unknown };
  if (typeof logGroupName !== "string") return [];
  return logGroupName.startsWith(LAMBDA_GROUP) ? [logGroupName, logGroupName.slice(LAMBDA_GROUP.length)] : [logGroupName];
};
