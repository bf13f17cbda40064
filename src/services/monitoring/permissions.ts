import { tagKeys } from "../../iam/tag-keys.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { alarmArn, findAlarm } from "./alarms/alarm-rows.ts";
import { alarmInArn } from "./alarms/alarm-tags.ts";
import type { MonitoringParts, MonitoringTypes } from "./needs.ts";

type Keys = NonNullable<Permission["context"]>;

const requestTagKeys = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[]): Keys => ({
  "aws:TagKeys": tags.map(({ Key }) => Key ?? ""),
  ...tagKeys("RequestTag", Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? "", Value]))),
});

const onAll = (operation: string, keys?: Keys): Permission => ({ action: `cloudwatch:${operation}`, resource: "*", ...(keys === undefined ? {} : { context: keys }) });

/** "Actions, resources, and condition keys for Amazon CloudWatch": alarms are asked for with their tags. */
export const createPermissions = ({ state: store }: Pick<MonitoringParts, "state">): Service<MonitoringTypes>["permissions"] => {
  const onAlarm = async (operation: string, context: RequestContext, name: string, keys: Keys = {}): Promise<Permission> => {
    const alarm = await store.read(() => findAlarm(context, name));
    return { action: `cloudwatch:${operation}`, resource: alarmArn(context, name), context: { ...tagKeys("ResourceTag", alarm?.tags ?? {}), ...keys } };
  };
  const onAlarms = (operation: string) => ({ AlarmNames }: { AlarmNames?: string[] | undefined }, context: RequestContext): Promise<Permission[]> => Promise.all(AlarmNames!.map((name) => onAlarm(operation, context, name)));
  const onTagged = async (operation: string, context: RequestContext, resourceArn: string, keys: Keys = {}): Promise<Permission[]> => {
    const name = alarmInArn(resourceArn, context);
    return [name === undefined ? { action: `cloudwatch:${operation}`, resource: resourceArn, context: keys } : await onAlarm(operation, context, name, keys)];
  };
  // Whichever alarms it asks for, as AWS's own refusals show: "… on resource: arn:aws:cloudwatch:…:alarm:*".
  const onEveryAlarm = (operation: string, context: RequestContext): Permission => ({ action: `cloudwatch:${operation}`, resource: alarmArn(context, "*") });

  return {
    PutMetricData: ({ Namespace }) => [onAll("PutMetricData", Namespace === undefined ? undefined : { "cloudwatch:namespace": Namespace })],
    GetMetricData: () => [onAll("GetMetricData")],
    GetMetricStatistics: () => [onAll("GetMetricStatistics")],
    ListMetrics: () => [onAll("ListMetrics")],
    async PutMetricAlarm({ AlarmName, AlarmActions, OKActions, InsufficientDataActions, Tags = [] }, context) {
      const actions = [...(AlarmActions ?? []), ...(OKActions ?? []), ...(InsufficientDataActions ?? [])];
      const own = await onAlarm("PutMetricAlarm", context, AlarmName!, { ...(actions.length === 0 ? {} : { "cloudwatch:AlarmActions": actions }), ...(Tags.length === 0 ? {} : requestTagKeys(Tags)) });
      return Tags.length === 0 ? [own] : [own, { ...own, action: "cloudwatch:TagResource" }];
    },
    DeleteAlarms: onAlarms("DeleteAlarms"),
    EnableAlarmActions: onAlarms("EnableAlarmActions"),
    DisableAlarmActions: onAlarms("DisableAlarmActions"),
    SetAlarmState: async ({ AlarmName }, context) => [await onAlarm("SetAlarmState", context, AlarmName!)],
    DescribeAlarms: (_input, context) => [onEveryAlarm("DescribeAlarms", context)],
    DescribeAlarmHistory: async ({ AlarmName }, context) => [AlarmName === undefined ? onEveryAlarm("DescribeAlarmHistory", context) : await onAlarm("DescribeAlarmHistory", context, AlarmName)],
    DescribeAlarmsForMetric: () => [onAll("DescribeAlarmsForMetric")],
    ListTagsForResource: ({ ResourceARN }, context) => onTagged("ListTagsForResource", context, ResourceARN!),
    TagResource: ({ ResourceARN, Tags }, context) => onTagged("TagResource", context, ResourceARN!, requestTagKeys(Tags!)),
    UntagResource: ({ ResourceARN, TagKeys }, context) => onTagged("UntagResource", context, ResourceARN!, { "aws:TagKeys": TagKeys! }),
  };
};
