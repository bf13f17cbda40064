import { parameterOf } from "../input-template.ts";
import { momentOf } from "./moment.ts";
import { at, sentInPart, type Outgoing, type SendTo, type Shipment } from "./shipment.ts";

/** As AWS calls an event of a pipe that is not told otherwise, by the source: `aws:sqs`. */
const DETAIL_TYPE = "Event from aws:sqs";

const entryOf = ({ pipe }: Shipment, { event, text }: Outgoing) => {
  const { DetailType, Source, Resources = [], Time } = pipe.body.targetParameters?.EventBridgeEventBusParameters ?? {};
  const moment = Time === undefined ? undefined : momentOf(parameterOf(Time, event));
  return {
    EventBusName: pipe.body.target,
    Detail: text,
    // A path that leads to nothing leaves it out, which PutEvents tells as such.
    DetailType: DetailType === undefined ? DETAIL_TYPE : parameterOf(DetailType, event),
    Source: Source === undefined ? `Pipe ${pipe.name}` : parameterOf(Source, event),
    ...(Resources.length === 0 ? {} : { Resources: Resources.flatMap((resource) => parameterOf(resource, event) ?? []) }),
    ...(moment === undefined ? {} : { Time: new Date(moment) }),
  };
};

export const sendToBus: SendTo = async ({ call }, shipment) => {
  const answer = await call("events", "PutEvents", { Entries: shipment.events.map((event) => entryOf(shipment, event)) }, at(shipment));
  const failed = (answer.Entries ?? []).flatMap(({ ErrorCode, ErrorMessage }, index) => (ErrorCode === undefined ? [] : [{ Id: String(index), Code: ErrorCode, Message: ErrorMessage }]));
  return sentInPart(shipment, answer, failed);
};
