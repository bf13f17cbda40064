import type { Clock } from "../../kit/clock.ts";
import { createDueLoop } from "../../kit/due-loop.ts";
import { SCHEDULES_PER_SWEEP } from "../../kit/limits/schedules.ts";
import type { Worker } from "../../kit/patience.ts";
import type { Log } from "../../kit/log.ts";
import { backoffMs } from "../../plumber/retry.ts";
import type { Operation, Store } from "../../store/store.ts";
import { deleteGroup, findDeleting } from "./group-rows.ts";
import { deleteSome } from "./schedule-rows.ts";

/** Takes away the schedules of deleted groups, and then the groups: behind the answers, and in pieces. */
export interface DeletedGroups extends Worker {
  /** After the commit that marked a group, and at the start. */
  poke(): void;
  /** Groups that are still there. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

/** True when there may be more. */
function* sweepPiece(): Operation<boolean> {
  const group = yield* findDeleting();
  if (group === undefined) return false;
  if ((yield* deleteSome(group, group.name, SCHEDULES_PER_SWEEP)) === 0) yield* deleteGroup(group);
  return true;
}

export const createDeletedGroups = ({ store, clock, log }: { store: Store; clock: Clock; log: Log }): DeletedGroups => {
  let failures = 0;

  const loop = createDueLoop({
    clock,
    name: "deleted schedule group",
    inFlightMax: 1,
    async startDue() {
      const isMore = await store.run(sweepPiece);
      failures = 0;
      return isMore ? [Promise.resolve()] : [];
    },
    nextDueAt: async () => undefined,
    onFailure(error) {
      log.error("the schedules of a deleted group could not be deleted; it is tried again later", { error: String(error) });
      return backoffMs(failures++);
    },
  });

  return {
    poke: () => void loop.poke(),
    async pending() {
      await loop.settled();
      return (await store.read(findDeleting)) === undefined ? 0 : 1;
    },
    rest: loop.rest,
    close: async () => void (await loop.stop()),
  };
};
