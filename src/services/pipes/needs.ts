import type { LogDestination } from "../../executor/executor.ts";
import type { PushNeeds } from "../../plumber/needs.ts";
import type { Pipes } from "../../plumber/pipes/pipes.ts";
import type { SendToApiDestination } from "../../plumber/targets/api-destination.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { RequestContext } from "../service.ts";

export type PipesTypes = typeof import("@aws-sdk/client-pipes");
export type PipesHandlers = Handlers<PipesTypes, RequestContext>;

export interface PipesNeeds extends PushNeeds {
  /** Where the records of executions go. */
  logs: LogDestination;
  sendToApiDestination: SendToApiDestination;
}

/** What the operations share beside what the platform gives them. */
export interface PipesParts extends PipesNeeds {
  pipes: Pipes;
  /** Milliseconds that a change of a pipe takes. */
  settleMs: number;
}
