import type { HttpParameters } from "@aws-sdk/client-eventbridge";
import type { Trace } from "../kit/ledger.ts";

/** A service in its own name, and whom it acts for: the target's policy is asked with these. */
export interface AsService {
  /** The service principal: `events.amazonaws.com`. */
  service: string;
  account: string;
  sourceArn: string;
  sourceAccount: string;
}

/** A service in the name of a role, which its trust policy must let the service take on: the role's policies are asked. */
export interface AsRole {
  role: string;
  /** Of whom the service acts for: the function, the rule, the schedule. */
  account: string;
  /** Who takes the role on; Lambda when absent, in sessions named after the function. */
  principal?: string;
  /** Of whom it acts for. Lambda's sessions are named after it. */
  functionName: string;
  /** `aws:SourceArn` for the role's trust policy. */
  sourceArn?: string;
}

/** How often, and for how long, a delivery is tried again. Without one: for a day, as long as it takes. */
export interface RetryPolicy {
  /** Tries after the first. */
  attemptsMax?: number;
  /** Milliseconds since it was accepted. */
  ageMs?: number;
  /** The pauses between tries, one phase after the other; when they are over there is no further try. Without them they double, from one second to five minutes. */
  phases?: readonly RetryPhase[];
  /** Pauses that double, by chance shorter by up to a half, so that what failed together does not come again together. */
  backoff?: { firstMs: number; maxMs: number };
}

/** So many tries with pauses that go from the first to the last, in milliseconds. */
export interface RetryPhase {
  times: number;
  fromMs: number;
  toMs: number;
  curve?: "linear" | "arithmetic" | "geometric" | "exponential";
}

export type MessageAttribute = { DataType: string; StringValue?: string; /** Base64. */ BinaryValue?: string };

/** Where a delivery goes that is given up, and how that is told. */
export interface DeadLetter {
  /** A queue's. */
  targetArn: string;
  as: AsService | AsRole;
  /**
   * `EventBridge`: ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS, EXHAUSTED_RETRY_CONDITION. `SNS`: RequestID, ErrorCode, ErrorMessage.
   * `Scheduler`: as EventBridge, with the target's own code, and IS_PAYLOAD_TRUNCATED. Beside `attributes`.
   */
  style: "EventBridge" | "SNS" | "Scheduler";
  /** What the queue gets, where it is not what the target would have got. */
  payload?: string;
  attributes?: Record<string, MessageAttribute>;
  messageGroupId?: string;
  messageDeduplicationId?: string;
}

/** In whose metrics its outcome counts (`plumber/delivery-metrics.ts`). */
export interface Measured {
  namespace: "AWS/Events" | "AWS/SNS" | "AWS/Scheduler" | "AWS/Logs" | "AWS/Lambda";
  dimensions: Record<string, string>;
  /** How much each metric is to count, where that is not one for a delivery; those that are not named here are not counted. */
  amounts?: Record<string, number>;
  /** It is a dead letter: what is counted is whether its queue takes it. */
  isDeadLetter?: true;
  /** A dead letter that was too long for its queue. */
  isTruncated?: true;
}

/** SNS tells how its deliveries end. */
export interface StatusLog {
  /** Of those that arrived; those that did not have `/Failure` behind it. */
  group: string;
  /** As whom; nothing is told of what has none. */
  successRole?: string;
  failureRole?: string;
  notification: { messageMD5Sum: string; messageId: string; topicArn: string; timestamp: string };
}

