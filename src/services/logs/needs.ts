import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { LogForwarding } from "../../plumber/logs/forwarding.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { Ids } from "./state.ts";

export type LogsTypes = typeof import("@aws-sdk/client-cloudwatch-logs");
export type LogsHandlers = Handlers<LogsTypes, RequestContext>;

export interface Needs {
  /** The history store. */
  store: Store;
  /** Platform time: retention and the age of events go by it. */
  clock: Clock;
  random: Random;
  call: Call;
  /** What is counted of log events, and in them. */
  metrics: Metrics;
  forwarding: LogForwarding;
}

/** Needs, and what the service's parts share. */
export interface Parts extends Needs {
  ids: Ids;
  /** To be called after a deletion: takes what was deleted from the disk, behind the answer. */
  removal: () => void;
}

/** Milliseconds since the epoch: what is older than this is gone. */
export const expiry = (retentionDays: number | undefined, now: number): number => (retentionDays === undefined ? 0 : now - retentionDays * DAY_MS);

const DAY_MS = 24 * 60 * 60 * 1000;
