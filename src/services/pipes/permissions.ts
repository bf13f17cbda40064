import { tagKeys } from "../../iam/tag-keys.ts";
import { parseArn } from "../../kit/arn.ts";
import { findPipe, pipeArn, type PipeName } from "../../plumber/pipes/pipe.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { parsePipeArn } from "./names.ts";
import type { PipesParts, PipesTypes } from "./needs.ts";

type Keys = NonNullable<Permission["context"]>;

const requestTagKeys = (tags: Readonly<Record<string, string>>): Keys => (Object.keys(tags).length === 0 ? {} : { ...tagKeys("RequestTag", tags), "aws:TagKeys": Object.keys(tags) });

/** Who lets a pipe act as a role hands it over. One of another account is refused for that. */
const handedOver = (roleArn: string | undefined, { account }: RequestContext): Permission[] =>
  roleArn === undefined || parseArn(roleArn)?.account !== account ? [] : [{ action: "iam:PassRole", resource: roleArn, context: { "iam:PassedToService": "pipes.amazonaws.com" } }];

/** "Actions, resources, and condition keys for Amazon EventBridge Pipes". Whoever makes a pipe with tags needs pipes:TagResource, too. */
export const createPermissions = ({ store, clock }: Pick<PipesParts, "store" | "clock">): Service<PipesTypes>["permissions"] => {
  const onPipe = async (action: string, named: PipeName, keys: Keys = {}): Promise<Permission> => {
    const found = await store.read(() => findPipe(named, clock.now()));
    return { action: `pipes:${action}`, resource: pipeArn(named), context: { ...tagKeys("ResourceTag", found?.body.tags ?? {}), ...keys } };
  };
  const named = (name: string | undefined, { account, region }: RequestContext): PipeName => ({ account, region, name: name! });
  const asks = (action: string) => async ({ Name }: { Name?: string | undefined }, context: RequestContext): Promise<Permission[]> => [await onPipe(action, named(Name, context))];
  const onTagged = async (action: string, resourceArn: string | undefined, keys: Keys = {}): Promise<Permission[]> => {
    const pipe = parsePipeArn(resourceArn!);
    return [pipe === undefined ? { action: `pipes:${action}`, resource: resourceArn!, context: keys } : await onPipe(action, pipe, keys)];
  };
  return {
    async CreatePipe({ Name, Tags, RoleArn }, context) {
      const keys = requestTagKeys((Tags ?? {}) as Record<string, string>);
      const actions = ["CreatePipe", ...(Object.keys(keys).length === 0 ? [] : ["TagResource"])];
      return [...(await Promise.all(actions.map((action) => onPipe(action, named(Name, context), keys)))), ...handedOver(RoleArn, context)];
    },
    UpdatePipe: async ({ Name, RoleArn }, context) => [await onPipe("UpdatePipe", named(Name, context)), ...handedOver(RoleArn, context)],
    DescribePipe: asks("DescribePipe"),
    DeletePipe: asks("DeletePipe"),
    StartPipe: asks("StartPipe"),
    StopPipe: asks("StopPipe"),
    ListPipes: () => [{ action: "pipes:ListPipes", resource: "*" }],
    TagResource: ({ resourceArn, tags }) => onTagged("TagResource", resourceArn, requestTagKeys((tags ?? {}) as Record<string, string>)),
    UntagResource: ({ resourceArn, tagKeys: keys = [] }) => onTagged("UntagResource", resourceArn, { "aws:TagKeys": keys }),
    ListTagsForResource: ({ resourceArn }) => onTagged("ListTagsForResource", resourceArn),
  };
};
