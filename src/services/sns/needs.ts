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
import type { Signer } from "./signing/signer.ts";
import type { TopicReader } from "./topics/reader.ts";

export type SnsTypes = typeof import("@aws-sdk/client-sns");
export type SnsHandlers = Handlers<SnsTypes, RequestContext>;

export interface SnsNeeds {
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
  /** This server's address, with which links begin: "" as long as it has none. */
  endpoint: () => string;
}

/** What the operations share beside what the platform gives them. */
export interface SnsParts extends SnsNeeds {
  reader: TopicReader;
  signer: Signer;
}
