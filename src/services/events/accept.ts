import { EVENT_COMMIT_CHARACTERS_MAX, EVENT_DELIVERIES_CHARACTERS_MAX } from "../../kit/limits/events.ts";
import { PatternTooCostly } from "../../patterns/errors.ts";
import { charactersOf, type Delivery } from "../../plumber/delivery.ts";
import { busArn } from "../../plumber/events/buses.ts";
import { writeInCommits } from "../../store/in-commits.ts";
import type { Operation } from "../../store/store.ts";
import { keepEvent } from "./archive-rows.ts";
import type { BusBook, Wanting } from "./bus-book.ts";
import type { BusEvent } from "./event.ts";
import type { BusName } from "./names.ts";
import type { EventsNeeds } from "./needs.ts";
import type { EventMetrics } from "./event-metrics.ts";
import type { Books } from "./rule-book.ts";

/** An event on a bus, and what becomes of it: to be written, and then told. */
export interface Accepted {
  bus: BusName;
  event: BusEvent;
  wanting: Wanting;
  deliveries: Delivery[];
  /** Of all that its targets get. */
  characters: number;
  /** It is nobody's: the rules could not be looked at, or their targets would get more than one commit may have. */
  tooMuch?: "matching" | "delivering";
}

const TOO_MUCH = {
  matching: "it is dropped, as to match it against the bus's rules would take too long: they have many alternatives, and it has long arrays",
  delivering: "it is dropped, as it is large and its rules have so many targets that they cannot all be given it. Let it name where its data is, or let fewer rules match it",
};

interface Options {
  /** ARNs of the only rules that may have it. */
  onlyRules?: ReadonlySet<string>;
  /** How many characters its targets may get; as many as one commit may have when absent. */
  room?: number;
}

export interface Acceptance {
  /** Finds the rules that want the event. A replayed one is archived by nobody. */
  plan(bus: BusName, event: BusEvent, options?: Options): Promise<Accepted>;
  write(accepted: readonly Accepted[]): Operation<void>;
  /** By one commit, or by as many as it takes: a large event for a thousand targets is a thousand large events. Who is told that it failed puts again what some targets have been given. */
  commit(accepted: readonly Accepted[]): Promise<void>;
  /** After it is written. `keys`: what the story is found by beside the event. */
  announce(accepted: readonly Accepted[], keys: readonly string[]): void;
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

export const isWorthWriting = ({ deliveries, wanting }: Accepted): boolean => deliveries.length > 0 || wanting.archives.length > 0;

/** An event that it would take too long to look at is nobody's: the alternative is a server that does nothing else. */
const wantingOf = (book: BusBook, event: BusEvent): Wanting & Pick<Accepted, "tooMuch"> => {
  try {
    return book.wanting(event);
  } catch (error) {
    if (error instanceof PatternTooCostly) return { rules: [], archives: [], tooMuch: "matching" };
    throw error;
  }
};

/** Undefined where they have more characters than there is room for. */
const deliveriesWithin = (rules: Wanting["rules"], event: BusEvent, room: number): Pick<Accepted, "deliveries" | "characters"> | undefined => {
  const made = { deliveries: [] as Delivery[], characters: 0 };
  for (const rule of rules) {
    for (const delivery of rule.deliveriesOf(event)) {
      made.deliveries.push(delivery);
      made.characters += charactersOf(delivery);
    }
    if (made.characters > room) return undefined;
  }
  return made;
};

/** Writes a row, and says how many characters it has. */
type WriteRow = () => Operation<number>;

export const createAcceptance = ({ store, books, outbox, ledger, measure }: Pick<EventsNeeds, "store" | "outbox" | "ledger"> & { books: Books; measure: EventMetrics }): Acceptance => {
  const tell = ({ bus, event, tooMuch, wanting: { rules, archives } }: Accepted, keys: readonly string[]) => {
    const where = busArn(bus, bus.name);
    const replayed = event.replayName === undefined ? "" : ` again, by the replay ${event.replayName},`;
    const told = rules.map(({ named, targetArns }) => `${named.name} (${targetArns.length === 0 ? "without a target" : targetArns.join(", ")})`);
    const matched = tooMuch !== undefined ? TOO_MUCH[tooMuch] : rules.length === 0 ? "no rule matches it" : `${plural(rules.length, "rule")} ${rules.length === 1 ? "matches" : "match"}: ${told.slice(0, 10).join("; ")}${told.length > 10 ? " …" : ""}`;
    ledger.record({
      traceId: event.trace.id,
      kind: tooMuch !== undefined ? "drop" : rules.length === 0 ? "event" : "match",
      account: bus.account,
      region: bus.region,
      keys: [event.id, where, ...keys],
      summary: `the event ${event.id} (${event.detailType}, from ${event.source}) is put${replayed} on the bus ${bus.name}: ${matched}${archives.length === 0 ? "" : `; it is kept by ${archives.map(({ name }) => `the archive ${name}`).join(", ")}`}`,
      detail: { eventId: event.id, source: event.source, detailType: event.detailType, bus: where, rules: rules.map(({ arn, targetArns }) => ({ arn, targetArns })), archives: archives.map(({ name }) => name) },
    });
  };
  const writesOf = ({ event, wanting, deliveries }: Accepted): WriteRow[] => [
    ...deliveries.map((delivery) =>
      function* () {
        yield* outbox.enqueue(delivery);
        return charactersOf(delivery);
      }),
    ...wanting.archives.map(({ id }) =>
      function* () {
        yield* keepEvent(id, event);
        return event.json.length;
      }),
  ];
  const isOneCommit = (accepted: readonly Accepted[]): boolean =>
    accepted.reduce((sum, { characters, event, wanting }) => sum + characters + event.json.length * wanting.archives.length, 0) <= EVENT_COMMIT_CHARACTERS_MAX;
  return {
    async plan(bus, event, { onlyRules, room = EVENT_DELIVERIES_CHARACTERS_MAX } = {}) {
      const found = wantingOf(await books.of(bus), event);
      const rules = onlyRules === undefined ? found.rules : found.rules.filter(({ arn }) => onlyRules.has(arn));
      const archives = event.replayName === undefined ? found.archives : [];
      const made = deliveriesWithin(rules, event, room);
      if (made === undefined || found.tooMuch !== undefined) return { bus, event, wanting: { rules: [], archives: [] }, deliveries: [], characters: 0, tooMuch: found.tooMuch ?? "delivering" };
      return { bus, event, wanting: { rules, archives }, ...made };
    },
    *write(accepted) {
      for (const write of accepted.flatMap(writesOf)) yield* write();
    },
    commit: (accepted) => writeInCommits(store, accepted.flatMap(writesOf), EVENT_COMMIT_CHARACTERS_MAX, (write) => write()),
    announce(accepted, keys) {
      const deliveries = accepted.flatMap((one) => one.deliveries);
      // A forwarded event may come a second time, and what was written before the last commit be found on the disk: these deliveries may be on their way already.
      const isKnownHere = isOneCommit(accepted) && !accepted.some(({ event }) => event.isForwarded);
      if (deliveries.length > 0) outbox.poke(isKnownHere ? deliveries : undefined);
      for (const one of accepted) {
        measure.matched(one.wanting.rules.map(({ named, targetArns }) => ({ named, targets: targetArns.length })));
        tell(one, keys);
      }
    },
  };
};
