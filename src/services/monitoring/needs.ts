import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { Outbox } from "../../plumber/outbox.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { AlarmBook } from "./alarms/alarm-book.ts";

export type MonitoringTypes = typeof import("@aws-sdk/client-cloudwatch");
export type MonitoringHandlers = Handlers<MonitoringTypes, RequestContext>;

/** What the platform gives. */
export interface MonitoringNeeds {
  /** Alarms are state. */
  store: Store;
  history: Store;
  /** What the other services count: written before it is read here. */
  metrics: Metrics;
  outbox: Outbox;
  /** Platform time. */
  clock: Clock;
  random: Random;
  ledger: Ledger;
  log: Log;
}

/** What the operations on metrics share. */
export interface Needs {
  /** The history store. */
  store: Store;
  metrics: Metrics;
  clock: Clock;
}

/** What all operations share. */
export interface MonitoringParts extends Needs {
  /** Where alarms are kept. */
  state: Store;
  outbox: Outbox;
  random: Random;
  alarms: AlarmBook;
}
