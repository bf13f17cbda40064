import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";

const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** Real SDK clients of one server; nothing about them is special but the endpoint. */
export const clientsOf = (endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = CREDENTIALS) => {
  const common = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  return {
    lambda: new LambdaClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    iam: new IAMClient(common),
    sts: new STSClient(common),
    logs: new CloudWatchLogsClient(common),
    cloudwatch: new CloudWatchClient(common),
    sqs: new SQSClient(common),
  };
};

export type Clients = ReturnType<typeof clientsOf>;
