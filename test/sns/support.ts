import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SNS } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SetQueueAttributesCommand, type Message } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { storyLines } from "../../src/cli/story.ts";
import { ACCOUNT } from "../support/context.ts";
import { usePlatform, type OpenPlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";

export const OTHER = "111111111111";
export const topicArn = (name: string, account = ACCOUNT): string => `arn:aws:sns:us-east-1:${account}:${name}`;
export const queueArn = (name: string, account = ACCOUNT): string => `arn:aws:sqs:us-east-1:${account}:${name}`;

/** A refusal as a client sees it. */
export const refusal = async (asked: Promise<unknown>): Promise<{ name: string; message: string; status: number | undefined }> => {
  try {
    await asked;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error("nothing was refused");
};

export const invalid = (text: string) => ({ name: "InvalidParameterException", message: `Invalid parameter: ${text}`, status: 400 });

export interface Ground {
  platform: OpenPlatform;
  sns: SNS;
  /** As the root of another account. */
  other: SNS;
}

export const useSns = (): Ground => {
  const platform = usePlatform();
  const ground = { platform } as Ground;
  beforeAll(() => {
    const common = { endpoint: platform.endpoint, region: "us-east-1", maxAttempts: 1 };
    ground.sns = new SNS({ ...common, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
    ground.other = new SNS({ ...common, credentials: { accessKeyId: OTHER, secretAccessKey: "test" } });
  });
  afterAll(() => {
    ground.sns?.destroy();
    ground.other?.destroy();
  });
  return ground;
};

const client = ({ platform }: Ground) => ({ endpoint: platform.endpoint, region: "us-east-1", account: undefined });

/** What `lambdad why` prints. */
export const story = async (ground: Ground, key: string): Promise<string> => (await fetchStories(client(ground), key)).flatMap((one) => storyLines(one, (_style, words) => words)).join("\n");

export const advance = async (ground: Ground, duration: string): Promise<void> => void (await callPlatform(client(ground), "POST", "clock", { advance: duration }));

interface KeptMail {
  id: number;
  from: string;
  to: string;
  subject: string;
  body: string;
}

export const mails = async (ground: Ground): Promise<KeptMail[]> => ((await callPlatform(client(ground), "GET", "mail")).body as { mails: KeptMail[] }).mails;
export const mail = async (ground: Ground, id: number): Promise<KeptMail> => (await callPlatform(client(ground), "GET", `mail/${id}`)).body as KeptMail;

export const createTopic = async ({ sns }: Ground, Name: string, Attributes: Record<string, string> = {}): Promise<string> =>
  (await sns.createTopic({ Name, Attributes: { ...(Name.endsWith(".fifo") ? { FifoTopic: "true" } : {}), ...Attributes } })).TopicArn!;

/** A queue whose policy lets a topic in, unless it is said otherwise; its URL. */
export const createQueue = async ({ platform }: Ground, name: string, from?: string): Promise<string> => {
  const { QueueUrl } = await platform.clients.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: name.endsWith(".fifo") ? { FifoQueue: "true" } : {} }));
  if (from !== undefined) await letIn({ platform }, name, QueueUrl!, from);
  return QueueUrl!;
};

export const letIn = async ({ platform }: Pick<Ground, "platform">, name: string, QueueUrl: string, from: string): Promise<void> => {
  const Statement = [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queueArn(name), Condition: { ArnEquals: { "aws:SourceArn": from } } }];
  await platform.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) } }));
};

/** So many messages of a queue, as they come; they are gone then. */
export const receive = async ({ platform }: Ground, QueueUrl: string, count = 1): Promise<Message[]> => {
  const received: Message[] = [];
  while (received.length < count) {
    const { Messages = [] } = await platform.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] }));
    if (Messages.length === 0) throw new Error(`there are ${received.length} messages, not ${count}`);
    received.push(...Messages);
    await platform.clients.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle })) }));
  }
  return received;
};

export const isEmpty = async ({ platform }: Ground, QueueUrl: string): Promise<boolean> => (await platform.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }))).Messages === undefined;

export const envelope = (message: Message): Record<string, string> & { MessageAttributes?: Record<string, { Type: string; Value: string }> } => JSON.parse(message.Body!) as never;

export interface Post {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A real HTTP server that subscribes, and answers as it is told. */
export const useEndpoint = () => {
  const posts: Post[] = [];
  const endpoint = { url: "", posts, answer: (response: ServerResponse, _post: Post): void => void response.end() };
  const server = createServer((request, response) => {
    text(request).then((body) => {
      const post = { path: request.url!, headers: request.headers, body };
      posts.push(post);
      endpoint.answer(response, post);
    }, () => response.destroy());
  });
  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  /** The posts to a path, when there are so many. */
  const at = (path: string, count = 1): Promise<Post[]> =>
    eventually(`${count} posts to ${path}`, () => {
      const there = posts.filter((post) => post.path === path);
      return there.length >= count && there;
    });
  return Object.assign(endpoint, { at });
};
