import { QUEUE_TAG_KEY_CHARACTERS_MAX, QUEUE_TAG_VALUE_CHARACTERS_MAX, QUEUE_TAGS_MAX } from "../../kit/limits/sqs.ts";
import { invalidParameterValue, missingParameter } from "./errors.ts";
import type { SqsHandlers, SqsParts } from "./needs.ts";
import { getQueue, writeTags } from "./queue-rows.ts";

/** "letters, white space, numbers and … _ . : / = + - @" ("Amazon SQS queue quotas") */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const checkTag = (key: string, value: string): void => {
  if (key.length === 0 || key.length > QUEUE_TAG_KEY_CHARACTERS_MAX) throw invalidParameterValue(`Tag keys must be between 1 and ${QUEUE_TAG_KEY_CHARACTERS_MAX} characters in length.`);
  if (value.length > QUEUE_TAG_VALUE_CHARACTERS_MAX) throw invalidParameterValue(`Tag values must be between 0 and ${QUEUE_TAG_VALUE_CHARACTERS_MAX} characters in length.`);
  if (/^aws:/i.test(key)) throw invalidParameterValue("Tag keys starting with 'aws:' are reserved for system use.");
  if (!ALLOWED.test(key) || !ALLOWED.test(value)) throw invalidParameterValue("Tag keys and values may contain only Unicode letters, digits, whitespace, and the characters _ . : / = + - @");
};

/** All that a queue is to have. */
export const checkTags = (tags: Readonly<Record<string, string | undefined>>, queueName: string): void => {
  for (const [key, value] of Object.entries(tags)) checkTag(key, value ?? "");
  if (Object.keys(tags).length > QUEUE_TAGS_MAX) throw invalidParameterValue(`Too many tags added for queue ${queueName}.`);
};

export const tagHandlers = ({ store, inQueue }: SqsParts) =>
  ({
    async TagQueue({ Tags = {}, ...input }, context) {
      if (Object.keys(Tags).length === 0) throw missingParameter("Tags");
      const named = inQueue(input, context);
      await store.run(function* () {
        const queue = yield* getQueue(named);
        const tags = { ...queue.tags, ...Tags } as Record<string, string>;
        checkTags(tags, queue.name);
        yield* writeTags(queue, tags);
      });
      return {};
    },

    async UntagQueue({ TagKeys = [], ...input }, context) {
      if (TagKeys.length === 0) throw missingParameter("TagKeys");
      const named = inQueue(input, context);
      await store.run(function* () {
        const queue = yield* getQueue(named);
        yield* writeTags(queue, Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !TagKeys.includes(key))));
      });
      return {};
    },

    async ListQueueTags(input, context) {
      const named = inQueue(input, context);
      const { tags } = await store.run(() => getQueue(named));
      // AWS leaves out what is empty.
      return { Tags: Object.keys(tags).length === 0 ? undefined : { ...tags } };
    },
  }) satisfies SqsHandlers;
