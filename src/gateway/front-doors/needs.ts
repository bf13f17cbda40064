import type { LogDestination } from "../../executor/executor.ts";
import type { Call } from "../../kit/call.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Store } from "../../store/store.ts";
import type { GatewayNeeds } from "../needs.ts";

/** What the front doors need beside what the gateway has. */
export interface FrontDoorNeeds extends GatewayNeeds {
  store: Store;
  call: Call;
  metrics: Metrics;
  /** Access logs go where functions' logs go, and the same way: behind the answers. */
  logs: LogDestination;
}
