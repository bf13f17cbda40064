import type { Metrics, Series } from "../../kit/metrics.ts";
import type { EventSourceMapping } from "./mapping.ts";

/**
 * CloudWatch's metrics of a mapping: received, dropped by a filter, handed to the function, failed there, and deleted after it ("Event source mapping metrics", developer
 * guide). A poll that finds nothing, a filter that drops nothing and a deletion that fails are a 0 each.
 */
type EventCount = "PolledEventCount" | "FilteredOutEventCount" | "InvokedEventCount" | "FailedInvokeEventCount" | "DeletedEventCount";

export type CountEvents = (name: EventCount, events: number) => void;

/** For a mapping whose MetricsConfig asks for them. */
export const createCountEvents = ({ metrics, mapping }: { metrics: Metrics; mapping: () => EventSourceMapping }): CountEvents => {
  const series = new Map<EventCount, Series>();
  return (name, events) => {
    const { account, region, uuid, settings } = mapping();
    if (!settings.isCounted || (name === "FilteredOutEventCount" && settings.filters.length === 0)) return;
    let one = series.get(name);
    if (one === undefined) series.set(name, (one = metrics.series({ account, region, namespace: "AWS/Lambda", name, dimensions: { EventSourceMappingUUID: uuid }, unit: "Count" })));
    one.add(events);
  };
};
