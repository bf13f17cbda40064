import type { PipeSourceParameters, UpdatePipeSourceParameters } from "@aws-sdk/client-pipes";
import { parseArn, type Arn } from "../../kit/arn.ts";
import { MAPPING_BATCH_SIZE_DEFAULT, MAPPING_POLL_MESSAGES_MAX } from "../../kit/limits/mappings.ts";
import { InvalidPattern } from "../../patterns/errors.ts";
import { compilePattern } from "../../patterns/pattern.ts";
import { CROSS_REGION, invalid, notBuilt } from "./errors.ts";

/** Sources of AWS that have none here, by the service of their ARN. */
const NOT_BUILT: Record<string, string> = { kinesis: "a Kinesis stream", dynamodb: "a DynamoDB stream", kafka: "Amazon MSK", mq: "Amazon MQ" };
const INSTEAD = "SQS is the only source so far";

/** The queue that a pipe reads. */
export const queueOf = (source: string, { region }: { region: string }): Arn => {
  if (source.startsWith("smk://")) throw notBuilt("A pipe from self-managed Apache Kafka", INSTEAD);
  const arn = parseArn(source);
  const other = arn && NOT_BUILT[arn.service];
  if (other !== undefined) throw notBuilt(`A pipe from ${other} (${source})`, INSTEAD);
  if (arn?.service !== "sqs" || arn.resource === "" || arn.account === "") throw invalid({ name: "Source", message: "The source is not supported." });
  if (arn.region !== region) throw invalid({ name: "Source", message: CROSS_REGION });
  return arn;
};

const checkPattern = (pattern: string, index: number): void => {
  try {
    if (pattern !== "") compilePattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw invalid({ name: `SourceParameters.FilterCriteria.Filters[${index}].Pattern`, message: `Invalid Event Pattern. Reason: ${error.message}` });
  }
};

/** More than one receive gives needs a window to gather it in, and where an order is to be kept there is none ("Amazon Simple Queue Service as a source in EventBridge Pipes"). */
const checkBatch = ({ BatchSize = MAPPING_BATCH_SIZE_DEFAULT, MaximumBatchingWindowInSeconds: window = 0 }: NonNullable<PipeSourceParameters["SqsQueueParameters"]>, isFifo: boolean, batchMax: number): void => {
  const wrong = (member: string, message: string) => invalid({ name: `SourceParameters.SqsQueueParameters.${member}`, message });
  // "You can't configure a pipe with a larger batch size than the target supports."
  if (BatchSize > batchMax) throw wrong("BatchSize", `The batch size must not be larger than the enrichment and the target support: ${batchMax}.`);
  if (isFifo && window > 0) throw wrong("MaximumBatchingWindowInSeconds", "Batching window is not supported for FIFO queues");
  if (BatchSize > MAPPING_POLL_MESSAGES_MAX && window === 0) throw wrong("MaximumBatchingWindowInSeconds", `Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than ${MAPPING_POLL_MESSAGES_MAX}`);
};

/**
 * What a pipe from a queue has after a request: what it does not speak of stays, what it speaks of is as it says, with AWS's defaults for the rest
 * ("EventBridge updates the fields in these objects atomically as one and overrides existing values", UpdatePipe).
 * @param batchMax what enrichment and target take at once
 */
export const applySource = (given: PipeSourceParameters | UpdatePipeSourceParameters = {}, before: PipeSourceParameters = {}, queue: Arn, batchMax: number): PipeSourceParameters => {
  const { FilterCriteria, SqsQueueParameters, ...others } = given;
  const foreign = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (foreign !== undefined) throw invalid({ name: `SourceParameters.${foreign}`, message: "Invalid source parameter provided for source." });
  const filters = FilterCriteria === undefined ? before.FilterCriteria : FilterCriteria;
  (filters?.Filters ?? []).forEach(({ Pattern = "" }, index) => checkPattern(Pattern, index));
  const queueParameters = SqsQueueParameters === undefined ? (before.SqsQueueParameters ?? {}) : SqsQueueParameters;
  const settings = { ...queueParameters, BatchSize: queueParameters.BatchSize ?? Math.min(MAPPING_BATCH_SIZE_DEFAULT, batchMax) };
  checkBatch(settings, queue.resource.endsWith(".fifo"), batchMax);
  return { ...((filters?.Filters ?? []).length === 0 ? {} : { FilterCriteria: filters }), SqsQueueParameters: settings };
};
