import type { LogDestination } from "../../executor/executor.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { Pipes } from "../../plumber/pipes/pipes.ts";
import type { SendToApiDestination } from "../../plumber/targets/api-destination.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";

export type PipesTypes = typeof import("@aws-sdk/client-pipes");
export type PipesHandlers = Handlers<PipesTypes, RequestContext>;

export interface PipesNeeds {
  store: Store;
  call: Call;
  /** Platform time. */
  clock: Clock;
  /** Real time: signatures, and the ends of roles' sessions. */
  wall: Clock;
  random: Random;
  ledger: Ledger;
  metrics: Metrics;
  /** Where the records of executions go. */
  logs: LogDestination;
  log: Log;
  sendToApiDestination: SendToApiDestination;
}

/** What the operations share beside what the platform gives them. */
export interface PipesParts extends PipesNeeds {
  pipes: Pipes;
  /** Milliseconds that a change of a pipe takes. */
  settleMs: number;
}
