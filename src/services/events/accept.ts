import type { Delivery } from "../../plumber/delivery.ts";
import { busArn } from "../../plumber/events/buses.ts";
import type { Operation } from "../../store/store.ts";
import { keepEvent } from "./archive-rows.ts";
import type { Wanting } from "./bus-book.ts";
import type { BusEvent } from "./event.ts";
import type { BusName } from "./names.ts";
import type { EventsNeeds } from "./needs.ts";
import type { EventMetrics } from "./event-metrics.ts";
import type { Books } from "./rule-book.ts";

/** An event on a bus, and what becomes of it: to be written in one commit, and told after it. */
export interface Accepted {
  bus: BusName;
  event: BusEvent;
  wanting: Wanting;
  deliveries: Delivery[];
}

interface Options {
  /** ARNs of the only rules that may have it. */
  onlyRules?: ReadonlySet<string>;
}

export interface Acceptance {
  /** Finds the rules that want the event. A replayed one is archived by nobody. */
  plan(bus: BusName, event: BusEvent, options?: Options): Promise<Accepted>;
  write(accepted: readonly Accepted[]): Operation<void>;
  /** After the commit. `keys`: what the story is found by beside the event. */
  announce(accepted: readonly Accepted[], keys: readonly string[]): void;
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

export const isWorthWriting = ({ deliveries, wanting }: Accepted): boolean => deliveries.length > 0 || wanting.archives.length > 0;

export const createAcceptance = ({ books, outbox, ledger, measure }: Pick<EventsNeeds, "outbox" | "ledger"> & { books: Books; measure: EventMetrics }): Acceptance => {
  const tell = ({ bus, event, wanting: { rules, archives } }: Accepted, keys: readonly string[]) => {
    const where = busArn(bus, bus.name);
    const replayed = event.replayName === undefined ? "" : ` again, by the replay ${event.replayName},`;
    const told = rules.map(({ named, targetArns }) => `${named.name} (${targetArns.length === 0 ? "without a target" : targetArns.join(", ")})`);
    const matched = rules.length === 0 ? "no rule matches it" : `${plural(rules.length, "rule")} ${rules.length === 1 ? "matches" : "match"}: ${told.slice(0, 10).join("; ")}${told.length > 10 ? " …" : ""}`;
    ledger.record({
      traceId: event.trace.id,
      kind: rules.length === 0 ? "event" : "match",
      account: bus.account,
      region: bus.region,
      keys: [event.id, where, ...keys],
      summary: `the event ${event.id} (${event.detailType}, from ${event.source}) is put${replayed} on the bus ${bus.name}: ${matched}${archives.length === 0 ? "" : `; it is kept by ${archives.map(({ name }) => `the archive ${name}`).join(", ")}`}`,
      detail: { eventId: event.id, source: event.source, detailType: event.detailType, bus: where, rules: rules.map(({ arn, targetArns }) => ({ arn, targetArns })), archives: archives.map(({ name }) => name) },
    });
  };
  return {
    async plan(bus, event, { onlyRules } = {}) {
      const found = (await books.of(bus)).wanting(event);
      const rules = onlyRules === undefined ? found.rules : found.rules.filter(({ arn }) => onlyRules.has(arn));
      const archives = event.replayName === undefined ? found.archives : [];
      return { bus, event, wanting: { rules, archives }, deliveries: rules.flatMap((rule) => rule.deliveriesOf(event)) };
    },
    *write(accepted) {
      for (const { event, wanting, deliveries } of accepted) {
        for (const delivery of deliveries) yield* outbox.enqueue(delivery);
        for (const { id } of wanting.archives) yield* keepEvent(id, event);
      }
    },
    announce(accepted, keys) {
      const deliveries = accepted.flatMap((one) => one.deliveries);
      // A forwarded event may come a second time, and its deliveries be on their way already.
      if (deliveries.length > 0) outbox.poke(accepted.some(({ event }) => event.isForwarded) ? undefined : deliveries);
      for (const one of accepted) {
        for (const { named, targetArns } of one.wanting.rules) measure.matched(named, targetArns.length);
        tell(one, keys);
      }
    },
  };
};
