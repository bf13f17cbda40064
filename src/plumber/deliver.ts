import { assumeExecutionRole } from "../executor/credentials.ts";
import { ApiError, isApiError } from "../kit/api-error.ts";
import { parseArn, type Arn } from "../kit/arn.ts";
import type { Call } from "../kit/call.ts";
import { serviceCaller, type Caller } from "../kit/caller.ts";
import type { Trace } from "../kit/ledger.ts";

/** A service in its own name, and whom it acts for: the target's policy is asked with these. */
interface AsService {
  service: string;
  account: string;
  sourceArn: string;
  sourceAccount: string;
}

/** Lambda in the name of a function's role: its policies are asked. */
interface AsRole {
  role: string;
  account: string;
  functionName: string;
}

/** One event on its way to one target. */
export interface Delivery {
  /** Becomes the request id at the target, so that a repeated delivery is recognised. */
  id: string;
  traceId: string;
  lineage?: string;
  targetArn: string;
  /** JSON, as the target gets it. */
  payload: string;
  /** For a function with tenant isolation. */
  tenantId?: string;
  /** As whom. */
  as: AsService | AsRole;
  region: string;
  /** For a bucket: the key of the object that the payload becomes. */
  objectKey?: string;
  /** For a queue: what goes with the message that the payload becomes. */
  messageAttributes?: Record<string, { DataType: "String" | "Number"; StringValue: string }>;
  /** Names of the ledger's that the delivery is found by. */
  keys: string[];
}

/** `refused` and `gone` are final; `failed` is worth another try. */
export type DeliveryOutcome = { kind: "delivered" } | { kind: "refused" | "gone" | "failed"; code: string; message: string };

const FINAL: Record<string, "refused" | "gone"> = {
  AccessDeniedException: "refused",
  AccessDenied: "refused",
  ResourceNotFoundException: "gone",
  NoSuchBucket: "gone",
  QueueDoesNotExist: "gone",
  InvalidMessageContents: "gone",
  InvalidParameterValue: "gone",
  NotImplemented: "gone",
  InvalidParameterValueException: "gone",
  InvalidRequestContentException: "gone",
  RequestTooLargeException: "gone",
  ValidationException: "gone",
};

interface Sending {
  delivery: Delivery;
  arn: Arn;
  as: Caller;
  trace: Trace;
}

/** The targets there are, by the service of their ARN. */
const createSenders = (call: Call): Record<string, (sending: Sending) => Promise<unknown>> => ({
  lambda: ({ delivery, arn, as, trace }) =>
    call("lambda", "Invoke", { FunctionName: delivery.targetArn, InvocationType: "Event", Payload: Buffer.from(delivery.payload), ...(delivery.tenantId === undefined ? {} : { TenantId: delivery.tenantId }) }, { as, account: arn.account, region: arn.region, requestId: delivery.id, trace }),
  s3: ({ delivery, arn, as, trace }) =>
    call("s3", "PutObject", { Bucket: arn.resource, Key: delivery.objectKey ?? delivery.id, Body: Buffer.from(delivery.payload), ContentType: "application/json" }, { as, region: delivery.region, requestId: delivery.id, trace }),
  sqs: ({ delivery, arn, as, trace }) =>
    call("sqs", "SendMessage", { QueueUrl: queueUrlOf(arn), MessageBody: delivery.payload, ...(delivery.messageAttributes === undefined ? {} : { MessageAttributes: delivery.messageAttributes }) }, { as, account: arn.account, region: arn.region, requestId: delivery.id, trace }),
});

/** As AWS writes it: what it is called by inside the platform, wherever that is reached. */
export const queueUrlOf = ({ region, account, resource }: Arn): string => `https://sqs.${region}.amazonaws.com/${account}/${resource}`;

/** Hands an event to the target that its ARN names, through `call`: the target's own policy, or that of the role in whose name it comes, decides, at this moment. */
export const createDeliver = ({ call }: { call: Call }) => {
  const senders = createSenders(call);

  const callerOf = async ({ as, region }: Delivery): Promise<Caller> =>
    "role" in as
      ? (await assumeExecutionRole(call, { account: as.account, region, roleArn: as.role, name: as.functionName })).caller
      : serviceCaller(as.service, as.account, { sourceArn: as.sourceArn, sourceAccount: as.sourceAccount });

  const send = async (delivery: Delivery) => {
    const arn = parseArn(delivery.targetArn);
    const sender = arn === undefined ? undefined : senders[arn.service];
    if (arn === undefined || sender === undefined) throw new ApiError("NotImplemented", `events cannot be delivered to ${delivery.targetArn} yet: only to functions, buckets and queues`, { status: 501 });
    const trace: Trace = { id: delivery.traceId, ...(delivery.lineage === undefined ? {} : { lineage: delivery.lineage }) };
    await sender({ delivery, arn, as: await callerOf(delivery), trace });
  };

  return async (delivery: Delivery): Promise<DeliveryOutcome> => {
    try {
      await send(delivery);
      return { kind: "delivered" };
    } catch (error) {
      const [code, message] = isApiError(error) ? [error.code, error.message] : ["ServiceException", error instanceof Error ? error.message : String(error)];
      return { kind: FINAL[code] ?? "failed", code, message };
    }
  };
};
