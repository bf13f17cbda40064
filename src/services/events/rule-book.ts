import { InvalidPattern } from "../../patterns/errors.ts";
import { busArn } from "../../plumber/events/buses.ts";
import type { Place } from "../../plumber/events/rows.ts";
import { findRule, listRules } from "../../plumber/events/rules.ts";
import { archivesOf, findArchive } from "./archive-rows.ts";
import { createBusBook, type BusBook } from "./bus-book.ts";
import { parseBusArn, type BusName } from "./names.ts";
import type { EventsNeeds, RuleBook } from "./needs.ts";

/** So many rules are read before others have their turn. */
const RULES_PER_TURN = 200;

export interface Books extends Pick<RuleBook, "changed"> {
  /** The bus's, read with its first use. */
  of(bus: BusName): Promise<BusBook>;
  archiveChanged(place: Place & { name: string }, sourceArn: string): Promise<void>;
}

/** The rules of all buses that events have come to, kept as the rows are. */
export const createBooks = ({ store, log }: Pick<EventsNeeds, "store" | "log">): Books => {
  const books = new Map<string, Promise<BusBook>>();
  const keyOf = ({ account, region, name }: BusName) => `${account}/${region}/${name}`;

  /** A pattern that was let in once, and is not any more, is the rule's own trouble: the bus goes on without it. */
  const take = (what: string, set: () => void) => {
    try {
      set();
    } catch (error) {
      if (!(error instanceof InvalidPattern)) throw error;
      log.error("an event pattern that is kept cannot be read: nothing matches it", { what, error: error.message });
    }
  };
  const load = async (bus: BusName): Promise<BusBook> => {
    const book = createBusBook();
    for (const archive of await store.read(() => archivesOf(bus, busArn(bus, bus.name)))) take(`archive ${archive.name}`, () => book.setArchive(archive));
    for (let after = ""; ; ) {
      const rules = await store.read(() => listRules({ ...bus, bus: bus.name }, { after, most: RULES_PER_TURN }));
      for (const rule of rules) take(`rule ${rule.name}`, () => book.setRule(rule));
      if (rules.length < RULES_PER_TURN) return book;
      after = rules.at(-1)!.name;
      await new Promise(setImmediate);
    }
  };
  const of = (bus: BusName): Promise<BusBook> => {
    const key = keyOf(bus);
    const known = books.get(key);
    if (known !== undefined) return known;
    const loading = load(bus);
    books.set(key, loading);
    loading.catch(() => books.delete(key));
    return loading;
  };

  /** A book that could not be told of a change is out of date: it is read again with the next event. */
  const change = async (bus: BusName, tellBook: (book: BusBook) => Promise<void>) => {
    const book = await books.get(keyOf(bus));
    if (book === undefined) return;
    try {
      await tellBook(book);
    } catch (error) {
      books.delete(keyOf(bus));
      throw error;
    }
  };

  return {
    of,
    changed: (named) =>
      change({ ...named, name: named.bus }, async (book) => {
        const rule = await store.read(() => findRule(named));
        if (rule === undefined) book.dropRule(named.name);
        else take(`rule ${named.name}`, () => book.setRule(rule));
      }),
    archiveChanged: (named, sourceArn) =>
      change(parseBusArn(sourceArn)!, async (book) => {
        const archive = await store.read(() => findArchive(named, named.name));
        if (archive === undefined) book.dropArchive(named.name);
        else take(`archive ${named.name}`, () => book.setArchive({ name: named.name, ...archive }));
      }),
  };
};
