import type { PublishBatchRequestEntry } from "@aws-sdk/client-sns";
import { ApiError } from "../../../kit/api-error.ts";
import { SNS_BATCH_ENTRIES_MAX, SNS_MESSAGE_BYTES_MAX } from "../../../kit/limits/sns.ts";
import type { RequestContext } from "../../service.ts";
import { invalidParameter, notBuilt } from "../errors.ts";
import { inTopic } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import type { Topic } from "../topics/rows.ts";
import { createDraft } from "./draft.ts";
import { deliveryId } from "./notify.ts";
import { createPublisher } from "./publisher.ts";

interface Addressed {
  TopicArn?: string | undefined;
  TargetArn?: string | undefined;
  PhoneNumber?: string | undefined;
}

/** The topic's ARN; what else one may publish to is not built. */
export const publishedTo = ({ TopicArn, TargetArn, PhoneNumber }: Addressed): { arn: string; parameter: string } => {
  if (PhoneNumber !== undefined) throw notBuilt("Publishing to a PhoneNumber (SMS) is not built in lambdad: publish to a topic");
  const arn = TopicArn ?? TargetArn;
  if (arn === undefined) throw invalidParameter("TopicArn or TargetArn Reason: no value for required parameter");
  if (/^arn:[^:]*:sns:[^:]*:[^:]*:endpoint\//.test(arn)) throw notBuilt("Publishing to an endpoint of a mobile platform is not built in lambdad: publish to a topic");
  return { arn, parameter: TopicArn === undefined ? "TargetArn" : "TopicArn" };
};

type Entry = PublishBatchRequestEntry & { Id: string };

/** Throws what is wrong with the batch as a whole. */
const checkEntries = (entries: readonly PublishBatchRequestEntry[] = []): readonly Entry[] => {
  if (entries.length === 0) throw new ApiError("EmptyBatchRequestException", "The batch request doesn't contain any entries.");
  if (entries.length > SNS_BATCH_ENTRIES_MAX) throw new ApiError("TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.");
  const ids = new Set<string>();
  for (const { Id = "" } of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(Id)) throw new ApiError("InvalidBatchEntryIdException", "The Id of a batch entry in a batch request doesn't abide by the specification.");
    if (ids.has(Id)) throw new ApiError("BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.");
    ids.add(Id);
  }
  return entries as readonly Entry[];
};

/** Of one message, and of all messages of a batch. */
const bytesMax = ({ attributes }: Topic): number => Number(attributes["MaximumMessageSize"] ?? SNS_MESSAGE_BYTES_MAX);

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const publishHandlers = (parts: SnsParts) => {
  const publisher = createPublisher(parts);
  /** A delivery that is repeated publishes the same message: its id follows from the request's. */
  const newId = ({ isInternal, requestId }: RequestContext): string => (!isInternal ? parts.random.uuid() : UUID.test(requestId) ? requestId : deliveryId(requestId, ""));

  return {
    async Publish(input, context) {
      const { arn, parameter } = publishedTo(input);
      const named = inTopic(arn, context, parameter);
      const draft = createDraft(input, newId(context));
      const topic = await publisher.topic(named);
      if (draft.bytes > bytesMax(topic)) throw invalidParameter("Message too long");
      const [answer] = await publisher.publish(topic, [draft], context);
      return answer!;
    },

    /** One commit for all of them. An entry that is none makes the request none, as at AWS: what fails there by itself is SNS's own fault. */
    async PublishBatch({ TopicArn, PublishBatchRequestEntries }, context) {
      const named = inTopic(TopicArn, context);
      const entries = checkEntries(PublishBatchRequestEntries);
      const topic = await publisher.topic(named);
      const drafts = entries.map((entry) => createDraft(entry, parts.random.uuid()));
      if (drafts.reduce((sum, { bytes }) => sum + bytes, 0) > bytesMax(topic)) throw new ApiError("BatchRequestTooLongException", "The length of all the messages put together is more than the limit.");
      const answers = await publisher.publish(topic, drafts, context);
      return { Successful: entries.map(({ Id }, index) => ({ Id, ...answers[index]! })), Failed: [] };
    },
  } satisfies SnsHandlers;
};
