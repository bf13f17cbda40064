import type { ClientConfig } from "./config.ts";
import { credentialsOf } from "./platform-client.ts";

/** The clients that commands use, loaded when asked for: the SDK takes longer to load than most commands to run. */
export const createClients = async (client: ClientConfig) => {
  const [{ LambdaClient }, { CloudWatchLogsClient }] = await Promise.all([import("@aws-sdk/client-lambda"), import("@aws-sdk/client-cloudwatch-logs")]);
  const common = { endpoint: client.endpoint, region: client.region, credentials: credentialsOf(client), maxAttempts: 1 };
  return { lambda: new LambdaClient(common), logs: new CloudWatchLogsClient(common) };
};

/** All five, for the demo. */
export const createDemoClients = async (client: ClientConfig) => {
  const [{ S3Client }, { IAMClient }, { STSClient }, some] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("@aws-sdk/client-iam"),
    import("@aws-sdk/client-sts"),
    createClients(client),
  ]);
  const common = { endpoint: client.endpoint, region: client.region, credentials: credentialsOf(client), maxAttempts: 1 };
  return { ...some, s3: new S3Client({ ...common, forcePathStyle: true }), iam: new IAMClient(common), sts: new STSClient(common) };
};

export type DemoClients = Awaited<ReturnType<typeof createDemoClients>>;
