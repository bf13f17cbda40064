import type { Arn } from "../../../kit/arn.ts";
import { sendToApiDestination } from "./api-destination.ts";
import { sendToBus } from "./bus.ts";
import { sendToFunction } from "./function.ts";
import { sendToLogGroup } from "./log-group.ts";
import { sendToQueue } from "./queue.ts";
import type { SendTo } from "./shipment.ts";
import { sendToTopic } from "./topic.ts";

export interface PipeTarget {
  /** As it is called in error texts: `Lambda`. */
  service: string;
  /** Events that it takes at once; as many as fit where there is none ("Supported batchable targets"). */
  batchMax: number;
  send: SendTo;
}

const TARGETS: Record<string, PipeTarget> = {
  lambda: { service: "Lambda", batchMax: Infinity, send: sendToFunction },
  sqs: { service: "SQS", batchMax: 10, send: sendToQueue },
  sns: { service: "SNS", batchMax: 10, send: sendToTopic },
  events: { service: "EventBridge", batchMax: 10, send: sendToBus },
  logs: { service: "CloudWatchLogs", batchMax: 10_000, send: sendToLogGroup },
};

const API_DESTINATION: PipeTarget = { service: "ApiDestinations", batchMax: 1, send: sendToApiDestination };

export const isApiDestination = ({ service, resource }: Pick<Arn, "service" | "resource">): boolean => service === "events" && resource.startsWith("api-destination/");

/** Undefined for what is not built. */
export const targetOf = (arn: Pick<Arn, "service" | "resource">): PipeTarget | undefined =>
  isApiDestination(arn) ? API_DESTINATION : arn.service === "events" && !arn.resource.startsWith("event-bus/") ? undefined : TARGETS[arn.service];
