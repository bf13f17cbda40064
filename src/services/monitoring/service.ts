import type { Permission, RequestContext, Service } from "../service.ts";
import { alarmArn } from "./alarms/alarm-rows.ts";
import { alarmTagHandlers } from "./alarms/alarm-tags.ts";
import { describeAlarmsHandlers } from "./alarms/describe-alarms.ts";
import { metricAlarmHandlers } from "./alarms/metric-alarms.ts";
import { getMetricDataHandlers } from "./get-metric-data.ts";
import { getMetricStatisticsHandlers } from "./get-metric-statistics.ts";
import { listMetricsHandlers } from "./list-metrics.ts";
import type { MonitoringParts, MonitoringTypes } from "./needs.ts";
import { putMetricDataHandlers } from "./put-metric-data.ts";

const onAlarm = (operation: string, context: RequestContext, name: string, keys?: Permission["context"]): Permission => ({ action: `cloudwatch:${operation}`, resource: alarmArn(context, name), ...(keys === undefined ? {} : { context: keys }) });

const onAlarms = (operation: string, names: readonly string[], context: RequestContext): Permission[] => names.map((name) => onAlarm(operation, context, name));

const tagKeys = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[]): Permission["context"] => ({
  "aws:TagKeys": tags.map(({ Key }) => Key ?? ""),
  ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value ?? ""])),
});

/** Amazon CloudWatch: metrics of one's own and of the services here, and alarms. */
export const createMonitoringService = (parts: MonitoringParts): Service<MonitoringTypes> => ({
  handlers: {
    ...putMetricDataHandlers(parts), ...getMetricDataHandlers(parts), ...getMetricStatisticsHandlers(parts), ...listMetricsHandlers(parts),
    ...metricAlarmHandlers(parts), ...describeAlarmsHandlers(parts), ...alarmTagHandlers(parts),
  },
  permissions: {
    PutMetricData: ({ Namespace }) => [{ action: "cloudwatch:PutMetricData", resource: "*", ...(Namespace === undefined ? {} : { context: { "cloudwatch:namespace": Namespace } }) }],
    GetMetricData: () => [{ action: "cloudwatch:GetMetricData", resource: "*" }],
    GetMetricStatistics: () => [{ action: "cloudwatch:GetMetricStatistics", resource: "*" }],
    ListMetrics: () => [{ action: "cloudwatch:ListMetrics", resource: "*" }],
    PutMetricAlarm: ({ AlarmName, AlarmActions, OKActions, InsufficientDataActions, Tags = [] }, context) => {
      const actions = [...(AlarmActions ?? []), ...(OKActions ?? []), ...(InsufficientDataActions ?? [])];
      const keys = { ...(actions.length === 0 ? {} : { "cloudwatch:AlarmActions": actions }), ...(Tags.length === 0 ? {} : tagKeys(Tags)) };
      const own = onAlarm("PutMetricAlarm", context, AlarmName!, keys);
      return Tags.length === 0 ? [own] : [own, { ...own, action: "cloudwatch:TagResource" }];
    },
    DeleteAlarms: ({ AlarmNames }, context) => onAlarms("DeleteAlarms", AlarmNames!, context),
    EnableAlarmActions: ({ AlarmNames }, context) => onAlarms("EnableAlarmActions", AlarmNames!, context),
    DisableAlarmActions: ({ AlarmNames }, context) => onAlarms("DisableAlarmActions", AlarmNames!, context),
    SetAlarmState: ({ AlarmName }, context) => [onAlarm("SetAlarmState", context, AlarmName!)],
    // Whichever alarms it asks for, as AWS's own refusals show: "… on resource: arn:aws:cloudwatch:…:alarm:*".
    DescribeAlarms: (_input, context) => [onAlarm("DescribeAlarms", context, "*")],
    DescribeAlarmHistory: ({ AlarmName = "*" }, context) => [onAlarm("DescribeAlarmHistory", context, AlarmName)],
    DescribeAlarmsForMetric: () => [{ action: "cloudwatch:DescribeAlarmsForMetric", resource: "*" }],
    ListTagsForResource: ({ ResourceARN }) => [{ action: "cloudwatch:ListTagsForResource", resource: ResourceARN! }],
    TagResource: ({ ResourceARN, Tags }) => [{ action: "cloudwatch:TagResource", resource: ResourceARN!, context: tagKeys(Tags!)! }],
    UntagResource: ({ ResourceARN, TagKeys }) => [{ action: "cloudwatch:UntagResource", resource: ResourceARN!, context: { "aws:TagKeys": TagKeys! } }],
  },
  ledgerKeys(_operation, input) {
    const { AlarmName } = input as { AlarmName?: unknown };
    return typeof AlarmName === "string" ? [AlarmName] : [];
  },
});
