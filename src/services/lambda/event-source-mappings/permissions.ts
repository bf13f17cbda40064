import { findMapping, invokedArn, type EventSourceMapping } from "../../../plumber/event-source-mapping/mapping.ts";
import type { Permission, RequestContext } from "../../service.ts";
import { parseFunctionName } from "../names.ts";
import type { LambdaNeeds } from "../needs.ts";
import { conditionKeysOf, resourceTagKeys } from "../policies/permission-keys.ts";
import { mappingArn, parseMappingArn } from "./names.ts";

interface Named {
  UUID?: string;
  FunctionName?: string;
  EventSourceArn?: string;
  Resource?: string;
  Tags?: Record<string, string>;
  TagKeys?: string[];
}

const OWN = new Set(["CreateEventSourceMapping", "GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping", "ListEventSourceMappings"]);

/** Whether a call is about mappings, and not about functions. */
export const isAboutMappings = (operation: string, { Resource }: Named): boolean => OWN.has(operation) || (Resource !== undefined && parseMappingArn(Resource) !== undefined);

const functionOf = (name: string, context: RequestContext): ReturnType<typeof parseFunctionName> | undefined => {
  try {
    return parseFunctionName(name, context);
  } catch {
    // Its handler says what is wrong.
    return undefined;
  }
};

/** The mapping that a call names, whether it is there or not. */
const resourceOf = ({ UUID, Resource }: Named, { account, region }: RequestContext): string => Resource ?? (UUID === undefined ? "*" : mappingArn({ account, region, uuid: UUID }));

/**
 * A mapping by its ARN, and any that is made: the function that it invokes is the condition key `lambda:FunctionArn`. Who moves a mapping to
 * another function needs to be allowed both ("Actions, resources, and condition keys for AWS Lambda").
 */
export const mappingPermissions = async ({ store, clock }: Pick<LambdaNeeds, "store" | "clock">, operation: string, input: Named, context: RequestContext): Promise<Permission[]> => {
  const { account, region } = context;
  const uuid = input.UUID ?? parseMappingArn(input.Resource ?? "")?.uuid;
  const found = uuid === undefined ? undefined : await store.read(() => findMapping(uuid, clock.now()));
  const mapping: EventSourceMapping | undefined = found?.account === account && found.region === region ? found : undefined;
  const named = input.FunctionName === undefined || operation === "ListEventSourceMappings" ? undefined : functionOf(input.FunctionName, context)?.arn;
  const functions = [...new Set([...(mapping === undefined ? [] : [invokedArn(mapping)]), ...(named === undefined ? [] : [named])])];
  const keys = { ...conditionKeysOf(input).context, ...(mapping === undefined ? {} : resourceTagKeys(mapping.tags)) };
  const ask = (action: string) => (functions.length === 0 ? [undefined] : functions).map((arn): Permission => ({ action: `lambda:${action}`, resource: resourceOf(input, context), context: { ...keys, ...(arn === undefined ? {} : { "lambda:FunctionArn": arn }) } }));
  const isTagged = operation === "CreateEventSourceMapping" && Object.keys(input.Tags ?? {}).length > 0;
  return [...ask(operation), ...(isTagged ? ask("TagResource") : [])];
};

/** What a call about mappings is found by in the ledger: mapping, source, and the function by its name and its ARN. */
export const mappingKeys = ({ UUID, EventSourceArn, FunctionName }: Named, context: RequestContext): string[] => {
  const named = FunctionName === undefined ? undefined : functionOf(FunctionName, context);
  return [UUID, EventSourceArn, named?.name ?? FunctionName, named?.arn].filter((key) => key !== undefined);
};
