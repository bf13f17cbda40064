import type { Service } from "../service.ts";
import type { SchedulesParts, SchedulesTypes } from "./needs.ts";

/** Amazon EventBridge Scheduler: schedules and their groups. */
export const createSchedulesService = (_parts: SchedulesParts): Service<SchedulesTypes> => ({ handlers: {}, permissions: {} });
