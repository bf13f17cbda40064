import { pipeArn } from "../../plumber/pipes/pipe.ts";
import type { Service } from "../service.ts";
import { pipeHandlers } from "./handlers.ts";
import type { PipesParts, PipesTypes } from "./needs.ts";
import { createPermissions } from "./permissions.ts";
import { tagHandlers } from "./tags.ts";

/** Amazon EventBridge Pipes: from a source by a filter and an enrichment to a target. */
export const createPipesService = (parts: PipesParts): Service<PipesTypes> => ({
  handlers: { ...pipeHandlers(parts), ...tagHandlers(parts) },
  permissions: createPermissions(parts),
  ledgerKeys: (_operation, input, { account, region }) => {
    const { Name, resourceArn } = input as { Name?: string; resourceArn?: string };
    return Name === undefined ? [resourceArn].filter((key) => key !== undefined) : [Name, pipeArn({ account, region, name: Name })];
  },
});
