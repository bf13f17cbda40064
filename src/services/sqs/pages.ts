import { QUEUES_PAGE_MAX } from "../../kit/limits/sqs.ts";
import { invalidValue } from "./errors.ts";
import type { Queue } from "./queue-rows.ts";

interface Asked {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}

export interface Page {
  /** The name of the last queue of the page before. */
  after: string;
  limit: number;
  /** Who gives no MaxResults gets the first 1,000 and no token (ListQueues, API reference). */
  hasToken: boolean;
}

export const readPage = ({ MaxResults, NextToken }: Asked): Page => {
  if (MaxResults !== undefined && (MaxResults < 1 || MaxResults > QUEUES_PAGE_MAX)) throw invalidValue(MaxResults, "MaxResults", `Must be between 1 and ${QUEUES_PAGE_MAX}, if provided.`);
  return { after: NextToken === undefined ? "" : readToken(NextToken), limit: MaxResults ?? QUEUES_PAGE_MAX, hasToken: MaxResults !== undefined };
};

const PREFIX = "queue:";

const readToken = (token: string): string => {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(PREFIX)) throw invalidValue(token, "NextToken", "It is not a token that this operation has given.");
  return text.slice(PREFIX.length);
};

/** @param queues one more than the page holds, when there are more */
export const cutPage = (queues: readonly Queue[], { limit, hasToken }: Page): { queues: readonly Queue[]; NextToken?: string } => {
  const shown = queues.slice(0, limit);
  return queues.length > limit && hasToken ? { queues: shown, NextToken: Buffer.from(PREFIX + shown.at(-1)!.name).toString("base64url") } : { queues: shown };
};
