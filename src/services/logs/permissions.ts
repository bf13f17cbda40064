import type { Permission, RequestContext, Service } from "../service.ts";
import { groupName, identifiedGroup, logGroupArn, taggedGroup } from "./names.ts";
import type { LogsTypes } from "./needs.ts";

/**
 * What CloudWatch Logs asks IAM. Its resources are streams: an operation on a group asks for `log-group:<name>:log-stream:`, which a policy's
 * `log-group:<name>:*` matches, as AWS's own refusals show ("… on resource: arn:aws:logs:…:log-group:/aws/lambda/f:log-stream:").
 */
export const permissions: Service<LogsTypes>["permissions"] = {
  CreateLogGroup: (input, context) => [
    onGroup("CreateLogGroup", context, input.logGroupName!),
    ...(input.tags === undefined ? [] : [{ action: "logs:TagResource", resource: logGroupArn(context, input.logGroupName!) }]),
  ],
  DeleteLogGroup: (input, context) => [onGroup("DeleteLogGroup", context, input.logGroupName!)],
  DescribeLogGroups: (_input, context) => [onGroup("DescribeLogGroups", context, "")],
  PutRetentionPolicy: (input, context) => [onGroup("PutRetentionPolicy", context, input.logGroupName!)],
  DeleteRetentionPolicy: (input, context) => [onGroup("DeleteRetentionPolicy", context, input.logGroupName!)],
  PutLogGroupDeletionProtection: (input, context) => [
    onGroup("PutLogGroupDeletionProtection", context, identifiedGroup(input.logGroupIdentifier!, context)),
  ],
  DescribeSubscriptionFilters: (input, context) => [onGroup("DescribeSubscriptionFilters", context, input.logGroupName!)],
  DescribeMetricFilters: (input, context) => [onGroup("DescribeMetricFilters", context, input.logGroupName ?? "")],
  PutSubscriptionFilter: (input, context) => [onGroup("PutSubscriptionFilter", context, input.logGroupName!)],
  DeleteSubscriptionFilter: (input, context) => [onGroup("DeleteSubscriptionFilter", context, input.logGroupName!)],
  PutMetricFilter: (input, context) => [onGroup("PutMetricFilter", context, input.logGroupName!)],
  DeleteMetricFilter: (input, context) => [onGroup("DeleteMetricFilter", context, input.logGroupName!)],
  PutResourcePolicy: () => [{ action: "logs:PutResourcePolicy", resource: "*" }],
  DescribeResourcePolicies: () => [{ action: "logs:DescribeResourcePolicies", resource: "*" }],
  DeleteResourcePolicy: () => [{ action: "logs:DeleteResourcePolicy", resource: "*" }],
  CreateLogStream: (input, context) => [onStream("CreateLogStream", context, input.logGroupName!, input.logStreamName!)],
  DeleteLogStream: (input, context) => [onStream("DeleteLogStream", context, input.logGroupName!, input.logStreamName!)],
  DescribeLogStreams: (input, context) => [onGroup("DescribeLogStreams", context, groupName(input, context))],
  PutLogEvents: (input, context) => [onStream("PutLogEvents", context, input.logGroupName!, input.logStreamName!)],
  GetLogEvents: (input, context) => [onStream("GetLogEvents", context, groupName(input, context), input.logStreamName!)],
  FilterLogEvents: (input, context) => [onGroup("FilterLogEvents", context, groupName(input, context))],
  TestMetricFilter: () => [{ action: "logs:TestMetricFilter", resource: "*" }],
  ListTagsForResource: (input, context) => [onTags("ListTagsForResource", context, input.resourceArn!)],
  TagResource: (input, context) => [onTags("TagResource", context, input.resourceArn!)],
  UntagResource: (input, context) => [onTags("UntagResource", context, input.resourceArn!)],
  ListTagsLogGroup: (input, context) => [onGroup("ListTagsLogGroup", context, input.logGroupName!)],
  TagLogGroup: (input, context) => [onGroup("TagLogGroup", context, input.logGroupName!)],
  UntagLogGroup: (input, context) => [onGroup("UntagLogGroup", context, input.logGroupName!)],
};

const onGroup = (operation: string, context: RequestContext, name: string): Permission => onStream(operation, context, name, "");

const onStream = (operation: string, context: RequestContext, group: string, stream: string): Permission => ({
  action: `logs:${operation}`,
  resource: `${logGroupArn(context, group)}:log-stream:${stream}`,
});

const onTags = (operation: string, context: RequestContext, resourceArn: string): Permission => ({
  action: `logs:${operation}`,
  resource: logGroupArn(context, taggedGroup(resourceArn, context)),
});
