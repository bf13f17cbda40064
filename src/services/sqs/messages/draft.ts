import type { MessageAttributeValue, MessageSystemAttributeValue } from "@aws-sdk/client-sqs";
import { carriedHeader } from "../../../kit/trace-header.ts";
import { SQS_DELAY_SECONDS_MAX } from "../../../kit/limits/sqs.ts";
import type { RequestContext } from "../../service.ts";
import { attributesBytes, checkAttributes, storeAttributes } from "./attributes.ts";
import { checkBody } from "./body.ts";
import { md5, md5OfAttributes } from "./digests.ts";
import { invalidParameter, InvalidParameter } from "./errors.ts";

/** What is sent, as SendMessage and an entry of SendMessageBatch have it. */
export interface SendInput {
  MessageBody?: string | undefined;
  DelaySeconds?: number | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  MessageSystemAttributes?: Partial<Record<string, MessageSystemAttributeValue>> | undefined;
  MessageDeduplicationId?: string | undefined;
  MessageGroupId?: string | undefined;
}

/** A message that was found right, whatever the queue. */
export interface Draft {
  id: string;
  body: string;
  /** As they are stored. */
  attributes: string | null;
  /** Of body and attributes. */
  bytes: number;
  sender: string;
  traceHeader: string | null;
  delaySeconds: number | undefined;
  groupId: string | undefined;
  deduplicationId: string | undefined;
  digests: { MD5OfMessageBody: string; MD5OfMessageAttributes?: string; MD5OfMessageSystemAttributes?: string };
}

/** Throws what is wrong with it whatever the queue. */
export const createDraft = (input: SendInput, id: string, context: RequestContext): Draft => {
  const body = checkBody(input.MessageBody);
  const { DelaySeconds: delaySeconds, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input;
  if (delaySeconds !== undefined && !(delaySeconds >= 0 && delaySeconds <= SQS_DELAY_SECONDS_MAX)) throw invalidParameter("DelaySeconds", delaySeconds, `DelaySeconds must be >= 0 and <= ${SQS_DELAY_SECONDS_MAX}.`);
  if (groupId !== undefined) checkToken("MessageGroupId", groupId);
  if (deduplicationId !== undefined) checkToken("MessageDeduplicationId", deduplicationId);
  const attributes = isGiven(input.MessageAttributes) ? checkAttributes(input.MessageAttributes) : undefined;
  const system = isGiven(input.MessageSystemAttributes) ? checkSystemAttributes(input.MessageSystemAttributes) : undefined;
  return {
    id,
    body,
    attributes: attributes === undefined ? null : storeAttributes(attributes),
    bytes: Buffer.byteLength(body) + (attributes === undefined ? 0 : attributesBytes(attributes)),
    sender: context.caller.userId,
    traceHeader: system?.["AWSTraceHeader"]?.StringValue ?? carriedTraceHeader(context),
    delaySeconds,
    groupId,
    deduplicationId,
    digests: {
      MD5OfMessageBody: md5(body),
      ...(attributes && { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
      ...(system && { MD5OfMessageSystemAttributes: md5OfAttributes(system) }),
    },
  };
};

const isGiven = <T extends object>(map: T | undefined): map is T => map !== undefined && Object.keys(map).length > 0;

/** Of the request: the chain that the message belongs to, with what it was passed on from. */
const carriedTraceHeader = ({ wire, isInternal, trace }: RequestContext): string | null => (isInternal ? carriedHeader(trace) : (wire?.headers["x-amzn-trace-id"] ?? null));

/** An id of a group, of a message for deduplication, or of an attempt: printable ASCII without the space. */
export const checkToken = (name: string, token: string): void => {
  if (!/^[\x21-\x7E]{1,128}$/.test(token)) throw invalidParameter(name, token, `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`);
};

const checkSystemAttributes = (given: Partial<Record<string, MessageSystemAttributeValue>>) => {
  const unknown = Object.keys(given).find((name) => name !== "AWSTraceHeader");
  if (unknown !== undefined) throw new InvalidParameter(`Message system attribute name '${unknown}' is invalid.`);
  const attributes = checkAttributes(given as Record<string, MessageSystemAttributeValue>);
  if (attributes["AWSTraceHeader"]!.DataType !== "String") throw new InvalidParameter("Message system attribute 'AWSTraceHeader' must be of type 'String'.");
  return attributes;
};
