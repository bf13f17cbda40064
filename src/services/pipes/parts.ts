import type { Engine } from "../../kit/engine.ts";
import type { PipesNeeds, PipesParts } from "./needs.ts";

export const createPipes = (needs: PipesNeeds): Engine<PipesParts> => ({
  parts: needs,
  async start() {},
  async close() {},
});
