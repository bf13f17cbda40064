import { createHash } from "node:crypto";
import type { PolicyDocument, Statement } from "../../iam/document.ts";

/** An AWS managed policy, in the version that is its default. */
export interface ManagedPolicy {
  arn: string;
  name: string;
  path: string;
  policyId: string;
  versionId: string;
  updatedAt: Date;
  document: PolicyDocument;
}

interface Entry {
  version: string;
  /** When AWS made this version. */
  at: string;
  statements: Statement[];
}

const allow = (Action: string | string[], Resource: string | string[] = "*", more: Partial<Statement> = {}): Statement => ({ Effect: "Allow", Action, Resource, ...more });
const passedTo = (...services: string[]): Partial<Statement> => ({ Condition: { StringLike: { "iam:PassedToService": services.length === 1 ? services[0]! : services } } });
const linkedTo = (...services: string[]): Partial<Statement> => ({ Condition: { StringEquals: { "iam:AWSServiceName": services.length === 1 ? services[0]! : services } } });
const OWN_ACCOUNT: Partial<Statement> = { Condition: { StringEquals: { "aws:ResourceAccount": "${aws:PrincipalAccount}" } } };

const LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const DYNAMODB_STREAM = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];
const IAM_READ = ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:ListRoles"];
const LAMBDA_LOGS = "arn:aws:logs:*:*:log-group:/aws/lambda/*";

/**
 * Path and name → the policy's default version, as the "AWS managed policy reference" and IAM's own answers give it. Those that people attach to
 * functions and to who deploys them. Not AWS's text: ReadOnlyAccess, which names every service's reading actions, one by one.
 */
