/** One target of a bucket's notification configuration, as it is kept. */
export interface NotificationRule {
  id: string;
  /** Of a function, a queue, a topic or the account's default event bus. */
  targetArn: string;
  /** As given: `s3:ObjectCreated:*`. */
  events: string[];
  prefix?: string;
  suffix?: string;
}

/** What EventBridge is told of: everything. Its rules choose. */
export const busRule = (targetArn: string): NotificationRule => ({ id: "EventBridge", targetArn, events: ["s3:*"] });

/** What happens here and can be asked for. */
const EVENT_NAMES = [
  "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload",
  "s3:ObjectRemoved:Delete", "s3:ObjectTagging:Put", "s3:ObjectTagging:Delete",
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

const WILDCARDS: readonly string[] = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"];
/** On buckets with versioning only, so it never happens here, as it never does on AWS without. */
const VERSIONED_ONLY = "s3:ObjectRemoved:DeleteMarkerCreated";

export const isSupportedEvent = (name: string): boolean => (EVENT_NAMES as readonly string[]).includes(name) || WILDCARDS.includes(name) || name === VERSIONED_ONLY;

const covers = (pattern: string, event: string): boolean => pattern === event || (pattern.endsWith("*") && event.startsWith(pattern.slice(0, -1)));

/** `undefined` when the rule wants the event, else what kept it away. */
export const whyNotMatched = (rule: NotificationRule, event: EventName, key: string): { filter: "event" | "prefix" | "suffix"; expected: string; actual: string } | undefined => {
  if (!rule.events.some((pattern) => covers(pattern, event))) return { filter: "event", expected: rule.events.join(", "), actual: event };
  if (!key.startsWith(rule.prefix ?? "")) return { filter: "prefix", expected: rule.prefix!, actual: key };
  if (!key.endsWith(rule.suffix ?? "")) return { filter: "suffix", expected: rule.suffix!, actual: key };
  return undefined;
};

/** True when one key could match both rules for one event. */
export const areAmbiguous = (a: NotificationRule, b: NotificationRule): boolean =>
  a.events.some((one) => b.events.some((other) => covers(one, other) || covers(other, one))) &&
  overlaps(a.prefix ?? "", b.prefix ?? "", (text, start) => text.startsWith(start)) &&
  overlaps(a.suffix ?? "", b.suffix ?? "", (text, end) => text.endsWith(end));

const overlaps = (a: string, b: string, has: (text: string, part: string) => boolean): boolean => has(a, b) || has(b, a);
