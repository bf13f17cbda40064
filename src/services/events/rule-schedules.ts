import { createDueLoop } from "../../kit/due-loop.ts";
import { derivedUuid, newTrace } from "../../kit/ids.ts";
import { DELIVERY_BACKOFF_MS_MAX } from "../../kit/limits/deliveries.ts";
import { RULE_TICK_LATE_MS_MAX, RULE_TICKS_CHARACTERS_MAX, RULE_TICKS_MAX } from "../../kit/limits/events.ts";
import type { Worker } from "../../kit/patience.ts";
import { charactersOf, type Delivery } from "../../plumber/delivery.ts";
import { listDueRules, ruleArn, setNextAt, type RuleRecord } from "../../plumber/events/rules.ts";
import { sqlOne, type Operation } from "../../store/store.ts";
import { wholeSecond, writeEvent, type BusEvent } from "./event.ts";
import type { EventMetrics } from "./event-metrics.ts";
import type { EventsNeeds } from "./needs.ts";
import { scheduleOf } from "./rule-rules.ts";
import { createMatchedRule } from "./rule-targets.ts";

export interface RuleSchedules extends Worker {
  /** There may be another time to wait for. */
  poke(): void;
  start(): void;
  /** Rules whose time has come. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

/** One time of a rule's schedule, the event that it makes, and what becomes of it for the rule's targets. */
interface Tick {
  rule: RuleRecord;
  event: BusEvent;
  deliveries: readonly Delivery[];
  /** Why nothing could be made for its targets. */
  failure?: string;
}

type Needs = Pick<EventsNeeds, "store" | "outbox" | "clock" | "random" | "ledger" | "log"> & { measure: EventMetrics };

/**
 * Rules with a schedule. When the time of one has come, its next time is set, if nobody else has set it meanwhile, and the event is on its way
 * to its targets, in one commit: one event for each time. What came due while the server was down comes once, however often it would have.
 * A rule of which no event can be made is passed over until its next time, and holds up no other.
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
  const tickOf = (rule: RuleRecord): Tick => {
    const event = eventOf(rule);
    try {
      return { rule, event, deliveries: createMatchedRule(rule, rule.body).deliveriesOf(event) };
    } catch (error) {
      return { rule, event, deliveries: [], failure: String(error) };
    }
  };
  function* fire(now: number, most: number): Operation<Tick[]> {
    const ticks: Tick[] = [];
    let room = RULE_TICKS_CHARACTERS_MAX;
    for (const rule of yield* listDueRules(now, most)) {
      const tick = tickOf(rule);
      room -= tick.deliveries.reduce((sum, delivery) => sum + charactersOf(delivery), 0);
      // It comes with the next commit. The first one has all the room that there is.
      if (room < 0 && ticks.length > 0) break;
      if (!(yield* setNextAt(rule, nextOf(rule, now)))) continue;
      for (const delivery of tick.deliveries) yield* outbox.enqueue(delivery);
      ticks.push(tick);
    }
    return ticks;
  }
  const outcomeOf = ({ event, failure }: Tick, targets: readonly string[]): string => {
    if (failure !== undefined) return `what its targets get of the event cannot be made (${failure}), and it is passed over until its next time. Put its targets again`;
    return targets.length === 0 ? "it has no target" : `the event ${event.id} goes to ${targets.join(", ")}`;
  };
  const announce = (tick: Tick) => {
    const { rule, event, failure } = tick;
    const { account, region, name, body } = rule;
    const targets = body.targets.map(({ Arn }) => Arn!);
    measure.ticked(rule, targets.length);
    if (failure !== undefined) measure.failed(rule, targets.length);
    ledger.record({
      traceId: event.trace.id, kind: failure === undefined ? "event" : "drop", account, region,
      keys: [event.id, ruleArn(rule), name],
      summary: `the rule ${name} is due (${body.scheduleExpression}): ${outcomeOf(tick, targets)}`,
      detail: { eventId: event.id, rule: ruleArn(rule), at: event.time, targets, ...(failure === undefined ? {} : { failure }) },
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
    rest: loop.rest,
    async close() {
      await Promise.all(await loop.stop());
    },
  };
};
