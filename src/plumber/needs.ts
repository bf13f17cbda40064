import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import type { Ledger } from "../kit/ledger.ts";
import type { Log } from "../kit/log.ts";
import type { Metrics } from "../kit/metrics.ts";
import type { Random } from "../kit/random.ts";
import type { Store } from "../store/store.ts";
import type { Outbox } from "./outbox.ts";

/** What the platform gives to whoever hands events on. */
export interface PushNeeds {
  store: Store;
  call: Call;
  /** Platform time. */
  clock: Clock;
  /** Real time: signatures, and the ends of roles' sessions. */
  wall: Clock;
  random: Random;
  ledger: Ledger;
  metrics: Metrics;
  log: Log;
}

/** And to a service that makes them. */
export interface PushingServiceNeeds extends PushNeeds {
  outbox: Outbox;
  /** Of this installation: what was sealed with it once is known again after a restart. */
  sessionKey: Buffer;
}
