import type { Service } from "../service.ts";
import { alarmTagHandlers } from "./alarms/alarm-tags.ts";
import { describeAlarmsHandlers } from "./alarms/describe-alarms.ts";
import { metricAlarmHandlers } from "./alarms/metric-alarms.ts";
import { getMetricDataHandlers } from "./get-metric-data.ts";
import { getMetricStatisticsHandlers } from "./get-metric-statistics.ts";
import { listMetricsHandlers } from "./list-metrics.ts";
import type { MonitoringParts, MonitoringTypes } from "./needs.ts";
import { createPermissions } from "./permissions.ts";
import { putMetricDataHandlers } from "./put-metric-data.ts";

/** Amazon CloudWatch: metrics of one's own and of the services here, and alarms. */
export const createMonitoringService = (parts: MonitoringParts): Service<MonitoringTypes> => ({
  handlers: {
    ...putMetricDataHandlers(parts), ...getMetricDataHandlers(parts), ...getMetricStatisticsHandlers(parts), ...listMetricsHandlers(parts),
    ...metricAlarmHandlers(parts), ...describeAlarmsHandlers(parts), ...alarmTagHandlers(parts),
  },
  permissions: createPermissions(parts),
  ledgerKeys(_operation, input) {
    const { AlarmName } = input as { AlarmName?: unknown };
    return typeof AlarmName === "string" ? [AlarmName] : [];
  },
});
