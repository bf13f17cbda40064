import type { Service } from "../service.ts";
import type { PipesParts, PipesTypes } from "./needs.ts";

/** Amazon EventBridge Pipes: from a source by a filter and an enrichment to a target. */
export const createPipesService = (_parts: PipesParts): Service<PipesTypes> => ({ handlers: {}, permissions: {} });
