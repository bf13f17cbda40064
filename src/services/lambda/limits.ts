import type { FunctionLimits, FunctionLimitsTable } from "../../scheduler/function-limits.ts";
import { sql, sqlOne, type Operation, type Store } from "../../store/store.ts";
import { toFunction, type FunctionRecord } from "./state.ts";

/** What a function's row asks of the scheduler. */
export const limitsOf = ({ reservedConcurrency, recursiveLoop }: FunctionRecord): FunctionLimits => ({
  ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
  ...(recursiveLoop === "Allow" ? { recursiveLoop } : {}),
});

/** Before anything runs: what an earlier process was told. */
export const loadFunctionLimits = async ({ store, limits }: { store: Store; limits: FunctionLimitsTable }): Promise<void> => {
  const rows = await store.run(() => sql("select * from lambda_function where reserved_concurrency is not null or recursive_loop is not null"));
  for (const record of rows.map(toFunction)) limits.set(record, limitsOf(record));
};

/** What all functions of an account and region have reserved. */
export function* reservedTotal({ account, region }: { account: string; region: string }): Operation<number> {
  const row = yield* sqlOne("select coalesce(sum(reserved_concurrency), 0) as total from lambda_function where account = ? and region = ? and reserved_concurrency is not null", account, region);
  return Number(row!["total"]);
}
