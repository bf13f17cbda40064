import type { Engine } from "../../kit/engine.ts";
import type { EventsNeeds, EventsParts } from "./needs.ts";

export const createEvents = (needs: EventsNeeds): Engine<EventsParts> => ({
  parts: { ...needs, rules: { async changed() {} } },
  async start() {},
  async close() {},
});
