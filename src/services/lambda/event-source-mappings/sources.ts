import { parseArn, type Arn } from "../../../kit/arn.ts";
import { invalid, notBuilt } from "../errors.ts";

interface Input {
  EventSourceArn?: string | undefined;
  SelfManagedEventSource?: object | undefined;
}

/** The sources of AWS that have none here, by the service of their ARN. */
const NOT_BUILT: Record<string, string> = { kinesis: "Kinesis", dynamodb: "a DynamoDB stream", kafka: "Amazon MSK", mq: "Amazon MQ", rds: "Amazon DocumentDB", docdb: "Amazon DocumentDB" };

const INSTEAD = "SQS is the only source so far";

/** The queue that a new mapping reads. */
export const queueOf = ({ EventSourceArn, SelfManagedEventSource }: Input, { region }: { region: string }): Arn => {
  if (EventSourceArn === undefined) {
    if (SelfManagedEventSource !== undefined) throw notBuilt("An event source mapping for self-managed Apache Kafka", INSTEAD);
    throw invalid("Unrecognized event source.");
  }
  const arn = parseArn(EventSourceArn);
  const other = arn === undefined ? undefined : NOT_BUILT[arn.service];
  if (other !== undefined) throw notBuilt(`An event source mapping for ${other} (${EventSourceArn})`, INSTEAD);
  if (arn?.service !== "sqs" || arn.resource === "" || arn.account === "") throw invalid(`Unrecognized event source. Unsupported source arn : ${EventSourceArn}`);
  if (arn.region !== region) throw invalid(`Event source region must match Lambda region ${region}`);
  return arn;
};

export const isFifo = ({ resource }: Pick<Arn, "resource">): boolean => resource.endsWith(".fifo");
