import type { Metrics, Series } from "../../kit/metrics.ts";
import type { EventSourceMapping } from "./mapping.ts";

/** CloudWatch's metrics of a mapping: received, dropped by a filter, handed to the function, failed there, deleted after it, and given up because the function was throttled for too long. */
type EventCount = "PolledEventCount" | "FilteredOutEventCount" | "InvokedEventCount" | "FailedInvokeEventCount" | "DeletedEventCount" | "DroppedEventCount";

export type CountEvents = (name: EventCount, events: number) => void;

/** For a mapping whose MetricsConfig asks for them. */
export const createCountEvents = ({ metrics, mapping }: { metrics: Metrics; mapping: () => EventSourceMapping }): CountEvents => {
  const series = new Map<EventCount, Series>();
  return (name, events) => {
    const { account, region, uuid, settings } = mapping();
    if (!settings.isCounted || events === 0) return;
    let one = series.get(name);
    if (one === undefined) series.set(name, (one = metrics.series({ account, region, namespace: "AWS/Lambda", name, dimensions: { EventSourceMappingUUID: uuid }, unit: "Count" })));
    one.add(events);
  };
};
