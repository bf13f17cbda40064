import type { Engine } from "../../kit/engine.ts";
import { restAll } from "../../kit/patience.ts";
import { inQueue } from "./addresses.ts";
import { createArrivals } from "./arrivals.ts";
import { createQueueCounts } from "./counts.ts";
import { createGarbage } from "./garbage.ts";
import { createMessageParts } from "./messages/service-part.ts";
import { createMoveTasks } from "./move-tasks/move-tasks.ts";
import { createQueueLevels } from "./queue-levels.ts";
import { createQueueMetrics } from "./queue-metrics.ts";
import type { QueueParts, SqsNeeds } from "./needs.ts";

export interface Sqs extends Engine<QueueParts> {
  /** Whoever waits for messages is told that there are none. */
  endPolls(): void;
}

export const createSqs = (needs: SqsNeeds & Pick<QueueParts, "call">): Sqs => {
  const counts = createQueueCounts(needs);
  const arrivals = createArrivals(needs);
  const levels = createQueueLevels({ ...needs, counts });
  const accessed: QueueParts["accessed"] = (queue) => {
    levels.accessed(queue);
    return queue;
  };
  const parts = createMessageParts({ ...needs, inQueue: (input, context) => accessed(inQueue(input, context)), counts, arrivals, measured: createQueueMetrics(needs) });
  const garbage = createGarbage(needs);
  const moveTasks = createMoveTasks(parts);
  return {
    parts: { ...parts, call: needs.call, accessed, garbage, moveTasks },
    async start() {
      garbage.poke();
      await moveTasks.poke();
      await levels.start();
    },
    pending: moveTasks.pending,
    rest: () => restAll([arrivals, moveTasks, levels]),
    endPolls: arrivals.close,
    async close() {
      await levels.close();
      await moveTasks.close();
      await garbage.close();
    },
  };
};
