import { getFunction } from "./functions/state.ts";
import { parseFunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";

/** None can be created yet: what clients read back is answered as AWS answers it where there is none. */
export const eventSourceMappingHandlers = ({ store }: Pick<LambdaNeeds, "store">) =>
  ({
    async ListEventSourceMappings(input, context) {
      if (input.FunctionName !== undefined) {
        const named = parseFunctionName(input.FunctionName, context);
        await store.run(() => getFunction(named, named.name, named.qualifier));
      }
      return { EventSourceMappings: [] };
    },
  }) satisfies LambdaHandlers;
