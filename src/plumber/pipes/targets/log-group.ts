import { isApiError } from "../../../kit/api-error.ts";
import { parameterOf } from "../input-template.ts";
import { momentOf } from "./moment.ts";
import { at, type Sent, type SendTo, type Shipment, type TargetNeeds } from "./shipment.ts";

const groupOf = ({ arn }: Shipment): string => arn.resource.replace(/^log-group:/, "").replace(/:\*$/, "");

interface Line {
  place: number;
  timestamp: number;
  message: string;
}

/** By the stream that each is for, oldest first, as PutLogEvents wants them. */
const linesByStream = ({ events, pipe }: Shipment, now: number): Map<string, Line[]> => {
  const { LogStreamName, Timestamp } = pipe.body.targetParameters?.CloudWatchLogsParameters ?? {};
  const streamOf = (place: number) => (LogStreamName === undefined ? undefined : parameterOf(LogStreamName, events[place]!.event)) ?? pipe.name;
  const lines = events.map(({ event, text }, place): Line => ({ place, message: text, timestamp: (Timestamp === undefined ? undefined : momentOf(parameterOf(Timestamp, event))) ?? now }));
  return Map.groupBy(lines.toSorted((one, other) => one.timestamp - other.timestamp), ({ place }) => streamOf(place));
};

/** Into a stream, which is made where it is not there. Resolves with the places of lines that were too old, or too new. */
const put = async ({ call }: TargetNeeds, shipment: Shipment, logStreamName: string, lines: readonly Line[]): Promise<number[]> => {
  const logGroupName = groupOf(shipment);
  const { requestId: _once, ...options } = at(shipment);
  const write = () => call("logs", "PutLogEvents", { logGroupName, logStreamName, logEvents: lines.map(({ timestamp, message }) => ({ timestamp, message })) }, { ...options, expects: ["ResourceNotFoundException"] });
  const answer = await write().catch(async (error: unknown) => {
    if (!isApiError(error, "ResourceNotFoundException")) throw error;
    await call("logs", "CreateLogStream", { logGroupName, logStreamName }, options);
    return write();
  });
  const { tooOldLogEventEndIndex: old = 0, expiredLogEventEndIndex: expired = 0, tooNewLogEventStartIndex: future = lines.length } = answer.rejectedLogEventsInfo ?? {};
  return lines.flatMap(({ place }, index) => (index < Math.max(old, expired) || index >= future ? [place] : []));
};

export const sendToLogGroup: SendTo = async (needs, shipment): Promise<Sent> => {
  const rejected: number[] = [];
  for (const [stream, lines] of linesByStream(shipment, needs.clock.now())) rejected.push(...(await put(needs, shipment, stream, lines)));
  return { answer: { rejected: rejected.length }, failed: shipment.idsAt(rejected), why: `${rejected.length} have a timestamp that CloudWatch Logs does not take` };
};
