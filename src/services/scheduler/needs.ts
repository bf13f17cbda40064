import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { Outbox } from "../../plumber/outbox.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { DeletedGroups } from "./deleted-groups.ts";
import type { DueSchedules } from "./due-schedules.ts";

export type SchedulesTypes = typeof import("@aws-sdk/client-scheduler");
export type SchedulesHandlers = Handlers<SchedulesTypes, RequestContext>;

export interface SchedulesNeeds {
  store: Store;
  call: Call;
  outbox: Outbox;
  /** Platform time. */
  clock: Clock;
  /** Real time: signatures, and the ends of roles' sessions. */
  wall: Clock;
  random: Random;
  ledger: Ledger;
  metrics: Metrics;
  log: Log;
  /** Of this installation: what was sealed with it once is known again after a restart. */
  sessionKey: Buffer;
}

/** What the operations share beside what the platform gives them. */
export interface SchedulesParts extends SchedulesNeeds {
  due: DueSchedules;
  deletedGroups: DeletedGroups;
}
