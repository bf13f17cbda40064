import { inQueue } from "./addresses.ts";
import { createArrivals } from "./arrivals.ts";
import { createQueueCounts } from "./counts.ts";
import { createGarbage } from "./garbage.ts";
import { createMoveTasks } from "./move-tasks/move-tasks.ts";
import type { SqsNeeds, SqsParts } from "./needs.ts";

/** What SQS does beside answering requests. */
export interface Sqs {
  parts: SqsParts;
  /** Takes up what an earlier process left. */
  start(): void;
  close(): Promise<void>;
}

export const createSqs = (needs: SqsNeeds): Sqs => {
  const counts = createQueueCounts(needs);
  const arrivals = createArrivals();
  const garbage = createGarbage(needs);
  const moveTasks = createMoveTasks({ ...needs, arrivals, counts });
  return {
    parts: { ...needs, inQueue, counts, arrivals, garbage, moveTasks },
    start() {
      garbage.poke();
      moveTasks.poke();
    },
    async close() {
      await moveTasks.close();
      await garbage.close();
    },
  };
};
