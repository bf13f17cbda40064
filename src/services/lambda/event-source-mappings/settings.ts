import type { CreateEventSourceMappingRequest, UpdateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { MAPPING_BATCH_SIZE_DEFAULT, MAPPING_FILTERS_MAX, MAPPING_POLL_MESSAGES_MAX, MAPPING_PROVISIONED_POLLERS_DEFAULT } from "../../../kit/limits/mappings.ts";
import { compilePattern } from "../../../patterns/pattern.ts";
import { InvalidPattern } from "../../../patterns/errors.ts";
import type { MappingSettings } from "../../../plumber/event-source-mapping/mapping.ts";
import { invalid, notBuilt } from "../errors.ts";

type Input = Omit<Partial<CreateEventSourceMappingRequest & UpdateEventSourceMappingRequest>, "FunctionName" | "UUID">;

/** Of streams, Kafka, MQ and DocumentDB. */
const OF_OTHER_SOURCES = [
  "StartingPositionTimestamp", "ParallelizationFactor", "BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "TumblingWindowInSeconds", "DestinationConfig", "Topics", "Queues",
  "SourceAccessConfigurations", "SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "LoggingConfig",
] as const satisfies readonly (keyof Input)[];

/** An object of nothing, also a nested one, says nothing: clients send those for what is not configured. */
const isSaid = (value: unknown): boolean => (typeof value === "object" && value !== null && !(value instanceof Date) ? Object.values(value).some(isSaid) : value !== undefined && value !== null);

/** Throws for what SQS has not, or what is not built. */
const refuseForeign = (input: Input): void => {
  if (input.StartingPosition !== undefined) throw invalid("StartingPosition is not valid for SQS event sources.");
  const foreign = OF_OTHER_SOURCES.find((name) => isSaid(input[name]));
  if (foreign !== undefined) throw invalid(`Unsupported ${foreign} parameter for given event source mapping type.`);
  if (input.KMSKeyArn !== undefined && input.KMSKeyArn !== "") throw notBuilt("A filter that is encrypted with a key (KMSKeyArn)", "KMS is not built, and filters lie in the database as they are; leave it out");
  if (input.ProvisionedPollerConfig?.PollerGroupName !== undefined) throw invalid("Unsupported PollerGroupName parameter for given event source mapping type.");
};

const checkFilter = (pattern: string) => {
  try {
    JSON.parse(pattern);
    compilePattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidPattern || error instanceof SyntaxError)) throw error;
    throw invalid("Invalid filter pattern definition.");
  }
};

const filtersOf = ({ FilterCriteria }: Input, before: readonly string[]): readonly string[] => {
  if (FilterCriteria === undefined) return before;
  const filters = (FilterCriteria.Filters ?? []).map(({ Pattern }) => Pattern ?? "");
  if (filters.length > MAPPING_FILTERS_MAX) throw invalid(`The number of filters exceeds the limit of ${MAPPING_FILTERS_MAX} for an event source mapping.`);
  filters.forEach(checkFilter);
  return filters;
};

/** A window to gather more than one receive gives, and only where nothing has to keep an order. */
const checkBatch = ({ batchSize, windowSeconds }: MappingSettings, isFifo: boolean) => {
  if (isFifo && windowSeconds > 0) throw invalid("Batching window is not supported for FIFO queues");
  if (batchSize > MAPPING_POLL_MESSAGES_MAX && windowSeconds === 0) throw invalid(`Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than ${MAPPING_POLL_MESSAGES_MAX}`);
};

const pollersOf = ({ ProvisionedPollerConfig: given }: Input, before: MappingSettings["provisionedPollers"]): MappingSettings["provisionedPollers"] => {
  if (given === undefined) return before;
  if (!isSaid(given)) return undefined;
  const least = MAPPING_PROVISIONED_POLLERS_DEFAULT.minimum;
  const pollers = { minimum: given.MinimumPollers ?? before?.minimum ?? least, maximum: given.MaximumPollers ?? before?.maximum ?? MAPPING_PROVISIONED_POLLERS_DEFAULT.maximum };
  if (pollers.minimum < least || pollers.maximum < least) throw invalid(`MinimumPollers and MaximumPollers of an SQS event source mapping must be at least ${least}.`);
  if (pollers.minimum > pollers.maximum) throw invalid("MinimumPollers must be less than or equal to MaximumPollers.");
  return pollers;
};

const DEFAULT: MappingSettings = { batchSize: MAPPING_BATCH_SIZE_DEFAULT, windowSeconds: 0, filters: [], isResponseRead: false, isCounted: false };

/** The settings after a request: what it does not say stays, what it says empty is taken away. */
export const applySettings = (input: Input, isFifo: boolean, before: MappingSettings = DEFAULT): MappingSettings => {
  refuseForeign(input);
  const maximumConcurrency = input.ScalingConfig === undefined ? before.maximumConcurrency : input.ScalingConfig.MaximumConcurrency;
  const provisionedPollers = pollersOf(input, before.provisionedPollers);
  if (maximumConcurrency !== undefined && provisionedPollers !== undefined) throw invalid("ScalingConfig and ProvisionedPollerConfig cannot be used together. Remove one of them.");
  const after: MappingSettings = {
    batchSize: input.BatchSize ?? before.batchSize,
    windowSeconds: input.MaximumBatchingWindowInSeconds ?? before.windowSeconds,
    filters: filtersOf(input, before.filters),
    ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }),
    ...(provisionedPollers === undefined ? {} : { provisionedPollers }),
    isResponseRead: input.FunctionResponseTypes === undefined ? before.isResponseRead : input.FunctionResponseTypes.length > 0,
    isCounted: input.MetricsConfig === undefined ? before.isCounted : (input.MetricsConfig.Metrics ?? []).includes("EventCount"),
  };
  checkBatch(after, isFifo);
  return after;
};
