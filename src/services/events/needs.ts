import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { RuleName } from "../../plumber/events/rules.ts";
import type { Outbox } from "../../plumber/outbox.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { Acceptance } from "./accept.ts";
import type { EventMetrics } from "./event-metrics.ts";
import type { ReplayRunner } from "./replay-runner.ts";
import type { Books } from "./rule-book.ts";
import type { Sweeps } from "./sweeps.ts";

export type EventsTypes = typeof import("@aws-sdk/client-eventbridge");
export type EventsHandlers = Handlers<EventsTypes, RequestContext>;

export interface EventsNeeds {
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

/** Rules, as events are matched against them in memory. */
export interface RuleBook {
  /** After the commit that made, changed or deleted the rule: the next event meets it as it is now, and its schedule is kept to. */
  changed(rule: RuleName): Promise<void>;
}

/** What the operations share beside what the platform gives them. */
export interface EventsParts extends EventsNeeds {
  rules: RuleBook;
  books: Books;
  acceptance: Acceptance;
  measure: EventMetrics;
  sweeps: Sweeps;
  replays: ReplayRunner;
}
