import { tagKeys } from "../../iam/tag-keys.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { groupName, identifiedGroup, logGroupArn, taggedGroup } from "./names.ts";
import type { LogsTypes, Parts } from "./needs.ts";
import { findGroup } from "./state.ts";

type Keys = NonNullable<Permission["context"]>;

const requestTagKeys = (tags: Readonly<Record<string, string>> | undefined): Keys => (tags === undefined ? {} : { ...tagKeys("RequestTag", tags), "aws:TagKeys": Object.keys(tags) });

const onStream = (operation: string, context: RequestContext, group: string, stream: string): Permission => ({
  action: `logs:${operation}`,
  resource: `${logGroupArn(context, group)}:log-stream:${stream}`,
});

/**
 * What CloudWatch Logs asks IAM. Its resources are streams: an operation on a group asks for `log-group:<name>:log-stream:`, which a policy's
 * `log-group:<name>:*` matches, as AWS's own refusals show ("… on resource: arn:aws:logs:…:log-group:/aws/lambda/f:log-stream:"). Groups are asked for with their tags;
 * streams, and so their events, have none ("Actions, resources, and condition keys for Amazon CloudWatch Logs").
 */
export const createPermissions = ({ store }: Pick<Parts, "store">): Service<LogsTypes>["permissions"] => {
  const groupKeys = async (context: RequestContext, name: string): Promise<Keys> => tagKeys("ResourceTag", (await store.read(() => findGroup(context, name)))?.tags ?? {});
  const onGroup = async (operation: string, context: RequestContext, name: string, keys: Keys = {}, stream = ""): Promise<Permission> => ({ ...onStream(operation, context, name, stream), context: { ...(await groupKeys(context, name)), ...keys } });
  const onTags = async (operation: string, context: RequestContext, resourceArn: string, keys: Keys = {}): Promise<Permission> => {
    const name = taggedGroup(resourceArn, context);
    return { action: `logs:${operation}`, resource: logGroupArn(context, name), context: { ...(await groupKeys(context, name)), ...keys } };
  };
  return {
    CreateLogGroup: async (input, context) => {
      const keys = requestTagKeys(input.tags);
      const own = await onGroup("CreateLogGroup", context, input.logGroupName!, keys);
      return input.tags === undefined ? [own] : [own, { action: "logs:TagResource", resource: logGroupArn(context, input.logGroupName!), context: own.context! }];
    },
    DeleteLogGroup: async (input, context) => [await onGroup("DeleteLogGroup", context, input.logGroupName!)],
    DescribeLogGroups: (_input, context) => [onStream("DescribeLogGroups", context, "", "")],
    PutRetentionPolicy: async (input, context) => [await onGroup("PutRetentionPolicy", context, input.logGroupName!)],
    DeleteRetentionPolicy: async (input, context) => [await onGroup("DeleteRetentionPolicy", context, input.logGroupName!)],
    PutLogGroupDeletionProtection: async (input, context) => [await onGroup("PutLogGroupDeletionProtection", context, identifiedGroup(input.logGroupIdentifier!, context))],
    DescribeSubscriptionFilters: async (input, context) => [await onGroup("DescribeSubscriptionFilters", context, input.logGroupName!)],
    DescribeMetricFilters: async (input, context) => [await onGroup("DescribeMetricFilters", context, input.logGroupName ?? "")],
    PutSubscriptionFilter: async (input, context) => [await onGroup("PutSubscriptionFilter", context, input.logGroupName!)],
    DeleteSubscriptionFilter: async (input, context) => [await onGroup("DeleteSubscriptionFilter", context, input.logGroupName!)],
    PutMetricFilter: async (input, context) => [await onGroup("PutMetricFilter", context, input.logGroupName!)],
    DeleteMetricFilter: async (input, context) => [await onGroup("DeleteMetricFilter", context, input.logGroupName!)],
    PutResourcePolicy: () => [{ action: "logs:PutResourcePolicy", resource: "*" }],
    DescribeResourcePolicies: () => [{ action: "logs:DescribeResourcePolicies", resource: "*" }],
    DeleteResourcePolicy: () => [{ action: "logs:DeleteResourcePolicy", resource: "*" }],
    CreateLogStream: async (input, context) => [await onGroup("CreateLogStream", context, input.logGroupName!, {}, input.logStreamName!)],
    DeleteLogStream: (input, context) => [onStream("DeleteLogStream", context, input.logGroupName!, input.logStreamName!)],
    DescribeLogStreams: async (input, context) => [await onGroup("DescribeLogStreams", context, groupName(input, context))],
    PutLogEvents: (input, context) => [onStream("PutLogEvents", context, input.logGroupName!, input.logStreamName!)],
    GetLogEvents: (input, context) => [onStream("GetLogEvents", context, groupName(input, context), input.logStreamName!)],
    FilterLogEvents: async (input, context) => [await onGroup("FilterLogEvents", context, groupName(input, context))],
    TestMetricFilter: () => [{ action: "logs:TestMetricFilter", resource: "*" }],
    ListTagsForResource: async (input, context) => [await onTags("ListTagsForResource", context, input.resourceArn!)],
    TagResource: async (input, context) => [await onTags("TagResource", context, input.resourceArn!, requestTagKeys(input.tags))],
    UntagResource: async (input, context) => [await onTags("UntagResource", context, input.resourceArn!, { "aws:TagKeys": input.tagKeys! })],
    ListTagsLogGroup: async (input, context) => [await onGroup("ListTagsLogGroup", context, input.logGroupName!)],
    TagLogGroup: async (input, context) => [await onGroup("TagLogGroup", context, input.logGroupName!, requestTagKeys(input.tags))],
    UntagLogGroup: async (input, context) => [await onGroup("UntagLogGroup", context, input.logGroupName!, { "aws:TagKeys": input.tags! })],
  };
};
