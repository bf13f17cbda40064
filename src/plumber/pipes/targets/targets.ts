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

/** By the service of their ARNs, and what these name there. */
const TARGETS: readonly (PipeTarget & { of: string; resource: RegExp })[] = [
  { of: "lambda", resource: /^function:[^:]+(:[^:]+)?$/, service: "Lambda", batchMax: Infinity, send: sendToFunction },
  { of: "sqs", resource: /^[^:/]+$/, service: "SQS", batchMax: 10, send: sendToQueue },
  { of: "sns", resource: /^[^:/]+$/, service: "SNS", batchMax: 10, send: sendToTopic },
  { of: "events", resource: /^event-bus\/.+$/, service: "EventBridge", batchMax: 10, send: sendToBus },
  { of: "events", resource: /^api-destination\/.+$/, service: "ApiDestinations", batchMax: 1, send: sendToApiDestination },
  { of: "logs", resource: /^log-group:.+$/, service: "CloudWatchLogs", batchMax: 10_000, send: sendToLogGroup },
];

export const isApiDestination = ({ service, resource }: Pick<Arn, "service" | "resource">): boolean => service === "events" && resource.startsWith("api-destination/");

/** Undefined for what is not built, and for what is none. */
export const targetOf = ({ service, region, account, resource }: Arn): PipeTarget | undefined =>
  region === "" || account === "" ? undefined : TARGETS.find((one) => one.of === service && one.resource.test(resource));
