import type { Clock } from "../../kit/clock.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";

export type MonitoringTypes = typeof import("@aws-sdk/client-cloudwatch");
export type MonitoringHandlers = Handlers<MonitoringTypes, RequestContext>;

export interface Needs {
  /** The history store. */
  store: Store;
  /** What the other services count: written before it is read here. */
  metrics: Metrics;
  clock: Clock;
}
