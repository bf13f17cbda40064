import { listOf, type PolicyDocument, type Statement } from "../../iam/document.ts";
import { statementsOf } from "../../iam/policy.ts";
import { QUEUE_PERMISSION_ACTIONS_MAX } from "../../kit/limits/sqs.ts";
import { invalidValue, missingParameter, overLimit } from "./errors.ts";
import type { SqsHandlers, SqsParts } from "./needs.ts";
import { queueArn } from "./queue-names.ts";
import { refuseLargePolicy } from "./queue-policy.ts";
import { getQueue, writeAttributes, type Queue } from "./queue-rows.ts";

/** What only the queue's own account may do, whatever its policy says ("Cross-account permissions don't apply to …", SQS API reference). */
export const OWNERS_ACTIONS: ReadonlySet<string> = new Set([
  "AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues", "ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
]);
const SHARED_ACTIONS: ReadonlySet<string> = new Set(["*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue"]);

const checkActions = (actions: readonly string[]): void => {
  if (actions.length === 0) throw missingParameter("Actions");
  if (actions.length > QUEUE_PERMISSION_ACTIONS_MAX) throw overLimit(`${actions.length} Actions were found, maximum allowed is ${QUEUE_PERMISSION_ACTIONS_MAX}.`);
  for (const action of actions) {
    if (OWNERS_ACTIONS.has(action)) throw invalidValue(`SQS:${action}`, "ActionName", "Only the queue owner is allowed to invoke this action.");
    if (!SHARED_ACTIONS.has(action)) throw invalidValue(`SQS:${action}`, "ActionName", "Please refer to the appropriate WSDL for a list of valid actions. ");
  }
};

const checkLabel = (label: string): void => {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(label)) throw invalidValue(label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
};

const policyOf = ({ attributes }: Queue): PolicyDocument | undefined => (attributes["Policy"] === undefined ? undefined : (JSON.parse(attributes["Policy"]) as PolicyDocument));
const oneOrAll = (texts: readonly string[]): string | string[] => (texts.length === 1 ? texts[0]! : [...texts]);

/** As AWS writes it: members in this order. */
const statementOf = (label: string, accounts: readonly string[], actions: readonly string[], queue: Queue): Statement => ({
  Sid: label,
  Effect: "Allow",
  Principal: { AWS: oneOrAll(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
  Action: oneOrAll(actions.map((action) => `SQS:${action}`)),
  Resource: queueArn(queue),
});

/** A queue's policy, statement by statement. */
export const permissionHandlers = ({ store, clock, inQueue }: SqsParts) => {
  const write = (queue: Queue, document: PolicyDocument | undefined) => {
    const { Policy: _policy, ...others } = queue.attributes;
    return writeAttributes(queue, document === undefined ? others : { ...others, Policy: JSON.stringify(document) }, clock.now());
  };

  return {
    async AddPermission({ Label: label = "", AWSAccountIds: accounts = [], Actions: actions = [], ...input }, context) {
      const named = inQueue(input, context);
      checkLabel(label);
      checkActions(actions);
      if (accounts.length === 0 || !accounts.every((account) => /^\d{12}$/.test(account))) throw invalidValue(`[${accounts.join(", ")}]`, "PrincipalId", "Unable to verify.");
      await store.run(function* () {
        const queue = yield* getQueue(named);
        const policy = policyOf(queue) ?? { Version: "2008-10-17", Id: `${queueArn(queue)}/SQSDefaultPolicy`, Statement: [] };
        const statements = statementsOf(policy);
        if (statements.some(({ Sid }) => Sid === label)) throw invalidValue(label, "Label", "Already exists.");
        const document: PolicyDocument = { ...policy, Statement: [...statements, statementOf(label, accounts, actions, queue)] };
        refuseLargePolicy(document);
        yield* write(queue, document);
      });
      return {};
    },

    async RemovePermission({ Label: label = "", ...input }, context) {
      const named = inQueue(input, context);
      await store.run(function* () {
        const queue = yield* getQueue(named);
        const policy = policyOf(queue);
        const statements = listOf(policy?.Statement);
        const left = statements.filter(({ Sid }) => Sid !== label);
        if (policy === undefined || left.length === statements.length) throw invalidValue(label, "Label", "can't find label on existing policy.");
        yield* write(queue, left.length === 0 ? undefined : { ...policy, Statement: left });
      });
      return {};
    },
  } satisfies SqsHandlers;
};
