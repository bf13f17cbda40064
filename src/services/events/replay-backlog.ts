import { REPLAY_UNTRIED_MAX } from "../../kit/limits/events.ts";
import { untriedOf } from "../../plumber/delivery-rows.ts";
import type { EventsNeeds } from "./needs.ts";

export interface ReplayBacklog {
  /** Ids of deliveries that were written. */
  add(ids: readonly string[]): void;
  /** More of them wait for their first try than may. */
  isTooLong(): Promise<boolean>;
}

/**
 * What a replay has written and nobody has tried: an archive is read faster than targets take its events, and would lie on the disk a second time. What has failed,
 * and is tried again later, is none of it. Only the last deliveries are looked at, whose turn comes after that of the others.
 */
export const createReplayBacklog = ({ store }: Pick<EventsNeeds, "store">): ReplayBacklog => {
  let untried: readonly string[] = [];
  return {
    add(ids) {
      untried = [...untried, ...ids].slice(-2 * REPLAY_UNTRIED_MAX);
    },
    async isTooLong() {
      untried = await store.read(() => untriedOf(untried));
      return untried.length > REPLAY_UNTRIED_MAX;
    },
  };
};
