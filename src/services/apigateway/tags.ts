import { parseArn } from "../../kit/arn.ts";
import { DOMAIN } from "../../plumber/apis/domain-names.ts";
import { saveApi, saveItem, savePart, type Place } from "../../plumber/apis/rows.ts";
import { API_KEY, USAGE_PLAN } from "../../plumber/apis/usage-plans.ts";
import type { Operation } from "../../store/store.ts";
import { getDomain } from "./domains/domain-names.ts";
import { badRequest } from "./errors.ts";
import type { RestHandlers } from "./needs.ts";
import { getApi, getPart, type ServiceParts } from "./parts.ts";
import { checkTags } from "./tag-rules.ts";
import { getApiKey } from "./usage/api-keys.ts";
import { getUsagePlan } from "./usage/usage-plans.ts";

type Tags = Record<string, string>;

interface Tagged {
  tags: Tags;
  save(tags: Tags): Operation<void>;
}

function* ofApi(place: Place, [restApiId, below, stageName]: readonly (string | undefined)[]): Operation<Tagged | undefined> {
  if (below !== undefined && (below !== "stages" || stageName === undefined)) return undefined;
  const api = yield* getApi(place, { restApiId });
  if (stageName === undefined) return { tags: api.body.tags ?? {}, save: (tags) => saveApi({ ...api, body: { ...api.body, tags } }) };
  const stage = yield* getPart(api, "stage", stageName);
  return { tags: stage.tags ?? {}, save: (tags) => savePart(api.apiId, "stage", stageName, { ...stage, tags }) };
}

function* ofItem<T extends { tags?: Tags | undefined }>(place: Place, kind: string, id: string, item: T): Operation<Tagged> {
  return { tags: item.tags ?? {}, save: (tags) => saveItem(place, kind, id, { ...item, tags }) };
}

/** What an ARN of version 1 of the API names: a REST API, its stage, a key, a usage plan, a domain name. */
function* findTagged(place: Place, resourceArn: string): Operation<Tagged> {
  const arn = parseArn(resourceArn);
  const [, kind, ...path] = arn?.service === "apigateway" && arn.region === place.region ? arn.resource.split("/") : [];
  const [id] = path;
  const isOne = path.length === 1;
  const found =
    kind === "restapis" ? yield* ofApi(place, path)
    : kind === "apikeys" && isOne ? yield* ofItem(place, API_KEY, id!, yield* getApiKey(place, id))
    : kind === "usageplans" && isOne ? yield* ofItem(place, USAGE_PLAN, id!, yield* getUsagePlan(place, id))
    : kind === "domainnames" && isOne ? yield* ofItem(place, DOMAIN, id!.toLowerCase(), yield* getDomain(place, id))
    : undefined;
  if (found === undefined) throw badRequest(`Invalid ARN specified in the request: ${resourceArn} names no REST API, stage, API key, usage plan or domain name`);
  return found;
}

export function* tagsOf(place: Place, resourceArn: string): Operation<Tags> {
  return (yield* findTagged(place, resourceArn)).tags;
}

export const tagHandlers = ({ store }: Pick<ServiceParts, "store">) => {
  const change = (place: Place, resourceArn: string | undefined, edit: (tags: Tags) => Tags): Promise<void> =>
    store.run(function* () {
      const tagged = yield* findTagged(place, resourceArn!);
      yield* tagged.save(checkTags(edit(tagged.tags)));
    });
  return {
    async GetTags({ resourceArn }, context) {
      return { tags: await store.run(() => tagsOf(context, resourceArn!)) };
    },
    async TagResource({ resourceArn, tags }, context) {
      await change(context, resourceArn, (before) => ({ ...before, ...tags }));
      return {};
    },
    async UntagResource({ resourceArn, tagKeys }, context) {
      await change(context, resourceArn, (before) => Object.fromEntries(Object.entries(before).filter(([key]) => tagKeys?.includes(key) !== true)));
      return {};
    },
  } satisfies RestHandlers;
};
