import type { Service } from "../service.ts";
import { getMetricDataHandlers } from "./get-metric-data.ts";
import { getMetricStatisticsHandlers } from "./get-metric-statistics.ts";
import { listMetricsHandlers } from "./list-metrics.ts";
import type { MonitoringTypes, Needs } from "./needs.ts";
import { putMetricDataHandlers } from "./put-metric-data.ts";

/** Amazon CloudWatch: metrics of one's own and of the services here. Nothing in it has an ARN that policies could name but alarms and dashboards, which are not built. */
export const createMonitoringService = (needs: Needs): Service<MonitoringTypes> => ({
  handlers: { ...putMetricDataHandlers(needs), ...getMetricDataHandlers(needs), ...getMetricStatisticsHandlers(needs), ...listMetricsHandlers(needs) },
  permissions: {
    PutMetricData: ({ Namespace }) => [{ action: "cloudwatch:PutMetricData", resource: "*", ...(Namespace === undefined ? {} : { context: { "cloudwatch:namespace": Namespace } }) }],
    GetMetricData: () => [{ action: "cloudwatch:GetMetricData", resource: "*" }],
    GetMetricStatistics: () => [{ action: "cloudwatch:GetMetricStatistics", resource: "*" }],
    ListMetrics: () => [{ action: "cloudwatch:ListMetrics", resource: "*" }],
  },
});
