import { ApiError } from "../../../kit/api-error.ts";
import { SNS_TAGS_MAX } from "../../../kit/limits/sns.ts";
import { invalidParameter, resourceNotFound } from "../errors.ts";
import { inTopic, type TopicName } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import { findTopic, writeTags, type Topic } from "./rows.ts";
import type { Operation } from "../../../store/store.ts";

interface Tag {
  Key: string | undefined;
  Value: string | undefined;
}

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Throws InvalidParameter. */
export const readTags = (given: readonly Tag[]): Record<string, string> => {
  const tags: Record<string, string> = {};
  for (const { Key: key = "", Value: value = "" } of given) {
    if (key === "" || key.length > 128 || value.length > 256 || !ALLOWED.test(key) || !ALLOWED.test(value)) throw invalidParameter("Tags");
    if (/^aws:/i.test(key)) throw invalidParameter("Tags Reason: Tag keys cannot start with aws:");
    if (Object.hasOwn(tags, key)) throw invalidParameter("Duplicated keys are not allowed.");
    tags[key] = value;
  }
  return refuseTooMany(tags);
};

const refuseTooMany = (tags: Record<string, string>): Record<string, string> => {
  if (Object.keys(tags).length > SNS_TAGS_MAX) throw new ApiError("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded");
  return tags;
};

function* getTagged(name: TopicName): Operation<Topic> {
  const topic = yield* findTopic(name);
  if (topic === undefined) throw resourceNotFound();
  return topic;
}

export const tagHandlers = ({ store }: SnsParts) =>
  ({
    async TagResource({ ResourceArn, Tags = [] }, context) {
      const named = inTopic(ResourceArn, context, "ResourceArn");
      const tags = readTags(Tags);
      await store.run(function* () {
        const topic = yield* getTagged(named);
        yield* writeTags(topic, refuseTooMany({ ...topic.tags, ...tags }));
      });
      return {};
    },

    async UntagResource({ ResourceArn, TagKeys = [] }, context) {
      const named = inTopic(ResourceArn, context, "ResourceArn");
      await store.run(function* () {
        const topic = yield* getTagged(named);
        yield* writeTags(topic, Object.fromEntries(Object.entries(topic.tags).filter(([key]) => !TagKeys.includes(key))));
      });
      return {};
    },

    async ListTagsForResource({ ResourceArn }, context) {
      const named = inTopic(ResourceArn, context, "ResourceArn");
      const { tags } = await store.run(() => getTagged(named));
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  }) satisfies SnsHandlers;
