import type { FunctionLimits, FunctionLimitsTable } from "../../../scheduler/function-limits.ts";
import { sql, sqlOne, type Operation, type Store } from "../../../store/store.ts";
import { toFunction, type FunctionRecord } from "../functions/state.ts";

/** What a function's row asks of the scheduler, and the sum of what is provisioned for its versions and aliases. */
export const limitsOf = ({ reservedConcurrency, recursiveLoop }: FunctionRecord, provisionedConcurrency: number): FunctionLimits => ({
  ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
  ...(provisionedConcurrency === 0 ? {} : { provisionedConcurrency }),
  ...(recursiveLoop === "Allow" ? { recursiveLoop } : {}),
});

/** Before anything runs: what an earlier process was told. */
export const loadFunctionLimits = async ({ store, limits }: { store: Store; limits: FunctionLimitsTable }): Promise<void> => {
  const rows = await store.run(() =>
    sql(
      `select *, (select coalesce(sum(requested), 0) from lambda_provisioned_concurrency as p where p.account = f.account and p.region = f.region and p.name = f.name) as provisioned
       from lambda_function as f where reserved_concurrency is not null or recursive_loop is not null
       or exists (select 1 from lambda_provisioned_concurrency as p where p.account = f.account and p.region = f.region and p.name = f.name)`,
    ),
  );
  for (const row of rows) limits.set(toFunction(row), limitsOf(toFunction(row), Number(row["provisioned"])));
};

/** What all functions of an account and region keep from the others: what they have reserved or, without a reservation, provisioned. */
export function* setAsideTotal({ account, region }: { account: string; region: string }): Operation<number> {
  const row = yield* sqlOne(
    `select (select coalesce(sum(reserved_concurrency), 0) from lambda_function where account = ? and region = ? and reserved_concurrency is not null)
       + (select coalesce(sum(requested), 0) from lambda_provisioned_concurrency join lambda_function using (account, region, name) where account = ? and region = ? and reserved_concurrency is null) as total`,
    account, region, account, region,
  );
  return Number(row!["total"]);
}
