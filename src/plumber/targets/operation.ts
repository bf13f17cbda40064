import type { Call, CallOptions } from "../../kit/call.ts";
import { loadServiceModel, serviceSummaries } from "../../protocol/models.ts";
import { parseTimestamp, epochTimestamp } from "../../protocol/scalars.ts";
import type { Operation, Shape } from "../../protocol/schema.ts";
import { createTreeReaders } from "../../protocol/tree-reader.ts";
import { TargetError } from "../delivery.ts";

/** An operation of a service as EventBridge Scheduler's universal targets name it: `sqs` and `sendMessage` of `arn:aws:scheduler:::aws-sdk:sqs:sendMessage`. */
export interface NamedOperation {
  /** As the SDK names it, in small letters: `eventbridge`, `cloudwatchlogs`. */
  service: string;
  /** With a small letter at the beginning. */
  action: string;
}

const RESOURCE = /^aws-sdk:([a-z0-9]+):([a-z][A-Za-z0-9]*)$/;

/** @param resource of the target's ARN; undefined when it names no operation */
export const parseOperation = (resource: string): NamedOperation | undefined => {
  const [, service, action] = RESOURCE.exec(resource) ?? [];
  return service === undefined || action === undefined ? undefined : { service, action };
};

const upperFirst = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

const sdkName = (sdkId: string): string => sdkId.toLowerCase().replaceAll(" ", "");

/** Our name of the service, and the operation's model; undefined where there is no model of it. */
export const findOperation = ({ service, action }: NamedOperation): { service: string; operation: Operation } | undefined => {
  const summary = serviceSummaries.find(({ name, sdkId }) => sdkName(sdkId) === service || name === service);
  const operation = summary && loadServiceModel(summary.name).operations.get(upperFirst(action));
  return summary && operation && { service: summary.name, operation };
};

const misplaced = (what: string) => new TargetError("gone", "ValidationException", `the input has a value that is no ${what}`);

/** Blobs are written as the text that they are; members begin with a capital, whatever the API calls them. */
const readerOf = createTreeReaders({
  memberName: ({ name }) => upperFirst(name),
  readBlob(value) {
    if (typeof value !== "string") throw misplaced("text");
    return Buffer.from(value);
  },
  readTimestamp(value) {
    const date = typeof value === "number" ? epochTimestamp(value) : typeof value === "string" ? parseTimestamp(value) : undefined;
    if (date === undefined) throw misplaced("time");
    return date;
  },
});

/** The JSON of a universal target as the operation's input. Throws SerializationException where a value is of another type than the operation's. */
export const readOperationInput = ({ input }: Operation, json: string): Record<string, unknown> => readerOf(input)(JSON.parse(json), 0) as Record<string, unknown>;

/** What a request's JSON has that the operation does not take, and what it lacks, as paths of members. */
export const compareWithOperation = ({ input }: Operation, json: unknown): { unknown: string[]; missing: string[] } => {
  const found = { unknown: [] as string[], missing: [] as string[] };
  const look = (shape: Shape, value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (shape.kind === "list" && Array.isArray(value)) return value.forEach((one) => look(shape.value!.shape, one));
    if (shape.kind === "map") return Object.values(value).forEach((one) => look(shape.value!.shape, one));
    if (shape.kind !== "structure" && shape.kind !== "union") return;
    const members = new Map(shape.members.map((member) => [upperFirst(member.name), member]));
    const given = value as Record<string, unknown>;
    for (const [name, one] of Object.entries(given)) {
      const member = members.get(name);
      if (member === undefined) found.unknown.push(name);
      else look(member.shape, one);
    }
    for (const [name, { isRequired }] of members) if (isRequired && (given[name] ?? undefined) === undefined) found.missing.push(name);
  };
  look(input, json);
  return found;
};

/** Any operation through `call`, as whoever `options` say. */
export const callOperation = async (call: Call, named: NamedOperation, json: string, options: CallOptions): Promise<unknown> => {
  const found = findOperation(named);
  if (found === undefined) throw new TargetError("gone", "NotImplemented", `lambdad has no operation ${named.service}:${named.action}`);
  // Which service it is turns out here: its types are the model's.
  return call(found.service as "lambda", found.operation.name as "Invoke", readOperationInput(found.operation, json) as never, options);
};

/** Whether the operation is built: asked without being asked whether anybody may. */
export const isOperationBuilt = async (call: Call, named: NamedOperation, options: Pick<CallOptions, "as" | "region">): Promise<boolean> => {
  const found = findOperation(named);
  if (found === undefined) return false;
  try {
    await call(found.service as "lambda", found.operation.name as "Invoke", {} as never, { ...options, isQuestion: true, expects: "all" });
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== "NotImplemented";
  }
};
