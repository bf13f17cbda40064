import { EVENT_REQUEST_BYTES_MAX } from "../../../kit/limits/events.ts";
import { partsWithin, sendInParts } from "./in-parts.ts";
import { momentOf } from "./moment.ts";
import { placesOf, type Outgoing, type SendTo, type Shipment } from "./shipment.ts";

/** As AWS calls an event of a pipe that is not told otherwise, by the source: `aws:sqs`. */
const DETAIL_TYPE = "Event from aws:sqs";

const entryOf = ({ pipe, parameter }: Shipment, { event, text }: Outgoing) => {
  const { DetailType, Source, Resources = [], Time } = pipe.body.targetParameters?.EventBridgeEventBusParameters ?? {};
  const moment = Time === undefined ? undefined : momentOf(parameter(Time, event));
  return {
    EventBusName: pipe.body.target,
    Detail: text,
    // A path that leads to nothing leaves it out, which PutEvents tells as such.
    DetailType: DetailType === undefined ? DETAIL_TYPE : parameter(DetailType, event),
    Source: Source === undefined ? `Pipe ${pipe.name}` : parameter(Source, event),
    ...(Resources.length === 0 ? {} : { Resources: Resources.flatMap((resource) => parameter(resource, event) ?? []) }),
    ...(moment === undefined ? {} : { Time: new Date(moment) }),
  };
};

/** What PutEvents counts of a time. */
const TIME_BYTES = 14;

const bytesOf = ({ Detail, DetailType = "", Source = "", Resources = [] }: ReturnType<typeof entryOf>): number => [Detail, DetailType, Source, ...Resources].reduce((bytes, text) => bytes + Buffer.byteLength(text), TIME_BYTES);

export const sendToBus: SendTo = ({ call }, shipment) => {
  const entries = shipment.events.map((event) => entryOf(shipment, event));
  return sendInParts(shipment, partsWithin(EVENT_REQUEST_BYTES_MAX, placesOf(shipment), (place) => bytesOf(entries[place]!)), async ({ places }, options) => {
    const answer = await call("events", "PutEvents", { Entries: places.map((place) => entries[place]!) }, options);
    const untaken = (answer.Entries ?? []).flatMap(({ ErrorCode, ErrorMessage }, index) => (ErrorCode === undefined ? [] : [{ place: places[index]!, code: ErrorCode, message: ErrorMessage }]));
    return { answer, untaken };
  });
};
