import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { invokedArn, stateOf, type EventSourceMapping } from "../../../plumber/event-source-mapping/mapping.ts";
import { mappingArn } from "./names.ts";

const settingsShape = ({ filters, maximumConcurrency, provisionedPollers, isResponseRead, isCounted, ...settings }: EventSourceMapping["settings"]): EventSourceMappingConfiguration => ({
  BatchSize: settings.batchSize,
  MaximumBatchingWindowInSeconds: settings.windowSeconds,
  FunctionResponseTypes: isResponseRead ? ["ReportBatchItemFailures"] : [],
  ...(filters.length === 0 ? {} : { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
  ...(maximumConcurrency === undefined ? {} : { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
  ...(provisionedPollers === undefined ? {} : { ProvisionedPollerConfig: { MinimumPollers: provisionedPollers.minimum, MaximumPollers: provisionedPollers.maximum } }),
  ...(isCounted ? { MetricsConfig: { Metrics: ["EventCount"] } } : {}),
});

/** As AWS tells it: the end of a transition is a modification, too. */
export const describe = (mapping: EventSourceMapping, now: number, lastProcessingResult: string | undefined): EventSourceMappingConfiguration => ({
  UUID: mapping.uuid,
  ...settingsShape(mapping.settings),
  EventSourceArn: mapping.sourceArn,
  FunctionArn: invokedArn(mapping),
  LastModified: new Date(now < mapping.settlesAt ? mapping.lastModified : mapping.settlesAt),
  ...(lastProcessingResult === undefined ? {} : { LastProcessingResult: lastProcessingResult }),
  State: stateOf(mapping, now),
  StateTransitionReason: "USER_INITIATED",
  EventSourceMappingArn: mappingArn(mapping),
});
