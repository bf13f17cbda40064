import { ACCOUNT_CONCURRENCY, CODE_STORAGE_BYTES_MAX, UNZIPPED_BYTES_MAX, ZIP_BYTES_MAX } from "../../kit/limits.ts";
import { sqlOne } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { codeStorageBytes } from "./functions/code-storage.ts";
import { setAsideTotal } from "./concurrency/limits.ts";
import { parseFunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";
import { getFunction } from "./functions/state.ts";

/** What clients read back of things that cannot be configured here yet: answered as AWS answers it for what was never configured. */
export const neverConfiguredHandlers = ({ store }: LambdaNeeds) => {
  const look = (name: string | undefined, context: RequestContext, qualifier?: string) => {
    const parsed = parseFunctionName(name!, context, qualifier);
    return store.run(() => getFunction(parsed, parsed.name, parsed.qualifier));
  };
  return {
    async GetAccountSettings(_input, { account, region }) {
      const { row, bytes, aside } = await store.run(function* () {
        return {
          row: yield* sqlOne("select count(*) as n from lambda_function where account = ? and region = ?", account, region),
          bytes: yield* codeStorageBytes({ account, region }),
          aside: yield* setAsideTotal({ account, region }),
        };
      });
      return {
        AccountLimit: { TotalCodeSize: CODE_STORAGE_BYTES_MAX, CodeSizeUnzipped: UNZIPPED_BYTES_MAX, CodeSizeZipped: ZIP_BYTES_MAX, ConcurrentExecutions: ACCOUNT_CONCURRENCY, UnreservedConcurrentExecutions: ACCOUNT_CONCURRENCY - aside },
        AccountUsage: { TotalCodeSize: bytes, FunctionCount: row!["n"] as number },
      };
    },
    async ListEventSourceMappings(input, context) {
      if (input.FunctionName !== undefined) await look(input.FunctionName, context);
      return { EventSourceMappings: [] };
    },
  } satisfies LambdaHandlers;
};
