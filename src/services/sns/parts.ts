import type { Engine } from "../../kit/engine.ts";
import type { SnsNeeds, SnsParts } from "./needs.ts";
import { createSigner } from "./signing/signer.ts";
import { createTopicReader } from "./topics/reader.ts";

/** Nothing of it runs by itself: what is to be delivered is the outbox's. */
export const createSns = (needs: SnsNeeds): Engine<SnsParts> => ({
  parts: { ...needs, reader: createTopicReader(needs.store), signer: createSigner(needs) },
  async start() {},
  async close() {},
});
