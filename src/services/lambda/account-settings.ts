import { ACCOUNT_CONCURRENCY, CODE_STORAGE_BYTES_MAX, UNZIPPED_BYTES_MAX, ZIP_BYTES_MAX } from "../../kit/limits/lambda.ts";
import { sqlOne } from "../../store/store.ts";
import { setAsideTotal } from "./concurrency/limits.ts";
import { codeStorageBytes } from "./functions/code-storage.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";

/** What an account may have in a region, and what it has. */
export const accountSettingsHandlers = ({ store }: Pick<LambdaNeeds, "store">) =>
  ({
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
  }) satisfies LambdaHandlers;
