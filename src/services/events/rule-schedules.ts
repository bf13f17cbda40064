import { createDueLoop } from "../../kit/due-loop.ts";
import { derivedUuid, newTrace } from "../../kit/ids.ts";
import { DELIVERY_BACKOFF_MS_MAX } from "../../kit/limits/deliveries.ts";
import { RULE_TICK_LATE_MS_MAX, RULE_TICKS_MAX } from "../../kit/limits/events.ts";
import { listDueRules, ruleArn, setNextAt, type RuleRecord } from "../../plumber/events/rules.ts";
import { sqlOne, type Operation } from "../../store/store.ts";
import { wholeSecond, writeEvent, type BusEvent } from "./event.ts";
import type { EventMetrics } from "./event-metrics.ts";
import type { EventsNeeds } from "./needs.ts";
import { scheduleOf } from "./rule-rules.ts";
import { createMatchedRule } from "./rule-targets.ts";

export interface RuleSchedules {
  /** There may be another time to wait for. */
  poke(): void;
  start(): void;
  /** Rules whose time has come. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

/** One time of a rule's schedule, and the event that it makes. */
interface Tick {
  rule: RuleRecord;
  event: BusEvent;
}

type Needs = Pick<EventsNeeds, "store" | "outbox" | "clock" | "random" | "ledger" | "log"> & { measure: EventMetrics };

/**
 * Rules with a schedule. When the time of one has come, its next time is set, if nobody else has set it meanwhile, and the event is on its way
 * to its targets, in one commit: one event for each time. What came due while the server was down comes once, however often it would have.
 */
export const createRuleSchedules = ({ store, outbox, clock, random, ledger, log, measure }: Needs): RuleSchedules => {
  const startedAt = clock.now();

  /** Those that are over long ago are passed over; the clock, when it is moved by hand, stops at each. */
  const nextOf = (rule: RuleRecord, now: number): number | undefined => {
    const tick = rule.nextAt!;
    try {
      return scheduleOf(rule.body.scheduleExpression!, tick).next(Math.max(tick, tick < startedAt ? now : 0, now - RULE_TICK_LATE_MS_MAX));
    } catch (error) {
      log.error("the schedule of a rule cannot be read: it is not due any more", { rule: ruleArn(rule), error: String(error) });
      return undefined;
    }
  };
  const eventOf = (rule: RuleRecord): BusEvent => {
    const { account, region } = rule;
    const arn = ruleArn(rule);
    const about = { id: derivedUuid(arn, String(rule.nextAt)), source: "aws.events", detailType: "Scheduled Event", time: wholeSecond(rule.nextAt!) };
    return { ...about, json: writeEvent({ ...about, account, region, resources: [arn], detail: "{}" }), ingestedAt: clock.now(), trace: newTrace(random, clock.now()), isForwarded: false };
  };
  function* fire(now: number, most: number): Operation<Tick[]> {
    const ticks: Tick[] = [];
    for (const rule of yield* listDueRules(now, most)) {
      if (!(yield* setNextAt(rule, nextOf(rule, now)))) continue;
      const event = eventOf(rule);
      for (const delivery of createMatchedRule(rule, rule.body).deliveriesOf(event)) yield* outbox.enqueue(delivery);
      ticks.push({ rule, event });
    }
    return ticks;
  }
  const announce = ({ rule, event }: Tick) => {
    const { account, region, name, body } = rule;
    const targets = body.targets.map(({ Arn }) => Arn!);
    measure.ticked(rule, targets.length);
    ledger.record({
      traceId: event.trace.id, kind: "event", account, region,
      keys: [event.id, ruleArn(rule), name],
      summary: `the rule ${name} is due (${body.scheduleExpression}): ${targets.length === 0 ? "it has no target" : `the event ${event.id} goes to ${targets.join(", ")}`}`,
      detail: { eventId: event.id, rule: ruleArn(rule), at: event.time, targets },
    });
  };

  const loop = createDueLoop({
    clock,
    name: "rule schedule",
    inFlightMax: RULE_TICKS_MAX,
    async startDue(now, room) {
      const ticks = await store.run(() => fire(now, room));
      if (ticks.length > 0) outbox.poke();
      ticks.forEach(announce);
      return ticks.map(async () => {});
    },
    async nextDueAt(now) {
      const row = await store.read(() => sqlOne("select min(next_at) as at from event_rule where next_at > ?", now));
      return (row?.["at"] ?? undefined) as number | undefined;
    },
    onFailure(error) {
      log.error("the rules that are due could not be run; they are looked for again later", { error: String(error) });
      return DELIVERY_BACKOFF_MS_MAX;
    },
  });
  return {
    poke: () => void loop.poke(),
    start: () => void loop.poke(),
    async pending() {
      await loop.settled();
      return Number((await store.read(() => sqlOne("select count(*) as n from event_rule where next_at <= ?", clock.now())))!["n"]);
    },
    async close() {
      await Promise.all(await loop.stop());
    },
  };
};
