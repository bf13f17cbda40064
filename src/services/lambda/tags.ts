import { FUNCTION_TAGS_MAX } from "../../kit/limits.ts";
import { parseArn } from "../../kit/arn.ts";
import { sql } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { invalid, notBuilt } from "./errors.ts";
import { parseFunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";
import { getFunction } from "./state.ts";

type Tags = Record<string, string>;

/** The tags, if a function may have them; the model has checked their lengths. AWS's text about its own prefix is not known for Lambda: this is EC2's. */
export const checkTags = (tags: Tags): Tags => {
  if (Object.keys(tags).length > FUNCTION_TAGS_MAX) throw invalid("Number of tags exceeds resource tag limit.");
  if (Object.keys(tags).some((key) => /^aws:/i.test(key))) throw invalid("aws: prefixed tag key names are not allowed for external use.");
  return tags;
};

const placeOf = (arn: string, context: RequestContext) => {
  const [kind, , qualifier] = (parseArn(arn)?.resource ?? "").split(":");
  if (kind !== "function") throw notBuilt(`A resource of the kind ${kind}`, "tags are kept for functions");
  if (qualifier !== undefined) throw invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  return parseFunctionName(arn, context);
};

export const tagHandlers = ({ store }: LambdaNeeds) => {
  const change = (resource: string, context: RequestContext, next: (tags: Tags) => Tags) => {
    const at = placeOf(resource, context);
    return store.run(function* () {
      const { tags } = yield* getFunction(at, at.name);
      yield* sql("update lambda_function set tags = ? where account = ? and region = ? and name = ?", JSON.stringify(next(tags)), at.account, at.region, at.name);
    });
  };
  return {
    async TagResource(input, context) {
      if (Object.keys(input.Tags!).length === 0) throw invalid("An error occurred and the request cannot be processed.");
      await change(input.Resource!, context, (tags) => checkTags({ ...tags, ...input.Tags }));
    },
    async UntagResource(input, context) {
      await change(input.Resource!, context, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys!.includes(key))));
    },
    async ListTags(input, context) {
      const at = placeOf(input.Resource!, context);
      return { Tags: (await store.run(() => getFunction(at, at.name))).tags };
    },
  } satisfies LambdaHandlers;
};
