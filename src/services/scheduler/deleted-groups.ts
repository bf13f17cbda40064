import { SCHEDULES_PER_SWEEP } from "../../kit/limits.ts";
import type { Log } from "../../kit/log.ts";
import type { Operation, Store } from "../../store/store.ts";
import { deleteGroup, findDeleting } from "./group-rows.ts";
import { deleteSome } from "./schedule-rows.ts";

/** Takes away the schedules of deleted groups, and then the groups: behind the answers, and in pieces. */
export interface DeletedGroups {
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

export const createDeletedGroups = ({ store, log }: { store: Store; log: Log }): DeletedGroups => {
  let running: Promise<void> | undefined;
  let isPoked = false;
  let isClosed = false;

  const sweep = async () => {
    while (isPoked && !isClosed) {
      isPoked = false;
      for (let isMore = true; isMore && !isClosed; ) isMore = await store.run(sweepPiece);
    }
  };
  return {
    poke() {
      isPoked = true;
      running ??= sweep()
        .catch((error: unknown) => log.warn("the schedules of a deleted group could not be deleted: it is tried again when the next group is deleted, and at the next start", { error: String(error) }))
        .finally(() => (running = undefined));
    },
    async pending() {
      return (await store.read(findDeleting)) === undefined ? 0 : 1;
    },
    async close() {
      isClosed = true;
      await running;
    },
  };
};
