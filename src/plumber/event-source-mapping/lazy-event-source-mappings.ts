import { once } from "../../kit/once.ts";
import type { Store } from "../../store/store.ts";
import { sqlOne } from "../../store/store.ts";
import type { EventSourceMappings } from "./event-source-mappings.ts";

/** As long as no mapping is there, nothing of what runs them is loaded. */
export const createLazyEventSourceMappings = ({ store, load }: { store: Store; load: () => Promise<EventSourceMappings> }): EventSourceMappings => {
  let loaded: EventSourceMappings | undefined;
  const get = once(async () => (loaded = await load()));
  return {
    async start() {
      const one = await store.read(() => sqlOne("select 1 from event_source_mapping limit 1"));
      if (one !== undefined) await (await get()).start();
    },
    changed: async (uuid) => (await get()).changed(uuid),
    lastProcessingResult: (uuid) => loaded?.lastProcessingResult(uuid),
    pending: async () => loaded?.pending() ?? { batches: 0, messages: 0 },
    rest: async () => (await loaded?.rest()) ?? false,
    close: async (graceMs) => (await get.asked())?.close(graceMs),
  };
};
