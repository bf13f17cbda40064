import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { EVENT_DETAIL_DEPTH_MAX } from "../../kit/limits/events.ts";
import { compactOf, depthOf, type Compact } from "../../plumber/events/json-value.ts";

/** Why an entry is not taken, in its place of the answer. */
export interface EntryFailure {
  ErrorCode: string;
  ErrorMessage: string;
}

/** An entry that can be made an event of. */
export interface CheckedEntry {
  source: string;
  detailType: string;
  /** JSON without white space. */
  detail: Compact;
}

const invalid = (name: string, reason: string): EntryFailure => ({ ErrorCode: "InvalidArgument", ErrorMessage: `Parameter ${name} is not valid. Reason: ${reason}` });

const MALFORMED: EntryFailure = { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };

/** Each level has a bracket at both ends. */
const isTooDeep = (text: string): boolean => text.length > 2 * EVENT_DETAIL_DEPTH_MAX && depthOf(text) > EVENT_DETAIL_DEPTH_MAX;

/** A JSON object that is not nested too deep ("PutEvents", API reference); undefined for anything else. */
const readDetail = (text: string): Compact | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value !== "object" || value === null || Array.isArray(value) || isTooDeep(text) ? undefined : compactOf(text, value);
  } catch {
    return undefined;
  }
};

/** What can be said of an entry by itself. @param isService Only AWS's own services put events whose source begins with `aws.` */
export const checkEntry = ({ Source: source = "", DetailType: detailType = "", Detail: text = "" }: PutEventsRequestEntry, isService: boolean): CheckedEntry | EntryFailure => {
  if (source === "") return invalid("Source", "Source is a required argument.");
  if (detailType === "") return invalid("DetailType", "DetailType is a required argument.");
  if (text === "") return invalid("Detail", "Detail is a required argument.");
  if (source.startsWith("aws.") && !isService) return { ErrorCode: "NotAuthorizedForSource", ErrorMessage: "Not authorized for the source." };
  const detail = readDetail(text);
  return detail === undefined ? MALFORMED : { source, detailType, detail };
};

const TIME_BYTES = 14;

/** As AWS counts it ("Calculating Amazon EventBridge PutEvents event entry size", user guide). */
export const entryBytes = ({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsRequestEntry): number =>
  (Time === undefined ? 0 : TIME_BYTES) + [Source, DetailType, Detail, ...Resources].reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
