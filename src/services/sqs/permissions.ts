import { tagKeys } from "../../iam/tag-keys.ts";
import type { NamedPolicy } from "../../iam/document.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { destinationOf, handledSource, sourceOf } from "./move-tasks/handlers.ts";
import type { SqsParts, SqsTypes } from "./needs.ts";
import { OWNERS_ACTIONS } from "./queue-permissions.ts";
import { parseQueueArn, queueArn } from "./queue-names.ts";
import type { QueueReader } from "./queue-reader.ts";
import type { QueueName } from "./queue-rows.ts";
import { listSources } from "./redrive-policy.ts";

type Keys = NonNullable<Permission["context"]>;

const requestTagKeys = (tags: Readonly<Record<string, string | undefined>>): Keys => ({ ...tagKeys("RequestTag", tags), "aws:TagKeys": Object.keys(tags) });

/** What redriving asks for beside itself ("Configure queue permissions for dead-letter queue redrive", SQS developer guide). */
const OF_DEAD_LETTERS = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] as const;

/** What SQS asks IAM: a batch asks for what its entries do, and nothing is asked for each of them. */
export const createPermissions = ({ inQueue, store }: Pick<SqsParts, "inQueue" | "store">, read: QueueReader): Service<SqsTypes>["permissions"] => {
  const onQueue = async (action: string, named: QueueName, { region }: RequestContext, keys: Keys = {}): Promise<Permission> => ({
    action: `sqs:${action}`,
    resource: queueArn(named),
    context: {
      ...tagKeys("ResourceTag", (await read(named))?.queue.tags ?? {}),
      // A URL may name another region than the signature does: it is done where the queue is.
      ...(named.region === region ? {} : { "aws:RequestedRegion": named.region }),
      ...keys,
    },
  });
  const asks =
    <I extends { QueueUrl: string | undefined }>(action: string, keysOf: (input: I) => Keys = () => ({})) =>
    async (input: I, context: RequestContext): Promise<Permission[]> => [await onQueue(action, inQueue(input, context), context, keysOf(input))];
  const onDeadLetters = (action: string, named: QueueName, context: RequestContext): Promise<Permission[]> => Promise.all([action, ...OF_DEAD_LETTERS].map((one) => onQueue(one, named, context)));

  return {
    CreateQueue: async ({ QueueName: name, tags = {} }, context) => {
      const resource = queueArn({ account: context.account, region: context.region, name: name! });
      const keys = Object.keys(tags).length === 0 ? {} : requestTagKeys(tags);
      return ["sqs:CreateQueue", ...(Object.keys(tags).length === 0 ? [] : ["sqs:TagQueue"])].map((action) => ({ action, resource, context: keys }));
    },
    GetQueueUrl: async ({ QueueName: name, QueueOwnerAWSAccountId: owner }, context) => [await onQueue("GetQueueUrl", { account: owner ?? context.account, region: context.region, name: name! }, context)],
    // AWS's refusals name the ARN of a queue without a name.
    ListQueues: (_input, { account, region }) => [{ action: "sqs:ListQueues", resource: queueArn({ account, region, name: "" }) }],
    DeleteQueue: asks("DeleteQueue"),
    PurgeQueue: asks("PurgeQueue"),
    GetQueueAttributes: asks("GetQueueAttributes"),
    SetQueueAttributes: asks("SetQueueAttributes"),
    AddPermission: asks("AddPermission"),
    RemovePermission: asks("RemovePermission"),
    TagQueue: asks("TagQueue", ({ Tags = {} }) => requestTagKeys(Tags)),
    UntagQueue: asks("UntagQueue", ({ TagKeys = [] }) => ({ "aws:TagKeys": TagKeys })),
    ListQueueTags: asks("ListQueueTags"),
    ListDeadLetterSourceQueues: asks("ListDeadLetterSourceQueues"),
    SendMessage: asks("SendMessage"),
    SendMessageBatch: asks("SendMessage"),
    ReceiveMessage: asks("ReceiveMessage"),
    DeleteMessage: asks("DeleteMessage"),
    DeleteMessageBatch: asks("DeleteMessage"),
    ChangeMessageVisibility: asks("ChangeMessageVisibility"),
    ChangeMessageVisibilityBatch: asks("ChangeMessageVisibility"),
    StartMessageMoveTask: async (input, context) => {
      const [source, destination] = [sourceOf(input), destinationOf(input)];
      const targets = destination === undefined ? await store.read(() => listSources(source)) : [destination];
      return [...(await onDeadLetters("StartMessageMoveTask", source, context)), ...(await Promise.all(targets.map((target) => onQueue("SendMessage", target, context))))];
    },
    CancelMessageMoveTask: (input, context) => onDeadLetters("CancelMessageMoveTask", handledSource(input), context),
    ListMessageMoveTasks: (input, context) => onDeadLetters("ListMessageMoveTasks", sourceOf(input), context),
  };
};

/** The policy at a queue's door, as far as it can speak of the action: what is its owner's alone no policy opens to another account. */
export const policyAtDoor = async (read: QueueReader, { action, resource }: Permission, { caller }: RequestContext): Promise<NamedPolicy | undefined> => {
  const named = parseQueueArn(resource);
  if (named === undefined || (caller.account !== named.account && OWNERS_ACTIONS.has(action.slice("sqs:".length)))) return undefined;
  return (await read(named))?.policy;
};