const POLICIES: Record<string, Entry> = {
  "service-role/AWSLambdaBasicExecutionRole": { version: "v1", at: "2015-04-09T15:03:43Z", statements: [allow(LOGS)] },
  "service-role/AWSLambdaVPCAccessExecutionRole": {
    version: "v3",
    at: "2024-01-05T22:38:26Z",
    statements: [
      allow(
        [...LOGS, "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"],
        "*",
        { Sid: "AWSLambdaVPCAccessExecutionPermissions" },
      ),
    ],
  },
  "service-role/AWSLambdaSQSQueueExecutionRole": { version: "v1", at: "2018-06-14T21:50:45Z", statements: [allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", ...LOGS])] },
  "service-role/AWSLambdaDynamoDBExecutionRole": { version: "v1", at: "2015-04-09T15:09:29Z", statements: [allow([...DYNAMODB_STREAM, ...LOGS])] },
  "service-role/AWSLambdaKinesisExecutionRole": {
    version: "v2",
    at: "2018-11-19T20:09:24Z",
    statements: [
      allow(["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard", ...LOGS]),
    ],
  },
  "service-role/AWSLambdaMSKExecutionRole": {
    version: "v2",
    at: "2022-08-02T20:08:02Z",
    statements: [
      allow([
        "kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs",
        "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", ...LOGS,
      ]),
    ],
  },
  "service-role/AWSLambdaRole": { version: "v1", at: "2015-02-06T18:41:28Z", statements: [allow(["lambda:InvokeFunction"], ["*"])] },
  "AWSLambdaInvocation-DynamoDB": { version: "v1", at: "2015-02-06T18:40:47Z", statements: [allow(["lambda:InvokeFunction"]), allow(DYNAMODB_STREAM)] },
  AWSLambdaExecute: { version: "v1", at: "2015-02-06T18:40:46Z", statements: [allow(["logs:*"], "arn:aws:logs:*:*:*"), allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::*")] },
  AWSLambda_FullAccess: {
    version: "v5",
    at: "2026-02-11T22:18:56Z",
    statements: [
      allow([
        "cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudwatch:ListMetrics", "cloudwatch:GetMetricData", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
        "kms:DescribeKey", "kms:ListAliases", ...IAM_READ, "lambda:*", "logs:DescribeLogGroups", "states:DescribeStateMachine", "states:ListStateMachines", "tag:GetResources", "xray:GetTraceSummaries", "xray:BatchGetTraces",
      ]),
      allow("iam:PassRole", "*", { Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } } }),
      allow(["logs:DescribeLogStreams", "logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartLiveTail", "logs:StopLiveTail"], LAMBDA_LOGS),
      allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda", linkedTo("lambda.amazonaws.com")),
    ],
  },
  AWSLambda_ReadOnlyAccess: {
    version: "v3",
    at: "2025-03-17T21:07:00Z",
    statements: [
      allow([
        "cloudformation:DescribeStacks", "cloudformation:ListStacks", "cloudformation:ListStackResources", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
        "ec2:DescribeVpcs", "kms:ListAliases", ...IAM_READ, "logs:DescribeLogGroups", "lambda:Get*", "lambda:List*", "states:DescribeStateMachine", "states:ListStateMachines", "tag:GetResources",
        "xray:GetTraceSummaries", "xray:BatchGetTraces",
      ]),
      allow(
        [
          "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery", "logs:StopQuery", "logs:DescribeQueries", "logs:GetLogGroupFields", "logs:GetLogRecord", "logs:GetQueryResults",
          "logs:StartLiveTail", "logs:StopLiveTail",
        ],
        LAMBDA_LOGS,
      ),
    ],
  },
  AWSXRayDaemonWriteAccess: {
    version: "v2",
    at: "2024-02-13T21:58:30Z",
    statements: [
      allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"], ["*"], { Sid: "AWSXRayDaemonWriteAccess" }),
    ],
  },
  CloudWatchLambdaInsightsExecutionRolePolicy: {
    version: "v1",
    at: "2020-10-07T19:27:06Z",
    statements: [allow("logs:CreateLogGroup"), allow(["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:*:*:log-group:/aws/lambda-insights:*")],
  },
  CloudWatchLambdaApplicationSignalsExecutionRolePolicy: {
    version: "v1",
    at: "2024-10-16T19:09:17Z",
    statements: [
      allow(["xray:PutTraceSegments"], ["*"], { Sid: "CloudWatchApplicationSignalsXrayWritePermissions", ...OWN_ACCOUNT }),
      allow(LOGS, "arn:aws:logs:*:*:log-group:/aws/application-signals/data:*", { Sid: "CloudWatchApplicationSignalsLogGroupWritePermissions", ...OWN_ACCOUNT }),
    ],
  },
  CloudWatchLogsFullAccess: { version: "v3", at: "2025-05-20T17:07:06Z", statements: [allow(["logs:*", "cloudwatch:GenerateQuery", "cloudwatch:GenerateQueryResultsSummary"], "*", { Sid: "CloudWatchLogsFullAccess" })] },
  CloudWatchFullAccess: {
    version: "v4",
    at: "2022-11-27T13:23:49Z",
    statements: [
      allow(["autoscaling:Describe*", "cloudwatch:*", "logs:*", "sns:*", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "oam:ListSinks"]),
      allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents*", { Condition: { StringLike: { "iam:AWSServiceName": "events.amazonaws.com" } } }),
      allow(["oam:ListAttachedLinks"], "arn:aws:oam:*:*:sink/*"),
    ],
  },
  AmazonS3FullAccess: { version: "v2", at: "2021-09-27T20:16:37Z", statements: [allow(["s3:*", "s3-object-lambda:*"])] },
  AmazonS3ReadOnlyAccess: { version: "v3", at: "2023-08-10T21:31:39Z", statements: [allow(["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"])] },
  AmazonSQSFullAccess: { version: "v1", at: "2015-02-06T18:41:07Z", statements: [allow(["sqs:*"])] },
  AmazonSQSReadOnlyAccess: {
    version: "v3",
    at: "2023-06-15T15:37:35Z",
    statements: [allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueues", "sqs:ListMessageMoveTasks"])],
  },
  AmazonSNSFullAccess: { version: "v1", at: "2015-02-06T18:41:05Z", statements: [allow(["sns:*"])] },
  AmazonDynamoDBFullAccess: {
    version: "v15",
    at: "2021-01-29T17:38:30Z",
    statements: [
      allow([
        "dynamodb:*", "dax:*", "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingActivities", "application-autoscaling:DescribeScalingPolicies", "application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmsForMetric", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics",
        "cloudwatch:PutMetricAlarm", "cloudwatch:GetMetricData", "datapipeline:ActivatePipeline", "datapipeline:CreatePipeline", "datapipeline:DeletePipeline", "datapipeline:DescribeObjects",
        "datapipeline:DescribePipelines", "datapipeline:GetPipelineDefinition", "datapipeline:ListPipelines", "datapipeline:PutPipelineDefinition", "datapipeline:QueryObjects", "ec2:DescribeVpcs",
        "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "iam:GetRole", "iam:ListRoles", "kms:DescribeKey", "kms:ListAliases", "sns:CreateTopic", "sns:DeleteTopic", "sns:ListSubscriptions",
        "sns:ListSubscriptionsByTopic", "sns:ListTopics", "sns:Subscribe", "sns:Unsubscribe", "sns:SetTopicAttributes", "lambda:CreateFunction", "lambda:ListFunctions", "lambda:ListEventSourceMappings",
        "lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:GetFunctionConfiguration", "lambda:DeleteFunction", "resource-groups:ListGroups", "resource-groups:ListGroupResources",
        "resource-groups:GetGroup", "resource-groups:GetGroupQuery", "resource-groups:DeleteGroup", "resource-groups:CreateGroup", "tag:GetResources", "kinesis:ListStreams", "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
      ]),
      allow("cloudwatch:GetInsightRuleReport", "arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"),
      allow(["iam:PassRole"], "*", passedTo("application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn", "dax.amazonaws.com")),
      allow(
        ["iam:CreateServiceLinkedRole"],
        "*",
        linkedTo(
          "replication.dynamodb.amazonaws.com", "dax.amazonaws.com", "dynamodb.application-autoscaling.amazonaws.com", "contributorinsights.dynamodb.amazonaws.com", "kinesisreplication.dynamodb.amazonaws.com",
        ),
      ),
    ],
  },
  AmazonEventBridgeFullAccess: {
    version: "v4",
    at: "2022-12-01T17:00:46Z",
    statements: [
      allow(["events:*", "schemas:*", "scheduler:*", "pipes:*"], "*", { Sid: "EventBridgeActions" }),
      allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/AmazonEventBridgeApiDestinationsServiceRolePolicy", {
        Sid: "IAMCreateServiceLinkedRoleForApiDestinations", ...linkedTo("apidestinations.events.amazonaws.com"),
      }),
      allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/schemas.amazonaws.com/AWSServiceRoleForSchemas", {
        Sid: "IAMCreateServiceLinkedRoleForAmazonEventBridgeSchemas", ...linkedTo("schemas.amazonaws.com"),
      }),
      allow(
        ["secretsmanager:CreateSecret", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
        "arn:aws:secretsmanager:*:*:secret:events!*",
        { Sid: "SecretsManagerAccessForApiDestinations" },
      ),
      allow("iam:PassRole", "arn:aws:iam::*:role/*", { Sid: "IAMPassRoleAccessForEventBridge", ...passedTo("events.amazonaws.com") }),
      allow("iam:PassRole", "arn:aws:iam::*:role/*", { Sid: "IAMPassRoleAccessForScheduler", ...passedTo("scheduler.amazonaws.com") }),
      allow("iam:PassRole", "arn:aws:iam::*:role/*", { Sid: "IAMPassRoleAccessForPipes", ...passedTo("pipes.amazonaws.com") }),
    ],
  },
  SecretsManagerReadWrite: {
    version: "v6",
    at: "2026-08-25T23:37:10Z",
    statements: [
      allow(
        [
          "secretsmanager:*", "cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:DescribeStackResource", "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet",
          "docdb-elastic:GetCluster", "docdb-elastic:ListClusters", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "kms:DescribeKey", "kms:ListAliases", "kms:ListKeys",
          "lambda:ListFunctions", "rds:DescribeDBClusters", "rds:DescribeDBInstances", "redshift:DescribeClusters", "redshift-serverless:ListWorkgroups", "redshift-serverless:GetNamespace", "tag:GetResources",
        ],
        "*",
        { Sid: "BasePermissions" },
      ),
      allow(["lambda:AddPermission", "lambda:CreateFunction", "lambda:GetFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionConfiguration"], "arn:aws:lambda:*:*:function:SecretsManager*", { Sid: "LambdaPermissions" }),
      allow(["serverlessrepo:CreateCloudFormationChangeSet", "serverlessrepo:GetApplication"], "arn:aws:serverlessrepo:*:*:applications/SecretsManager*", { Sid: "SARPermissions" }),
      allow(["s3:GetObject"], ["arn:aws:s3:::awsserverlessrepo-changesets*", "arn:aws:s3:::secrets-manager-rotation-apps-*/*"], { Sid: "S3Permissions" }),
      allow(["cloudformation:TagResource", "cloudformation:UntagResource"], "*", {
        Sid: "CloudFormationTagOnCreate", Condition: { StringEquals: { "cloudformation:CreateAction": ["CreateChangeSet", "ExecuteChangeSet"] } },
      }),
    ],
  },
  AmazonSSMReadOnlyAccess: { version: "v1", at: "2015-05-29T17:44:19Z", statements: [allow(["ssm:Describe*", "ssm:Get*", "ssm:List*"])] },
  AmazonAPIGatewayInvokeFullAccess: { version: "v2", at: "2018-12-18T18:25:10Z", statements: [allow(["execute-api:Invoke", "execute-api:ManageConnections"], "arn:aws:execute-api:*:*:*")] },
  IAMFullAccess: {
    version: "v2",
    at: "2019-06-21T19:40:00Z",
    statements: [
      allow([
        "iam:*", "organizations:DescribeAccount", "organizations:DescribeOrganization", "organizations:DescribeOrganizationalUnit", "organizations:DescribePolicy", "organizations:ListChildren",
        "organizations:ListParents", "organizations:ListPoliciesForTarget", "organizations:ListRoots", "organizations:ListPolicies", "organizations:ListTargetsForPolicy",
      ]),
    ],
  },
  AdministratorAccess: { version: "v1", at: "2015-02-06T18:39:46Z", statements: [allow("*")] },
  PowerUserAccess: {
    version: "v12",
    at: "2026-02-12T17:59:14Z",
    statements: [
      { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" },
      allow([
        "account:GetAccountInformation", "account:GetGovCloudAccountInformation", "account:GetPrimaryEmail", "account:ListRegions", "iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles",
        "organizations:DescribeEffectivePolicy", "organizations:DescribeOrganization",
      ]),
    ],
  },
  // Condensed: AWS names some two thousand actions. These are the reading ones of the services that lambdad has or plans.
  ReadOnlyAccess: {
    version: "v1",
    at: "2015-02-06T18:39:48Z",
    statements: [
      allow([
        "apigateway:GET", "cloudformation:Describe*", "cloudformation:Get*", "cloudformation:List*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "dynamodb:BatchGet*", "dynamodb:Describe*", "dynamodb:Get*",
        "dynamodb:List*", "dynamodb:Query", "dynamodb:Scan", "events:Describe*", "events:List*", "events:Test*", "iam:Get*", "iam:List*", "iam:Simulate*", "kinesis:Describe*", "kinesis:Get*", "kinesis:List*", "kms:Describe*", "kms:Get*",
        "kms:List*", "lambda:Get*", "lambda:List*", "logs:Describe*", "logs:FilterLogEvents", "logs:Get*", "logs:List*", "logs:StartLiveTail", "logs:StartQuery", "logs:StopLiveTail", "logs:StopQuery", "logs:TestMetricFilter",
        "pipes:Describe*", "pipes:List*", "s3:Get*", "s3:List*", "scheduler:Get*", "scheduler:List*", "secretsmanager:Describe*", "secretsmanager:GetResourcePolicy", "secretsmanager:List*", "sns:Get*", "sns:List*", "sqs:Get*", "sqs:List*",
        "sqs:Receive*", "ssm:Describe*", "ssm:Get*", "ssm:List*", "sts:GetAccessKeyInfo", "sts:GetCallerIdentity", "sts:GetSessionToken", "tag:Get*", "xray:BatchGet*", "xray:Get*",
      ]),
    ],
  },
};

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** One for each policy, always the same; ours, for AWS's own are not published with the documents. */
const idOf = (arn: string): string => `ANPA${Array.from(createHash("sha256").update(arn).digest().subarray(0, 17), (byte) => BASE32[byte % 32]).join("")}`;

export const managedPolicies: ReadonlyMap<string, ManagedPolicy> = new Map(
  Object.entries(POLICIES).map(([key, { version, at, statements }]) => {
    const name = key.split("/").at(-1)!;
    const arn = `arn:aws:iam::aws:policy/${key}`;
    const path = key === name ? "/" : `/${key.slice(0, -name.length)}`;
    return [arn, { arn, name, path, policyId: idOf(arn), versionId: version, updatedAt: new Date(at), document: { Version: "2012-10-17", Statement: statements } }];
  }),
);
