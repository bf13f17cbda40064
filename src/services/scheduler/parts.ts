import type { Engine } from "../../kit/engine.ts";
import type { SchedulesNeeds, SchedulesParts } from "./needs.ts";

export const createSchedules = (needs: SchedulesNeeds): Engine<SchedulesParts> => ({
  parts: needs,
  async start() {},
  async close() {},
});
