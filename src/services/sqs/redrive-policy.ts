import { QUEUE_RECEIVES_MAX, QUEUE_REDRIVE_SOURCES_MAX } from "../../kit/limits/sqs.ts";
import { sql, type Operation } from "../../store/store.ts";
import { invalidParameterValue, invalidValue } from "./errors.ts";
import { parseQueueArn, queueArn } from "./queue-names.ts";
import { findQueue, toQueue, type Queue, type QueueName } from "./queue-rows.ts";

interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

interface RedriveAllowPolicy {
  redrivePermission: "allowAll" | "denyAll" | "byQueue";
  sourceQueueArns?: string[];
}

const parseMap = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** By its words alone; whether there is such a queue is looked at in the commit. */
export const readRedrivePolicy = (text: string, source: QueueName): string => {
  const policy = parseMap(text);
  if (policy === undefined) throw invalidParameterValue("Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.");
  const refuse = (reason: string): never => {
    throw invalidValue(text, "RedrivePolicy", reason);
  };
  for (const name of ["maxReceiveCount", "deadLetterTargetArn"]) if (policy[name] === undefined) refuse(`Redrive policy does not contain mandatory attribute: ${name}.`);
  if (Object.keys(policy).length > 2) refuse("Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].");
  const { maxReceiveCount, deadLetterTargetArn } = policy;
  const count = /^\d{1,5}$/.test(String(maxReceiveCount)) ? Number(maxReceiveCount) : 0;
  if (count < 1 || count > QUEUE_RECEIVES_MAX) refuse(`Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to ${QUEUE_RECEIVES_MAX} both inclusive.`);
  const target = typeof deadLetterTargetArn === "string" ? parseQueueArn(deadLetterTargetArn) : undefined;
  if (target === undefined) return refuse("Dead-letter target ARN should be fully qualified ARN.");
  if (target.region !== source.region) refuse("Dead-letter target must be in same region as the source.");
  if (target.account !== source.account) refuse("Dead-letter target owner should be same as the source.");
  return JSON.stringify({ deadLetterTargetArn: deadLetterTargetArn as string, maxReceiveCount: count } satisfies RedrivePolicy);
};

const UNSUPPORTED = "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.";

export const readRedriveAllowPolicy = (text: string): string => {
  const policy = parseMap(text);
  const { redrivePermission, sourceQueueArns, ...more } = policy ?? {};
  const isKnown = redrivePermission === "allowAll" || redrivePermission === "denyAll" || redrivePermission === "byQueue";
  const isList = sourceQueueArns === undefined || (Array.isArray(sourceQueueArns) && sourceQueueArns.every((arn) => typeof arn === "string" && parseQueueArn(arn) !== undefined));
  if (policy === undefined || !isKnown || !isList || Object.keys(more).length > 0) throw invalidParameterValue(UNSUPPORTED);
  const refuse = (reason: string): never => {
    throw invalidValue(text, "RedriveAllowPolicy", `Amazon SQS can't create the redrive allow policy. ${reason}`);
  };
  const sources = (sourceQueueArns ?? []) as string[];
  if (sourceQueueArns !== undefined && redrivePermission !== "byQueue") refuse("To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
  if (redrivePermission === "byQueue" && sources.length === 0) refuse("When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.");
  if (sources.length > QUEUE_REDRIVE_SOURCES_MAX) refuse(`The maximum number of source queue ARNs you can specify is ${QUEUE_REDRIVE_SOURCES_MAX}.`);
  return JSON.stringify({ redrivePermission, ...(sources.length === 0 ? {} : { sourceQueueArns: sources }) } satisfies RedriveAllowPolicy);
};

/** The dead-letter queue that a source names must be there, of its kind, and let it. */
export function* checkRedriveTarget(text: string, source: QueueName & { isFifo: boolean }): Operation<void> {
  const { deadLetterTargetArn } = JSON.parse(text) as RedrivePolicy;
  const target = yield* findQueue(parseQueueArn(deadLetterTargetArn)!);
  if (target === undefined) throw invalidValue(text, "RedrivePolicy", "Dead letter target does not exist.");
  if (target.isFifo !== source.isFifo) throw invalidValue(text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.");
  if (!letsIn(target, queueArn(source))) throw invalidValue(text, "RedrivePolicy", `The redrive allow policy of the dead-letter queue ${deadLetterTargetArn} does not let this queue use it.`);
}

const letsIn = ({ attributes }: Queue, sourceArn: string): boolean => {
  const text = attributes["RedriveAllowPolicy"];
  if (text === undefined) return true;
  const { redrivePermission, sourceQueueArns = [] } = JSON.parse(text) as RedriveAllowPolicy;
  return redrivePermission === "allowAll" || (redrivePermission === "byQueue" && sourceQueueArns.includes(sourceArn));
};

const deadLetterArnOf = ({ attributes }: Queue): string | undefined => (attributes["RedrivePolicy"] === undefined ? undefined : (JSON.parse(attributes["RedrivePolicy"]) as RedrivePolicy).deadLetterTargetArn);

/** The queues whose dead-letter queue it is, by name; only those of its account and region can be. */
export function* listSources(target: QueueName): Operation<Queue[]> {
  const arn = queueArn(target);
  // Roughly: `_` of a name is any character here.
  const rows = yield* sql("select * from sqs_queue where account = ? and region = ? and attributes like ? order by name", target.account, target.region, `%${arn}%`);
  return rows.map(toQueue).filter((queue) => deadLetterArnOf(queue) === arn);
}

