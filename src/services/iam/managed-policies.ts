import type { PolicyDocument } from "../../iam/document.ts";

/** An AWS managed policy: by name, with the path in its ARN. */
interface ManagedPolicy {
  arn: string;
  name: string;
  path: string;
  document: PolicyDocument;
}

const allow = (...actions: string[]): PolicyDocument => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] });

const LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/** Path and name → what it allows. Those that people attach to functions and to who deploys them; broad ones are given by their service prefixes. */
const POLICIES: Record<string, PolicyDocument> = {
  "service-role/AWSLambdaBasicExecutionRole": allow(...LOGS),
  "service-role/AWSLambdaVPCAccessExecutionRole": allow(
    ...LOGS, "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
  ),
  "service-role/AWSLambdaSQSQueueExecutionRole": allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", ...LOGS),
  "service-role/AWSLambdaKinesisExecutionRole": allow(
    "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard", ...LOGS,
  ),
  "service-role/AWSLambdaDynamoDBExecutionRole": allow("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams", ...LOGS),
  "service-role/AWSLambdaRole": allow("lambda:InvokeFunction"),
  AWSLambda_FullAccess: allow("lambda:*", "logs:*", "iam:GetRole", "iam:ListRoles", "iam:GetPolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:PassRole", "s3:ListAllMyBuckets"),
  AWSLambda_ReadOnlyAccess: allow("lambda:Get*", "lambda:List*", "logs:DescribeLogGroups", "logs:FilterLogEvents", "iam:GetRole", "iam:ListRoles"),
  AWSLambdaExecute: {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["logs:*"], Resource: "arn:aws:logs:*:*:*" },
      { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::*" },
    ],
  },
  AmazonS3FullAccess: allow("s3:*", "s3-object-lambda:*"),
  AmazonS3ReadOnlyAccess: allow("s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"),
  AmazonSQSFullAccess: allow("sqs:*"),
  AmazonSQSReadOnlyAccess: allow("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueues", "sqs:ListMessageMoveTasks"),
  AmazonSNSFullAccess: allow("sns:*"),
  AmazonDynamoDBFullAccess: allow("dynamodb:*"),
  AmazonEventBridgeFullAccess: allow("events:*", "scheduler:*", "schemas:*", "pipes:*"),
  CloudWatchLogsFullAccess: allow("logs:*", "cloudwatch:GenerateQuery"),
  CloudWatchFullAccess: allow("cloudwatch:*", "logs:*", "sns:*", "autoscaling:Describe*"),
  AWSXRayDaemonWriteAccess: allow("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"),
  SecretsManagerReadWrite: allow("secretsmanager:*", "kms:DescribeKey", "kms:ListAliases", "kms:ListKeys"),
  AmazonSSMReadOnlyAccess: allow("ssm:Describe*", "ssm:Get*", "ssm:List*"),
  AdministratorAccess: allow("*"),
  PowerUserAccess: {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" },
      { Effect: "Allow", Action: ["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles", "organizations:DescribeOrganization", "account:GetAccountInformation"], Resource: "*" },
    ],
  },
};

export const managedPolicies: ReadonlyMap<string, ManagedPolicy> = new Map(
  Object.entries(POLICIES).map(([key, document]) => {
    const name = key.split("/").at(-1)!;
    const arn = `arn:aws:iam::aws:policy/${key}`;
    return [arn, { arn, name, path: key === name ? "/" : `/${key.slice(0, -name.length)}`, document }];
  }),
);
