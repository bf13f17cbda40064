import type { CallOptions } from "../../../kit/call.ts";
import { isApiError } from "../../../kit/api-error.ts";
import { LOG_BATCH_BYTES_MAX, LOG_BATCH_SPAN_MS_MAX, LOG_EVENT_OVERHEAD_BYTES } from "../../../kit/limits/logs.ts";
import { partsWithin, sendInParts, type Part } from "./in-parts.ts";
import { momentOf } from "./moment.ts";
import { bytesAt, placesOf, type SendTo, type Shipment, type TargetNeeds } from "./shipment.ts";

const groupOf = ({ arn }: Shipment): string => arn.resource.replace(/^log-group:/, "").replace(/:\*$/, "");

interface Lines extends Part {
  stream: string;
}

/** For one stream each, oldest first and within a day, as PutLogEvents wants them. */
const partsOf = (shipment: Shipment, timestamps: readonly number[]): Lines[] => {
  const { LogStreamName } = shipment.pipe.body.targetParameters?.CloudWatchLogsParameters ?? {};
  const streamOf = (place: number) => (LogStreamName === undefined ? undefined : shipment.parameter(LogStreamName, shipment.events[place]!.event)) ?? shipment.pipe.name;
  const oldestFirst = placesOf(shipment).toSorted((one, other) => timestamps[one]! - timestamps[other]!);
  const together = Map.groupBy(oldestFirst, (place) => `${Math.floor(timestamps[place]! / LOG_BATCH_SPAN_MS_MAX)} ${streamOf(place)}`);
  const bytesOf = bytesAt(shipment);
  return [...together.values()].flatMap((places) => partsWithin(LOG_BATCH_BYTES_MAX, places, (place) => bytesOf(place) + LOG_EVENT_OVERHEAD_BYTES).map((part) => ({ ...part, stream: streamOf(places[0]!) })));
};

/** Into a stream, which is made where it is not there. */
const put = async ({ call }: TargetNeeds, input: { logGroupName: string; logStreamName: string; logEvents: { timestamp: number; message: string }[] }, { requestId: _once, ...options }: CallOptions) => {
  const write = () => call("logs", "PutLogEvents", input, { ...options, expects: ["ResourceNotFoundException"] });
  const { logGroupName, logStreamName } = input;
  return write().catch(async (error: unknown) => {
    if (!isApiError(error, "ResourceNotFoundException")) throw error;
    await call("logs", "CreateLogStream", { logGroupName, logStreamName }, options);
    return write();
  });
};

export const sendToLogGroup: SendTo = (needs, shipment) => {
  const { Timestamp } = shipment.pipe.body.targetParameters?.CloudWatchLogsParameters ?? {};
  const now = needs.clock.now();
  const timestamps = shipment.events.map(({ event }) => (Timestamp === undefined ? undefined : momentOf(shipment.parameter(Timestamp, event))) ?? now);
  return sendInParts(shipment, partsOf(shipment, timestamps), async ({ places, stream }, options) => {
    const logEvents = places.map((place) => ({ timestamp: timestamps[place]!, message: shipment.events[place]!.text }));
    const answer = await put(needs, { logGroupName: groupOf(shipment), logStreamName: stream, logEvents }, options);
    const { tooOldLogEventEndIndex: old = 0, expiredLogEventEndIndex: expired = 0, tooNewLogEventStartIndex: future = places.length } = answer.rejectedLogEventsInfo ?? {};
    const rejected = places.filter((_place, index) => index < Math.max(old, expired) || index >= future);
    return { answer, untaken: rejected.map((place) => ({ place, code: "rejectedLogEventsInfo", message: "CloudWatch Logs does not take a line with its timestamp" })) };
  });
};
