import { parseArn, type Arn } from "../kit/arn.ts";

/** A resource whose policy is one document, only ever read and written whole. */
export interface WholePolicy {
  /** `bucket`, `event bus` */
  kind: string;
  name: string;
  /** The CLI's command that shows it. */
  read: string;
  /** How it is written, and taken away. */
  write: string;
  /** What is to be said where nobody is let in. */
  none: string;
}

const QUEUE_URL = (queue: string): string => `$(aws sqs get-queue-url --queue-name ${queue} --query QueueUrl --output text)`;

const BY_SERVICE: Record<string, (arn: Arn) => WholePolicy | undefined> = {
  s3: ({ resource }) => {
    const name = resource.split("/")[0]!;
    return {
      kind: "bucket", name,
      read: `aws s3api get-bucket-policy --bucket ${name} --query Policy --output text`,
      write: "(aws s3api put-bucket-policy), or away (delete-bucket-policy)",
      none: `the bucket ${name} has no policy that lets anyone in, or RestrictPublicBuckets keeps it from who is not of the bucket's account`,
    };
  },
  sqs: ({ resource: name }) => ({
    kind: "queue", name,
    read: `aws sqs get-queue-attributes --queue-url ${QUEUE_URL(name)} --attribute-names Policy --query Attributes.Policy --output text`,
    write: "(aws sqs set-queue-attributes), or away (with Policy as an empty text)",
    none: `the queue ${name} has no policy that lets anyone in (and none can let another account do what is its owner's alone), or there is no such queue`,
  }),
  sns: ({ region, account, resource: name }) => ({
    kind: "topic", name,
    read: `aws sns get-topic-attributes --topic-arn arn:aws:sns:${region}:${account}:${name} --query Attributes.Policy --output text`,
    write: "(aws sns set-topic-attributes)",
    none: `the topic ${name} has no policy that lets anyone in, or there is no such topic`,
  }),
  events: ({ resource }) => {
    if (!resource.startsWith("event-bus/")) return undefined;
    const name = resource.slice("event-bus/".length);
    return {
      kind: "event bus", name,
      read: `aws events describe-event-bus --name ${name} --query Policy --output text`,
      write: "(aws events put-permission --policy), or away (remove-permission)",
      none: `the event bus ${name} has no policy that lets anyone in, or there is no such event bus`,
    };
  },
};

/** Undefined for resources without a policy of their own, or with one that is written statement by statement. */
export const wholePolicyOf = (resource: string): WholePolicy | undefined => {
  const arn = parseArn(resource);
  return arn && BY_SERVICE[arn.service]?.(arn);
};
