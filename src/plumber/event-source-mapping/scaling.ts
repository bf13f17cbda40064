import type { Clock } from "../../kit/clock.ts";
import { MAPPING_CONCURRENCY_FIRST, MAPPING_CONCURRENCY_MAX, MAPPING_CONCURRENCY_PER_MINUTE, MAPPING_INVOCATIONS_PER_POLLER, MAPPING_PROVISIONED_CONCURRENCY_PER_MINUTE } from "../../kit/limits/mappings.ts";
import type { MappingSettings } from "./mapping.ts";

/** How many batches a mapping may have at work at once. */
export interface Scaling {
  readonly allowed: number;
  /** A poll found messages. With a backlog, there are more than it took. */
  found(isBacklog: boolean): void;
  /** The queue had nothing for the whole time of a poll: from here on it is as at first. */
  idle(): void;
  /** A batch was throttled: half as many. */
  shrink(): void;
}

type Bounded = Pick<MappingSettings, "maximumConcurrency" | "provisionedPollers">;

const boundsOf = ({ maximumConcurrency = MAPPING_CONCURRENCY_MAX, provisionedPollers }: Bounded) =>
  provisionedPollers === undefined
    ? { first: MAPPING_CONCURRENCY_FIRST, most: maximumConcurrency, perMinute: MAPPING_CONCURRENCY_PER_MINUTE }
    : { first: provisionedPollers.minimum * MAPPING_INVOCATIONS_PER_POLLER, most: provisionedPollers.maximum * MAPPING_INVOCATIONS_PER_POLLER, perMinute: MAPPING_PROVISIONED_CONCURRENCY_PER_MINUTE };

const MINUTE_MS = 60_000;

/** @param settings As they are at the moment. */
export const createScaling = ({ clock, settings }: { clock: Pick<Clock, "now">; settings: () => Bounded }): Scaling => {
  let level = boundsOf(settings()).first;
  let busySince: number | undefined;
  return {
    get allowed() { return Math.max(1, Math.floor(Math.min(level, boundsOf(settings()).most))); },
    found(isBacklog) {
      const { most, perMinute } = boundsOf(settings());
      const now = clock.now();
      if (busySince !== undefined && isBacklog) level = Math.min(Math.max(most, level), level + ((now - busySince) * perMinute) / MINUTE_MS);
      busySince = isBacklog ? now : undefined;
    },
    idle() {
      level = boundsOf(settings()).first;
      busySince = undefined;
    },
    shrink() {
      level = Math.max(1, Math.min(level, boundsOf(settings()).most) / 2);
    },
  };
};
