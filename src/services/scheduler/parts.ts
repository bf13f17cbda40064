import type { Engine } from "../../kit/engine.ts";
import { restAll } from "../../kit/patience.ts";
import { createDeletedGroups } from "./deleted-groups.ts";
import { createDueSchedules } from "./due-schedules.ts";
import type { SchedulesNeeds, SchedulesParts } from "./needs.ts";

export const createSchedules = (needs: SchedulesNeeds): Engine<SchedulesParts> => {
  const due = createDueSchedules(needs);
  const deletedGroups = createDeletedGroups(needs);
  return {
    parts: { ...needs, due, deletedGroups },
    async start() {
      deletedGroups.poke();
      await due.poke();
    },
    pending: async () => (await due.pending()) + (await deletedGroups.pending()),
    rest: () => restAll([due, deletedGroups]),
    async close() {
      await due.close();
      await deletedGroups.close();
    },
  };
};
