import type { Message, MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { Trace } from "../../kit/ledger.ts";
import { isTold, readTraceHeader } from "../../kit/trace-header.ts";

/** One message of an event, as a function gets it ("Using Lambda with Amazon SQS", developer guide). */
interface SqsRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: Record<string, string>;
  messageAttributes: Record<string, object>;
  md5OfMessageAttributes?: string;
  md5OfBody: string;
  eventSource: "aws:sqs";
  eventSourceARN: string;
  awsRegion: string;
}

/** A message that was received, on its way to the function. */
export interface BatchItem {
  record: SqsRecord;
  /** Its JSON, and the length of that in bytes. */
  json: string;
  bytes: number;
  /** The chain that it belongs to, if its sender was in one. */
  trace: Trace | undefined;
  group: string | undefined;
}

/** In the order in which AWS's records have them. */
const ATTRIBUTES = [
  "ApproximateReceiveCount", "AWSTraceHeader", "SentTimestamp", "SequenceNumber", "MessageGroupId", "SenderId", "MessageDeduplicationId", "ApproximateFirstReceiveTimestamp", "DeadLetterQueueSourceArn",
] as const;

const attributesOf = (given: Message["Attributes"] = {}): Record<string, string> => Object.fromEntries(ATTRIBUTES.flatMap((name) => (given[name] === undefined || (name === "AWSTraceHeader" && !isTold(given[name])) ? [] : [[name, given[name]]])));

/** The letter case of an event is another one than that of the API. */
const attributeValue = ({ StringValue, BinaryValue, DataType }: MessageAttributeValue) => ({
  ...(StringValue === undefined ? {} : { stringValue: StringValue }),
  ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
});

export const toItem = (message: Message, { sourceArn, region }: { sourceArn: string; region: string }): BatchItem => {
  const record: SqsRecord = {
    messageId: message.MessageId!,
    receiptHandle: message.ReceiptHandle!,
    body: message.Body ?? "",
    attributes: attributesOf(message.Attributes),
    messageAttributes: Object.fromEntries(Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attributeValue(value)])),
    ...(message.MD5OfMessageAttributes === undefined ? {} : { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody!,
    eventSource: "aws:sqs",
    eventSourceARN: sourceArn,
    awsRegion: region,
  };
  const json = JSON.stringify(record);
  return { record, json, bytes: Buffer.byteLength(json), trace: readTraceHeader(message.Attributes?.AWSTraceHeader), group: message.Attributes?.MessageGroupId };
};

const [HEAD, TAIL] = ['{"Records":[', "]}"];

export const toEvent = (items: readonly BatchItem[]): Buffer => Buffer.from(`${HEAD}${items.map(({ json }) => json).join(",")}${TAIL}`);

/** As many events as it takes for none to be longer than `bytesMax`, in the order of the messages. A message is never longer by itself. */
export const splitIntoEvents = (items: readonly BatchItem[], bytesMax: number): BatchItem[][] => {
  const events: BatchItem[][] = [];
  let left = 0;
  for (const item of items) {
    // A comma, too.
    if (events.length === 0 || item.bytes + 1 > left) {
      events.push([]);
      left = bytesMax - HEAD.length - TAIL.length;
    }
    events.at(-1)!.push(item);
    left -= item.bytes + 1;
  }
  return events;
};