/** One event on its way to one target. It is kept as JSON until the target has it. */
export interface Delivery {
  /** Becomes the request id at the target, so that a repeated delivery is recognised. */
  id: string;
  traceId: string;
  lineage?: string;
  /** Of who made the event: a queue is told of it. */
  traceHeader?: string;
  targetArn: string;
  /** As the target gets it: JSON for a function, a bus's `Detail`, the text of a message, the body of an HTTP request. */
  payload: string;
  /** What stands in the payload for the number of the try: 1 for the first. */
  attemptPlaceholder?: string;
  /** As whom. */
  as: AsService | AsRole;
  region: string;
  /** Names of the ledger's that the delivery is found by. */
  keys: string[];
  retry?: RetryPolicy;
  deadLetter?: DeadLetter;
  measured?: Measured;
  /** For a function with tenant isolation. */
  tenantId?: string;
  /** For a bucket: the key of the object that the payload becomes. */
  objectKey?: string;
  /** For a queue or a topic: what goes with the message that the payload becomes. */
  messageAttributes?: Record<string, MessageAttribute>;
  messageGroupId?: string;
  messageDeduplicationId?: string;
  /** For a topic. */
  subject?: string;
  /** For a bus: what the event is called, and `payload` its detail. */
  entry?: { source: string; detailType: string; resources?: string[]; /** Milliseconds. */ time?: number };
  /** For a bus: `payload` is a whole event that comes from another bus, and stays what it is. */
  isForwarded?: true;
  /** It was found out when it was made that there is no delivering it: it is given up at its turn, with its dead letter. */
  impossible?: { code: string; message: string };
  /** It waits for those before it in its lane, by position: what a FIFO topic tells of one group to one subscription. Whatever becomes of it, the next one goes on. */
  order?: { lane: string; position: number };
  /** Whose CloudWatch Logs are told how it ended, and what of (`plumber/delivery-status.ts`). */
  statusLog?: StatusLog;
  /** It is an action of an alarm of CloudWatch, whose state changed at this moment, in milliseconds: its history is told how it ended. */
  alarmAction?: { alarm: string; changedAt: number };
  /** Tries of the target in a second, at most, each at its turn; an API destination knows its own. */
  perSecond?: number;
  /** For an HTTP endpoint, whose subscription `targetArn` names. */
  http?: { url: string; headers: Record<string, string> };
  /** For an API destination: what the target adds to its requests. */
  httpParameters?: HttpParameters;
  /** Since when it may be sent, where its target takes so many in a second: platform time, milliseconds. */
  turnAt?: number;
}

/** A chain as a delivery keeps it. */
export const chainOf = ({ id, lineage, header }: Trace): Pick<Delivery, "traceId" | "lineage" | "traceHeader"> => ({
  traceId: id,
  ...(lineage === undefined ? {} : { lineage }),
  ...(header === undefined ? {} : { traceHeader: header }),
});

/** A delivery's chain as its target goes on with it. */
export const traceOf = ({ traceId: id, lineage, traceHeader: header }: Delivery): Trace => ({
  id,
  ...(lineage === undefined ? {} : { lineage }),
  ...(header === undefined ? { isUntold: true } : { header }),
});

/** Of all that goes to the disk for it. */
export const charactersOf = ({ payload, deadLetter }: Pick<Delivery, "payload" | "deadLetter">): number => payload.length + (deadLetter?.payload?.length ?? 0);

/** The payload as the target gets it with a try. @param attempts Tries before it. */
export const payloadOf = ({ payload, attemptPlaceholder }: Delivery, attempts: number): string =>
  attemptPlaceholder === undefined ? payload : payload.replaceAll(attemptPlaceholder, String(attempts + 1));

/** `refused` and `gone` are final; `failed` is worth another try. */
export type FailureKind = "refused" | "gone" | "failed";

export interface Failure {
  kind: FailureKind;
  /** The target's own: `AccessDeniedException`. */
  code: string;
  message: string;
  /** Milliseconds that the target asks to be left alone for. */
  retryAfterMs?: number;
}

export type DeliveryOutcome = { kind: "delivered" } | { kind: "postponed"; turnAt: number } | Failure;

/** Thrown by a target that takes so many in a second: its turn comes later. This was no try. */
export class Postponed extends Error {
  readonly turnAt: number;

  constructor(turnAt: number) {
    super("its turn comes later");
    this.turnAt = turnAt;
  }
}

/** Thrown by a target that knows itself what its failure means. */
export class TargetError extends Error {
  readonly kind: FailureKind;
  readonly code: string;
  /** Milliseconds that the target asks to be left alone for. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.name = code;
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
