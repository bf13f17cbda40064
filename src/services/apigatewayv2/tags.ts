import { parseArn } from "../../kit/arn.ts";
import { DOMAIN } from "../../plumber/apis/domain-names.ts";
import { saveApi, saveItem, savePart, type Place } from "../../plumber/apis/rows.ts";
import type { Operation } from "../../store/store.ts";
import { getDomain } from "./domain-names.ts";
import { badRequest } from "./errors.ts";
import type { ApiHandlers, Needs } from "./needs.ts";
import { getApi, getPart } from "./parts.ts";
import { checkTags } from "./tag-rules.ts";

type Tags = Record<string, string>;

interface Tagged {
  tags: Tags;
  save(tags: Tags): Operation<void>;
}

/** What an ARN of version 2 of the API names: an API, a stage, a domain name. */
function* findTagged(place: Place, resourceArn: string): Operation<Tagged> {
  const arn = parseArn(resourceArn);
  const [, kind, id = "", below, name] = arn?.service === "apigateway" && arn.region === place.region ? arn.resource.split("/") : [];
  if (kind === "domainnames" && below === undefined) {
    const domain = yield* getDomain(place, id);
    return { tags: domain.tags, save: (tags) => saveItem(place, DOMAIN, domain.name, { ...domain, tags }) };
  }
  if (kind !== "apis" || (below !== undefined && (below !== "stages" || name === undefined))) throw badRequest(`Invalid ARN specified in the request: ${resourceArn} names no API, stage or domain name`);
  const api = yield* getApi(place, { ApiId: id });
  if (name === undefined) return { tags: api.body.Tags ?? {}, save: (tags) => saveApi({ ...api, body: { ...api.body, Tags: tags } }) };
  const stage = yield* getPart(api, "stage", name);
  return { tags: stage.Tags ?? {}, save: (tags) => savePart(api.apiId, "stage", name, { ...stage, Tags: tags }) };
}

/** Throws where there is nothing of that ARN. */
export function* tagsOf(place: Place, resourceArn: string): Operation<Tags> {
  return (yield* findTagged(place, resourceArn)).tags;
}

export const tagHandlers = ({ store }: Needs) => {
  const change = (place: Place, resourceArn: string, edit: (tags: Tags) => Tags) =>
    store.run(function* () {
      const tagged = yield* findTagged(place, resourceArn);
      const tags = edit(tagged.tags);
      checkTags(tags);
      yield* tagged.save(tags);
    });
  return {
    async GetTags(input, context) {
      return { Tags: await store.read(() => tagsOf(context, input.ResourceArn!)) };
    },
    async TagResource(input, context) {
      await change(context, input.ResourceArn!, (tags) => ({ ...tags, ...input.Tags }));
      return {};
    },
    async UntagResource(input, context) {
      await change(context, input.ResourceArn!, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys!.includes(key))));
    },
  } satisfies ApiHandlers;
};
