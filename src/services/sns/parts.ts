import type { Engine } from "../../kit/engine.ts";
import type { SnsNeeds, SnsParts } from "./needs.ts";

export const createSns = (needs: SnsNeeds): Engine<SnsParts> => ({
  parts: needs,
  async start() {},
  async close() {},
});
