import type { Engine } from "../../kit/engine.ts";
import { restAll } from "../../kit/patience.ts";
import { createAcceptance } from "./accept.ts";
import { createEventMetrics } from "./event-metrics.ts";
import type { EventsNeeds, EventsParts } from "./needs.ts";
import { createReplayRunner } from "./replay-runner.ts";
import { createBooks } from "./rule-book.ts";
import { createRuleSchedules } from "./rule-schedules.ts";
import { createSweeps } from "./sweeps.ts";

export const createEvents = (needs: EventsNeeds): Engine<EventsParts> => {
  const books = createBooks(needs);
  const measure = createEventMetrics(needs);
  const acceptance = createAcceptance({ ...needs, books, measure });
  const schedules = createRuleSchedules({ ...needs, measure });
  const sweeps = createSweeps(needs);
  const replays = createReplayRunner({ ...needs, acceptance });
  const rules: EventsParts["rules"] = {
    async changed(rule) {
      await books.changed(rule);
      schedules.poke();
    },
  };
  return {
    parts: { ...needs, rules, books, measure, acceptance, sweeps, replays },
    async start() {
      schedules.start();
      sweeps.poke();
      await replays.start();
    },
    pending: async () => (await schedules.pending()) + replays.pending(),
    rest: () => restAll([schedules, sweeps, replays]),
    async close() {
      await schedules.close();
      await replays.close();
      await sweeps.close();
    },
  };
};
