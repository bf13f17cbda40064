import { CreateQueueCommand, DeleteQueueCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

/** More than the store copies in one piece. */
const BATCHES = 80;
const BODY = "x".repeat(10_000);

/** Has the store begin to copy its log, which needs a thread that is made once: else that would be in the middle of the rounds. */
export const fillLog = async (endpoint: string): Promise<void> => {
  const sqs = new SQSClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "fill" }));
  const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody: BODY }));
  for (let batch = 0; batch < BATCHES; batch++) await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  sqs.destroy();
};
