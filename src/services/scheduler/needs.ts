import type { PushingServiceNeeds } from "../../plumber/needs.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { RequestContext } from "../service.ts";
import type { DeletedGroups } from "./deleted-groups.ts";
import type { DueSchedules } from "./due-schedules.ts";

export type SchedulesTypes = typeof import("@aws-sdk/client-scheduler");
export type SchedulesHandlers = Handlers<SchedulesTypes, RequestContext>;

export type SchedulesNeeds = PushingServiceNeeds;

/** What the operations share beside what the platform gives them. */
export interface SchedulesParts extends SchedulesNeeds {
  due: DueSchedules;
  deletedGroups: DeletedGroups;
}
