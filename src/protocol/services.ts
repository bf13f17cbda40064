import type { ProtocolName } from "./schema.ts";

/** What is known of a service without loading its model. */
export interface ServiceSummary {
  /** Our name of it, and the name of its model file. */
  name: string;
  sdkId: string;
  signingName: string;
  targetPrefix?: string;
  /** Host labels it answers to: `sqs` of `sqs.us-east-1.amazonaws.com`. */
  endpointPrefixes: readonly string[];
  iamPrefix: string;
  apiVersion: string;
  /** First is what the SDKs speak today. */
  protocols: readonly ProtocolName[];
  xmlNamespace?: string;
  validationCode: string;
  isQueryCompatible?: true;
  errorNamespace?: string;
}

/**
 * The facts that no schema carries. A test compares them with what the SDK's clients are configured with; the rest
 * (validation codes, IAM prefixes, further protocols) is AWS's documented behaviour.
 */
export const serviceSummaries: readonly ServiceSummary[] = [
  {
    name: "lambda", sdkId: "Lambda", signingName: "lambda", targetPrefix: "AWSGirApiService", endpointPrefixes: ["lambda"],
    iamPrefix: "lambda", apiVersion: "2015-03-31", protocols: ["restJson1"], validationCode: "ValidationException",
  },
  {
    name: "s3", sdkId: "S3", signingName: "s3", targetPrefix: "AmazonS3", endpointPrefixes: ["s3"],
    iamPrefix: "s3", apiVersion: "2006-03-01", protocols: ["restXml"], validationCode: "InvalidArgument",
    xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/",
  },
  {
    name: "sqs", sdkId: "SQS", signingName: "sqs", targetPrefix: "AmazonSQS", endpointPrefixes: ["sqs", "queue"],
    iamPrefix: "sqs", apiVersion: "2012-11-05", protocols: ["awsJson1_0", "awsQuery"], validationCode: "InvalidParameterValue",
    xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/", isQueryCompatible: true, errorNamespace: "com.amazonaws.sqs",
  },
  {
    name: "sns", sdkId: "SNS", signingName: "sns", targetPrefix: "AmazonSimpleNotificationService", endpointPrefixes: ["sns"],
    iamPrefix: "sns", apiVersion: "2010-03-31", protocols: ["awsQuery"], validationCode: "ValidationError",
    xmlNamespace: "http://sns.amazonaws.com/doc/2010-03-31/",
  },
  {
    name: "events", sdkId: "EventBridge", signingName: "events", targetPrefix: "AWSEvents", endpointPrefixes: ["events"],
    iamPrefix: "events", apiVersion: "2015-10-07", protocols: ["awsJson1_1"], validationCode: "ValidationException",
  },
  {
    name: "scheduler", sdkId: "Scheduler", signingName: "scheduler", targetPrefix: "AWSChronosService", endpointPrefixes: ["scheduler"],
    iamPrefix: "scheduler", apiVersion: "2021-06-30", protocols: ["restJson1"], validationCode: "ValidationException",
  },
  {
    name: "pipes", sdkId: "Pipes", signingName: "pipes", targetPrefix: "Pipes", endpointPrefixes: ["pipes"],
    iamPrefix: "pipes", apiVersion: "2015-10-07", protocols: ["restJson1"], validationCode: "ValidationException",
  },
  {
    name: "apigateway", sdkId: "API Gateway", signingName: "apigateway", targetPrefix: "BackplaneControlService",
    endpointPrefixes: ["apigateway"], iamPrefix: "apigateway", apiVersion: "2015-07-09", protocols: ["restJson1"],
    validationCode: "ValidationException",
  },
  {
    name: "apigatewayv2", sdkId: "ApiGatewayV2", signingName: "apigateway", targetPrefix: "ApiGatewayV2",
    endpointPrefixes: ["apigateway"], iamPrefix: "apigateway", apiVersion: "2018-11-29", protocols: ["restJson1"],
    validationCode: "BadRequestException",
  },
  {
    name: "execute-api", sdkId: "ApiGatewayManagementApi", signingName: "execute-api", targetPrefix: "ApiGatewayManagementApi",
    endpointPrefixes: ["execute-api"], iamPrefix: "execute-api", apiVersion: "2018-11-29", protocols: ["restJson1"],
    validationCode: "BadRequestException",
  },
  {
    name: "iam", sdkId: "IAM", signingName: "iam", targetPrefix: "AWSIdentityManagementV20100508", endpointPrefixes: ["iam"],
    iamPrefix: "iam", apiVersion: "2010-05-08", protocols: ["awsQuery"], validationCode: "ValidationError",
    xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  },
  {
    name: "sts", sdkId: "STS", signingName: "sts", targetPrefix: "AWSSecurityTokenServiceV20110615", endpointPrefixes: ["sts"],
    iamPrefix: "sts", apiVersion: "2011-06-15", protocols: ["awsQuery"], validationCode: "ValidationError",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  },
  {
    name: "logs", sdkId: "CloudWatch Logs", signingName: "logs", targetPrefix: "Logs_20140328", endpointPrefixes: ["logs"],
    iamPrefix: "logs", apiVersion: "2014-03-28", protocols: ["awsJson1_1"], validationCode: "InvalidParameterException",
  },
  {
    name: "monitoring", sdkId: "CloudWatch", signingName: "monitoring", targetPrefix: "GraniteServiceVersion20100801",
    endpointPrefixes: ["monitoring"], iamPrefix: "cloudwatch", apiVersion: "2010-08-01",
    protocols: ["awsJson1_0", "rpcv2Cbor", "awsQuery"], validationCode: "ValidationError",
    xmlNamespace: "http://monitoring.amazonaws.com/doc/2010-08-01/", isQueryCompatible: true, errorNamespace: "com.amazonaws.cloudwatch",
  },
  {
    name: "kinesis", sdkId: "Kinesis", signingName: "kinesis", targetPrefix: "Kinesis_20131202", endpointPrefixes: ["kinesis"],
    iamPrefix: "kinesis", apiVersion: "2013-12-02", protocols: ["awsJson1_1"], validationCode: "ValidationException",
  },
  {
    name: "dynamodb", sdkId: "DynamoDB", signingName: "dynamodb", targetPrefix: "DynamoDB_20120810", endpointPrefixes: ["dynamodb"],
    iamPrefix: "dynamodb", apiVersion: "2012-08-10", protocols: ["awsJson1_0"], validationCode: "ValidationException",
    errorNamespace: "com.amazonaws.dynamodb.v20120810",
  },
  {
    name: "ssm", sdkId: "SSM", signingName: "ssm", targetPrefix: "AmazonSSM", endpointPrefixes: ["ssm"],
    iamPrefix: "ssm", apiVersion: "2014-11-06", protocols: ["awsJson1_1"], validationCode: "ValidationException",
  },
  {
    name: "secretsmanager", sdkId: "Secrets Manager", signingName: "secretsmanager", targetPrefix: "secretsmanager",
    endpointPrefixes: ["secretsmanager"], iamPrefix: "secretsmanager", apiVersion: "2017-10-17", protocols: ["awsJson1_1"],
    validationCode: "ValidationException",
  },
  {
    name: "kms", sdkId: "KMS", signingName: "kms", targetPrefix: "TrentService", endpointPrefixes: ["kms"],
    iamPrefix: "kms", apiVersion: "2014-11-01", protocols: ["awsJson1_1"], validationCode: "ValidationException",
  },
  {
    name: "cloudformation", sdkId: "CloudFormation", signingName: "cloudformation", targetPrefix: "CloudFormation",
    endpointPrefixes: ["cloudformation"], iamPrefix: "cloudformation", apiVersion: "2010-05-15", protocols: ["awsQuery"],
    validationCode: "ValidationError", xmlNamespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
  },
];
