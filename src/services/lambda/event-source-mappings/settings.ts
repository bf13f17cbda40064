import type { CreateEventSourceMappingRequest, UpdateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { MAPPING_BATCH_SIZE_DEFAULT, MAPPING_FILTERS_MAX, MAPPING_POLL_MESSAGES_MAX, MAPPING_PROVISIONED_POLLERS_DEFAULT } from "../../../kit/limits/mappings.ts";
import { compilePattern } from "../../../patterns/pattern.ts";
import { InvalidPattern } from "../../../patterns/errors.ts";
import type { MappingSettings } from "../../../plumber/event-source-mapping/mapping.ts";
import { invalid, notBuilt } from "../errors.ts";

type Input = Omit<Partial<CreateEventSourceMappingRequest & UpdateEventSourceMappingRequest>, "FunctionName" | "UUID">;

/** Of streams, Kafka, MQ and DocumentDB. */
const OF_OTHER_SOURCES = [
  "ParallelizationFactor", "BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "TumblingWindowInSeconds", "DestinationConfig", "Topics", "Queues",
  "SourceAccessConfigurations", "SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "LoggingConfig",
] as const satisfies readonly (keyof Input)[];

/** An object of nothing, also a nested one, says nothing: clients send those for what is not configured. */
const isSaid = (value: unknown): boolean => (typeof value === "object" && value !== null && !(value instanceof Date) ? Object.values(value).some(isSaid) : value !== undefined && value !== null);

/** Throws for what SQS has not, or what is not built. */
const refuseForeign = (input: Input): void => {
  if (input.StartingPosition !== undefined) throw invalid("StartingPosition is not valid for SQS event sources.");
  if (input.StartingPositionTimestamp !== undefined) throw invalid("Timestamp is not valid for SQS event sources.");
  const foreign = OF_OTHER_SOURCES.find((name) => isSaid(input[name]));
  if (foreign !== undefined) throw invalid(`Unsupported ${foreign} parameter for given event source mapping type.`);
  if (input.KMSKeyArn !== undefined && input.KMSKeyArn !== "") throw notBuilt("A filter that is encrypted with a key (KMSKeyArn)", "KMS is not built, and filters lie in the database as they are; leave it out");
  if (input.ProvisionedPollerConfig?.PollerGroupName !== undefined) throw invalid("Invalid parameter: pollerGroupName");
  if (input.MetricsConfig?.Metrics?.some((metric) => metric !== "EventCount") === true) throw invalid("Invalid EventSourceMapping metrics. Expected values: [EventCount]");
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
  if (filters.length > MAPPING_FILTERS_MAX) throw invalid(`Too many filter patterns, maximum allowed ${MAPPING_FILTERS_MAX} patterns, provided ${filters.length} patterns.`);
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
  const { MinimumPollers, MaximumPollers } = given;
  if (MinimumPollers !== undefined && MaximumPollers !== undefined && MinimumPollers > MaximumPollers) throw invalid("MinimumPollers must be less than or equal to MaximumPollers.");
  const { minimum: least, maximum: most } = MAPPING_PROVISIONED_POLLERS_DEFAULT;
  const pollers = { minimum: MinimumPollers ?? before?.minimum ?? least, maximum: MaximumPollers ?? before?.maximum ?? most };
  if (pollers.minimum < least || pollers.maximum < pollers.minimum) throw invalid("MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]");
  return pollers;
};

const DEFAULT: MappingSettings = { batchSize: MAPPING_BATCH_SIZE_DEFAULT, windowSeconds: 0, filters: [], isResponseRead: false, isCounted: false };

/** The settings after a request: what it does not say stays, what it says empty is taken away. */
export const applySettings = (input: Input, isFifo: boolean, before: MappingSettings = DEFAULT): MappingSettings => {
  refuseForeign(input);
  const maximumConcurrency = input.ScalingConfig === undefined ? before.maximumConcurrency : input.ScalingConfig.MaximumConcurrency;
  const provisionedPollers = pollersOf(input, before.provisionedPollers);
  if (maximumConcurrency !== undefined && provisionedPollers !== undefined) {
    throw invalid("Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism and remove maximum concurrency.");
  }
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
