import type { Delivery, Failure } from "./delivery.ts";
import { isOutward, type Due } from "./delivery-rows.ts";
import { isNotThere } from "./failure-kind.ts";
import { shownUrl } from "./outgoing.ts";
import type { Exhausted } from "./retry.ts";

const HOUR_MS = 3_600_000;

const KIND_OF_TARGET: Record<string, string> = { lambda: "function", s3: "bucket", sqs: "queue", sns: "topic", events: "event bus", logs: "log group" };

/** The target as its owner knows it: an HTTP endpoint by its URL. */
export const targetName = ({ http, targetArn }: Pick<Delivery, "http" | "targetArn">): string => (http === undefined ? targetArn : shownUrl(http.url));

/** What failed. Of what is nobody's here the code alone says little: which address refused, and how. */
export const causeOf = (delivery: Pick<Delivery, "http" | "targetArn">, { code, message }: Failure): string => (isOutward(delivery) && message !== "" ? `${code}: ${message}` : code);

/** Why it is given up, in plain words. */
export const whyGivenUp = (delivery: Due, failure: Failure, exhausted: Exhausted | undefined, now: number): string => {
  const { as, targetArn, retry, attempts, acceptedAt, impossible } = delivery;
  const { kind, code, message } = failure;
  if (impossible !== undefined || code === "FAILED_TO_ASSUME_ROLE" || code === "SDK_CLIENT_ERROR") return message;
  if (kind === "refused" && code.startsWith("HTTP_")) return message;
  if (kind === "refused") return "role" in as ? `the role ${as.role} of ${as.functionName} may not do it` : "its policy does not let the source in";
  if (kind === "gone") return isNotThere(code) ? `there is no such ${targetArn.includes(":api-destination/") ? "API destination" : (KIND_OF_TARGET[targetArn.split(":")[2]!] ?? "target")}` : `it does not take such an event (${code})`;
  if (exhausted === "MaximumRetryAttempts") return `it was tried ${attempts === 0 ? "once" : `${attempts + 1} times`} (${causeOf(delivery, failure)})`;
  const hours = (retry?.ageMs ?? now - acceptedAt) / HOUR_MS;
  return `it was tried for ${hours < 1 ? `${Math.round(hours * 60)} minutes` : `${Math.round(hours)} hours`} (${causeOf(delivery, failure)})`;
};
