import { FUNCTION_TAGS_MAX } from "../../../kit/limits/lambda.ts";
import { parseArn } from "../../../kit/arn.ts";
import { findMapping } from "../../../plumber/event-source-mapping/mapping.ts";
import { sql, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { findCodeSigningConfig, parseCodeSigningConfigArn, type CodeSigningConfigName } from "../code-signing/code-signing-rows.ts";
import { invalid, notBuilt, notFound } from "../errors.ts";
import { mappingNotFound } from "../event-source-mappings/errors.ts";
import { parseMappingArn, type MappingName } from "../event-source-mappings/names.ts";
import { parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import { getFunction } from "./state.ts";

type Tags = Record<string, string>;

/** The tags, if a function may have them; the model has checked their lengths. AWS's text about its own prefix is not known for Lambda: this is EC2's. */
export const checkTags = (tags: Tags): Tags => {
  if (Object.keys(tags).length > FUNCTION_TAGS_MAX) throw invalid("Number of tags exceeds resource tag limit.");
  if (Object.keys(tags).some((key) => /^aws:/i.test(key))) throw invalid("aws: prefixed tag key names are not allowed for external use.");
  return tags;
};

/** A function, an event source mapping or a code signing configuration. */
type Place = { kind: "function"; at: FunctionName } | { kind: "event-source-mapping"; at: MappingName } | { kind: "code-signing-config"; at: CodeSigningConfigName; arn: string };

const placeOf = (arn: string, context: RequestContext): Place => {
  const config = parseCodeSigningConfigArn(arn);
  if (config !== undefined) return { kind: "code-signing-config", at: config, arn };
  const mapping = parseMappingArn(arn);
  if (mapping !== undefined) return { kind: "event-source-mapping", at: mapping };
  const [kind, , qualifier] = (parseArn(arn)?.resource ?? "").split(":");
  if (kind !== "function") throw notBuilt(`A resource of the kind ${kind}`, "tags are kept for functions, event source mappings and code signing configurations");
  if (qualifier !== undefined) throw invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  return { kind, at: parseFunctionName(arn, context) };
};

export const tagHandlers = ({ store, clock }: LambdaNeeds) => {
  function* read(place: Place, { account, region }: RequestContext): Operation<Tags> {
    if (place.kind === "function") return (yield* getFunction(place.at, place.at.name)).tags;
    if (place.kind === "event-source-mapping") {
      const mapping = yield* findMapping(place.at.uuid, clock.now());
      if (mapping?.account !== account || mapping.region !== region) throw mappingNotFound();
      return mapping.tags;
    }
    const found = place.at.region === region ? yield* findCodeSigningConfig(place.at) : undefined;
    if (found === undefined) throw notFound(`The Lambda code signing configuration ${place.arn} can not be found.`);
    return found.tags;
  }
  function* write({ kind, at }: Place, tags: Tags): Operation<unknown> {
    const text = JSON.stringify(tags);
    if (kind === "event-source-mapping") return yield* sql("update event_source_mapping set tags = ? where uuid = ?", text, at.uuid);
    if (kind === "function") return yield* sql("update lambda_function set tags = ? where account = ? and region = ? and name = ?", text, at.account, at.region, at.name);
    return yield* sql("update lambda_code_signing_config set tags = ? where account = ? and region = ? and id = ?", text, at.account, at.region, at.id);
  }
  const change = (resource: string, context: RequestContext, next: (tags: Tags) => Tags) => {
    const place = placeOf(resource, context);
    return store.run(function* () {
      yield* write(place, next(yield* read(place, context)));
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
      const place = placeOf(input.Resource!, context);
      return { Tags: await store.read(() => read(place, context)) };
    },
  } satisfies LambdaHandlers;
};
