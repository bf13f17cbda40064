import { ApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import { sql } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { parseFunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";
import { getFunction } from "./state.ts";

const TAGS_MAX = 50;

const invalid = (message: string): ApiError => new ApiError("InvalidParameterValueException", message, { status: 400, members: { Type: "User" } });

const placeOf = (arn: string, context: RequestContext) => {
  if (!/^function:[^:]+$/.test(parseArn(arn)?.resource ?? "")) throw invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  const { account, name } = parseFunctionName(arn, context);
  return { at: { account, region: context.region }, name };
};

export const tagHandlers = ({ store }: LambdaNeeds) => {
  const change = (resource: string, context: RequestContext, next: (tags: Record<string, string>) => Record<string, string>) => {
    const { at, name } = placeOf(resource, context);
    return store.run(function* () {
      const record = yield* getFunction(at, name);
      const tags = next(record.tags);
      if (Object.keys(tags).length > TAGS_MAX) throw invalid("Number of tags exceeds resource tag limit.");
      yield* sql("update lambda_function set tags = ? where account = ? and region = ? and name = ?", JSON.stringify(tags), at.account, at.region, name);
    });
  };
  return {
    async TagResource(input, context) {
      if (Object.keys(input.Tags!).length === 0) throw invalid("An error occurred and the request cannot be processed.");
      await change(input.Resource!, context, (tags) => ({ ...tags, ...input.Tags }));
    },
    async UntagResource(input, context) {
      await change(input.Resource!, context, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys!.includes(key))));
    },
    async ListTags(input, context) {
      const { at, name } = placeOf(input.Resource!, context);
      return { Tags: (await store.run(() => getFunction(at, name))).tags };
    },
  } satisfies LambdaHandlers;
};
