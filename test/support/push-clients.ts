import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SNSClient } from "@aws-sdk/client-sns";

/** Clients of the services that push, which few files need. */
export const pushClientsOf = (endpoint: string, credentials = { accessKeyId: "test", secretAccessKey: "test" }) => {
  const common = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  return { events: new EventBridgeClient(common), scheduler: new SchedulerClient(common), sns: new SNSClient(common) };
};

export type PushClients = ReturnType<typeof pushClientsOf>;
