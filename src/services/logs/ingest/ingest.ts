import { LOG_INGEST_WORK_MAX } from "../../../kit/limits/logs.ts";
import { METRIC_AHEAD_MS_MAX, METRIC_BEHIND_MS_MAX } from "../../../kit/limits/metrics.ts";
import { minuteOf } from "../../../plumber/metrics/metrics.ts";
import type { ForwardedEvent } from "../../../plumber/logs/forwarding.ts";
import type { RequestContext } from "../../service.ts";
import type { Parts } from "../needs.ts";
import type { FilterPattern } from "../pattern/pattern.ts";
import type { Group } from "../state.ts";
import { eventId } from "../tokens.ts";
import { readEmbeddedMetrics } from "./embedded-metrics.ts";
import { createGroupCounters } from "./group-counters.ts";
import type { CountingFilter, GroupFilters, Subscription } from "./group-filters.ts";

/** Events that were accepted, and are on the disk. */
export interface Accepted {
  context: RequestContext;
  group: Group;
  stream: string;
  events: readonly { at: number; message: string; bytes: number }[];
  /** Of the first. */
  firstId: number;
  filters: GroupFilters | undefined;
}

/** What comes of log events once they are there: they are counted, counted from, and forwarded. */
export const createIngest = ({ clock, metrics, forwarding }: Parts) => {
  const count = createGroupCounters(metrics);

  const countMatches = (filter: CountingFilter, { context: { account, region }, events }: Accepted): (Promise<void> | undefined)[] => {
    const record = ({ namespace, name, unit, dimensions, value }: { namespace: string; name: string; unit: string; dimensions: Record<string, string>; value: number }, at: number) =>
      metrics.record({ account, region, namespace, name, dimensions, unit }, at, [value]);
    const matching = events.filter(({ message }) => filter.pattern.matches(message));
    const now = minuteOf(clock.now());
    // "The default value is reported during a period when no matching logs are found", and some others are.
    const isDefault = matching.length === 0 && filter.countedAt < now;
    filter.countedAt = now;
    return filter.transformations.flatMap((transformation) => {
      if (isDefault) return transformation.byDefault === undefined ? [] : [record(transformation.byDefault, now)];
      return matching.map(({ at, message }) => {
        const value = transformation.valueOf(message);
        return value && record(value, at);
      });
    });
  };

  const countEmbedded = ({ context, group, events }: Accepted): (Promise<void> | undefined)[] => {
    const { account, region } = context;
    const now = clock.now();
    const rooms: (Promise<void> | undefined)[] = [];
    for (const { message } of events) {
      const { metrics: found, problem } = readEmbeddedMetrics(message);
      if (problem !== undefined) count(context, group.name, problem === "invalid" ? "EMFValidationErrors" : "EMFParsingErrors", 1);
      for (const { namespace, name, unit, dimensions, values, at, isHighResolution } of found) {
        if (at < now - METRIC_BEHIND_MS_MAX || at > now + METRIC_AHEAD_MS_MAX) continue;
        rooms.push(metrics.record({ account, region, namespace, name, dimensions, unit }, at, values, isHighResolution));
      }
    }
    return rooms;
  };

  const forward = async ({ name, pattern, destinationArn }: Subscription, { context, group, stream, events, firstId }: Accepted): Promise<void> => {
    const matching = events.flatMap(({ at, message }, index): ForwardedEvent[] => (pattern.matches(message) ? [{ id: eventId({ at, id: firstId + index }), timestamp: at, message }] : []));
    if (matching.length === 0) return;
    const { account, region, trace, isInternal } = context;
    const forwarded = { account, region, group: group.name, stream, filter: name, destinationArn, trace, events: matching };
    // A client's answer says that they are on their way, too; lines of functions are behind the work.
    if (isInternal) await forwarding.gather(forwarded);
    else await forwarding.forward(forwarded);
  };

  return async (accepted: Accepted): Promise<void> => {
    const { context, group, events, filters } = accepted;
    if (events.length === 0) return;
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    count(context, group.name, "IncomingLogEvents", events.length);
    count(context, group.name, "IncomingBytes", bytes);
    const rooms = group.groupClass === "STANDARD" ? countEmbedded(accepted) : [];
    if (filters === undefined) return void (await Promise.all(rooms));
    let work = 0;
    /** Between filters that have much to look at the server answers others. */
    const breathe = async ({ cost }: FilterPattern) => {
      work += bytes * cost;
      if (work < LOG_INGEST_WORK_MAX) return;
      work = 0;
      await new Promise(setImmediate);
    };
    for (const filter of filters.counting) {
      rooms.push(...countMatches(filter, accepted));
      await breathe(filter.pattern);
    }
    await Promise.all(rooms);
    for (const subscription of filters.subscriptions) {
      await forward(subscription, accepted);
      await breathe(subscription.pattern);
    }
  };
};
