import { parseArn } from "../../kit/arn.ts";
import type { Place } from "../../plumber/events/rows.ts";
import { saveRule } from "../../plumber/events/rules.ts";
import type { Operation } from "../../store/store.ts";
import { getBus, saveBus } from "./bus-rows.ts";
import { notFound, validation } from "./errors.ts";
import { parseBusArn, parseRuleArn } from "./names.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";
import { getOwnRule, getRule } from "./rule-rows.ts";
import { checkTagCount, readTags, showTags, type Tags } from "./tag-rules.ts";

interface Tagged {
  tags: Tags;
  save(tags: Tags): Operation<void>;
}

/** A rule or a bus of the region that is asked: what else there is has no tags. */
function* findTagged(resourceArn: string, { region }: Pick<Place, "region">, isChange: boolean): Operation<Tagged> {
  const arn = parseArn(resourceArn);
  if (arn?.service !== "events" || arn.region !== region) throw notFound(`Resource ${resourceArn} does not exist.`);
  const rule = parseRuleArn(resourceArn);
  if (rule !== undefined) {
    const record = yield* (isChange ? getOwnRule : getRule)(rule);
    return { tags: record.body.tags, save: (tags) => saveRule({ ...record, body: { ...record.body, tags: { ...tags } } }) };
  }
  const named = parseBusArn(resourceArn);
  if (named !== undefined) {
    const bus = yield* getBus(named);
    return { tags: bus.tags, save: (tags) => saveBus(named, { ...bus, tags: { ...tags } }) };
  }
  throw validation("Tagging operation is not supported on this resource type.");
}

/** Throws where there is nothing of that ARN. */
function* tagsOf(resourceArn: string, place: Pick<Place, "region">): Operation<Tags> {
  return (yield* findTagged(resourceArn, place, false)).tags;
}

export const tagHandlers = ({ store }: EventsParts) => {
  const change = (resourceArn: string, place: Place, edit: (tags: Tags) => Tags) =>
    store.run(function* () {
      const tagged = yield* findTagged(resourceArn, place, true);
      const tags = edit(tagged.tags);
      checkTagCount(tags);
      yield* tagged.save(tags);
    });
  return {
    async TagResource({ ResourceARN, Tags: given }, context) {
      const added = readTags(given);
      await change(ResourceARN!, context, (tags) => ({ ...tags, ...added }));
      return {};
    },
    async UntagResource({ ResourceARN, TagKeys = [] }, context) {
      await change(ResourceARN!, context, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))));
      return {};
    },
    async ListTagsForResource({ ResourceARN }, context) {
      return { Tags: showTags(await store.read(() => tagsOf(ResourceARN!, context))) };
    },
  } satisfies EventsHandlers;
};
