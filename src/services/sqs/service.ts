import { ApiError } from "../../kit/api-error.ts";
import type { RequestContext, Service } from "../service.ts";
import { inQueue } from "./addresses.ts";
import { attributeHandlers } from "./attributes.ts";
import { messageHandlers } from "./messages/service-part.ts";
import { moveTaskHandlers } from "./move-tasks/handlers.ts";
import type { QueueParts, SqsTypes } from "./needs.ts";
import { createPermissions, policyAtDoor } from "./permissions.ts";
import { parseQueueArn, parseQueueUrl, queueArn } from "./queue-names.ts";
import { permissionHandlers } from "./queue-permissions.ts";
import { createQueueReader } from "./queue-reader.ts";
import { queueHandlers } from "./queues.ts";
import { tagHandlers } from "./tags.ts";

/** Amazon SQS: standard and FIFO queues, their messages, dead letters and the way back. */
export const createSqsService = (parts: QueueParts): Service<SqsTypes> => {
  const read = createQueueReader(parts.store);
  return {
    handlers: {
      ...queueHandlers(parts),
      ...attributeHandlers(parts),
      ...permissionHandlers(parts),
      ...tagHandlers(parts),
      ...moveTaskHandlers(parts),
      ...messageHandlers(parts),
    },
    permissions: createPermissions({ ...parts, inQueue }, read),
    check: async (_operation, input, context) => refuseNobody(input, context),
    resourcePolicy: (permission, context) => policyAtDoor(read, permission, context),
    ledgerKeys: (_operation, input, context) => ledgerKeys(input as Named, context),
  };
};

interface Named {
  QueueUrl?: string;
  QueueName?: string;
  SourceArn?: string;
}

/** Without a signature there is no account: only a queue's policy can let anybody in, so only a queue can be spoken of. */
const refuseNobody = (input: unknown, { caller, wire }: RequestContext): void => {
  if (caller.type !== "anonymous" || (input as Named).QueueUrl !== undefined) return;
  const isJson = wire?.headers["x-amz-target"] !== undefined;
  throw new ApiError(isJson ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken", "Request is missing Authentication Token", { status: 403 });
};

/** The queue's name, and its ARN. */
const ledgerKeys = ({ QueueUrl, QueueName: name, SourceArn }: Named, { account, region }: RequestContext): string[] => {
  const named = QueueUrl === undefined ? (name === undefined ? parseQueueArn(SourceArn ?? "") : { account, region, name }) : parseQueueUrl(QueueUrl, region);
  return named === undefined ? [] : [named.name, queueArn(named)];
};
