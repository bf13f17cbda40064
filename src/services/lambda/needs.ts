import type { BlobStore } from "../../blob/blob.ts";
import type { RuntimeVersions } from "../../executor/runtime-versions.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { EventSourceMappings } from "../../plumber/event-source-mapping/event-source-mappings.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { FunctionLimitsTable } from "../../scheduler/function-limits.ts";
import type { InvocationQueue } from "../../scheduler/invocation-queue.ts";
import type { Scheduler } from "../../scheduler/scheduler.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { Deployments } from "./functions/deployments.ts";
import type { Garbage } from "./functions/garbage.ts";
import type { Provisioning } from "./concurrency/provisioning.ts";
import type { Tell } from "./functions/runtime-management.ts";

export type Lambda = typeof import("@aws-sdk/client-lambda");
export type LambdaHandlers = Handlers<Lambda, RequestContext>;

export interface LambdaNeeds {
  store: Store;
  blobs: BlobStore;
  call: Call;
  scheduler: Scheduler;
  queue: InvocationQueue;
  runtimeVersions: RuntimeVersions;
  /** What the scheduler keeps to: follows what is configured here. */
  limits: FunctionLimitsTable;
  /** What runs of what is configured here. */
  mappings: EventSourceMappings;
  ledger: Ledger;
  clock: Clock;
  wall: Clock;
  random: Random;
  log: Log;
  sessionKey: Buffer;
  /** Milliseconds that a creation or an update takes. Default: FUNCTION_SETTLE_MS. */
  settleMs?: number;
}

/** What the operations share beside what the platform gives them. */
export interface LambdaParts extends LambdaNeeds {
  garbage: Garbage;
  deployments: Deployments;
  provisioning: Provisioning;
  tell: Tell;
  settleMs: number;
}
