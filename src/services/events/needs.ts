import type { RuleName } from "../../plumber/events/rules.ts";
import type { PushingServiceNeeds } from "../../plumber/needs.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { RequestContext } from "../service.ts";
import type { Acceptance } from "./accept.ts";
import type { EventMetrics } from "./event-metrics.ts";
import type { ReplayRunner } from "./replay-runner.ts";
import type { Books } from "./rule-book.ts";
import type { Sweeps } from "./sweeps.ts";

export type EventsTypes = typeof import("@aws-sdk/client-eventbridge");
export type EventsHandlers = Handlers<EventsTypes, RequestContext>;

export type EventsNeeds = PushingServiceNeeds;

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
