import type { Engine } from "../../kit/engine.ts";
import { createAcceptance } from "./accept.ts";
import { createEventMetrics } from "./event-metrics.ts";
import type { EventsNeeds, EventsParts } from "./needs.ts";
import { createBooks } from "./rule-book.ts";

export const createEvents = (needs: EventsNeeds): Engine<EventsParts> => {
  const books = createBooks(needs);
  const measure = createEventMetrics(needs);
  const acceptance = createAcceptance({ ...needs, books, measure });
  return {
    parts: { ...needs, rules: books, books, measure, acceptance },
    async start() {},
    async close() {},
  };
};
