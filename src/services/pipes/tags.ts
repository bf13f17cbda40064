import { PIPE_TAGS_MAX } from "../../kit/limits/pipes.ts";
import { findPipe, savePipe, type Pipe } from "../../plumber/pipes/pipe.ts";
import type { Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { invalid, pipeNotFound } from "./errors.ts";
import { parsePipeArn } from "./names.ts";
import type { PipesHandlers, PipesParts } from "./needs.ts";

/** All that a pipe is to have. */
export const checkTags = (tags: Readonly<Record<string, string>>): Record<string, string> => {
  if (Object.keys(tags).length > PIPE_TAGS_MAX) throw invalid({ name: "Tags", message: `A pipe can have at most ${PIPE_TAGS_MAX} tags.` });
  if (Object.keys(tags).some((key) => /^aws:/i.test(key))) throw invalid({ name: "Tags", message: "aws: prefixed tag key names are not allowed for external use." });
  return tags;
};

export const tagHandlers = ({ store, clock }: PipesParts) => {
  function* getTagged(arn: string, { account, region }: RequestContext): Operation<Pipe> {
    const named = parsePipeArn(arn);
    if (named === undefined) throw invalid({ name: "resourceArn", message: `${arn} is not the ARN of a pipe.` });
    const pipe = named.account === account && named.region === region ? yield* findPipe(named, clock.now()) : undefined;
    if (pipe === undefined) throw pipeNotFound(named.name);
    return pipe;
  }
  const change = (arn: string, context: RequestContext, next: (tags: Record<string, string>) => Record<string, string>) =>
    store.run(function* () {
      const pipe = yield* getTagged(arn, context);
      yield* savePipe({ ...pipe, body: { ...pipe.body, tags: next(pipe.body.tags) } });
    });
  return {
    async TagResource({ resourceArn, tags }, context) {
      await change(resourceArn!, context, (before) => checkTags({ ...before, ...tags }));
      return {};
    },
    async UntagResource({ resourceArn, tagKeys = [] }, context) {
      await change(resourceArn!, context, (before) => Object.fromEntries(Object.entries(before).filter(([key]) => !tagKeys.includes(key))));
      return {};
    },
    async ListTagsForResource({ resourceArn }, context) {
      const { body } = await store.read(() => getTagged(resourceArn!, context));
      return { tags: body.tags };
    },
  } satisfies PipesHandlers;
};
