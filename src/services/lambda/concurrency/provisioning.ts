import { functionArn } from "../../../kit/arn.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { FunctionLimitsTable, FunctionPlace } from "../../../scheduler/function-limits.ts";
import type { ProvisionedShare, ProvisionedWishes, Scheduler } from "../../../scheduler/scheduler.ts";
import { sql, type Operation, type Store } from "../../../store/store.ts";
import { limitsOf } from "./limits.ts";
import { provisionedOf, totalOf } from "./provisioned-rows.ts";
import { findAlias, findVersion } from "../versions/qualifiers.ts";
import { toTarget } from "../versions/resolve.ts";
import { findFunction, type FunctionRecord } from "../functions/state.ts";

interface Needs {
  store: Store;
  scheduler: Pick<Scheduler, "provision">;
  limits: FunctionLimitsTable;
  clock: Clock;
}

export interface Provisioning {
  /** After a commit that may have changed what is provisioned for a function, what it is for, or what is reserved. */
  follow(place: FunctionPlace): Promise<void>;
  /** What an earlier process kept. */
  recover(): Promise<void>;
}

/** Of an alias with weights each version has its part. */
function* sharesOf(latest: FunctionRecord, qualifier: string, count: number, clock: Clock): Operation<ProvisionedShare[]> {
  const alias = yield* findAlias(latest, qualifier);
  const other = alias?.other === undefined ? 0 : Math.round(count * alias.other.weight);
  const parts = [[alias?.version ?? qualifier, count - other], ...(alias?.other === undefined ? [] : [[alias.other.version, other]])] as [version: string, count: number][];
  const shares: ProvisionedShare[] = [];
  for (const [version, part] of parts) {
    const record = part === 0 ? undefined : yield* findVersion(latest, version);
    if (record !== undefined) shares.push({ target: toTarget(record, clock), count: part });
  }
  return shares;
}

/** Hands the scheduler what a function's rows ask for, whole: it finds out itself what is new and what is to be let go. */
export const createProvisioning = ({ store, scheduler, limits, clock }: Needs): Provisioning => {
  function* wishesOf(place: FunctionPlace): Operation<{ latest: FunctionRecord | undefined; total: number; wishes: ProvisionedWishes }> {
    const latest = yield* findFunction(place, place.name);
    const records = latest === undefined ? [] : yield* provisionedOf(place);
    const wishes = new Map<string, ProvisionedShare[]>();
    for (const { qualifier, requested } of records) wishes.set(functionArn(place, place.name, qualifier), yield* sharesOf(latest!, qualifier, requested, clock));
    return { latest, total: totalOf(records), wishes };
  }
  const follow = async (place: FunctionPlace) => {
    const { latest, total, wishes } = await store.run(() => wishesOf(place));
    limits.set(place, latest === undefined ? {} : limitsOf(latest, total));
    scheduler.provision(functionArn(place, place.name), wishes);
  };
  return {
    follow,
    async recover() {
      const rows = await store.run(() => sql("select distinct account, region, name from lambda_provisioned_concurrency"));
      for (const row of rows) await follow({ account: row["account"] as string, region: row["region"] as string, name: row["name"] as string });
    },
  };
};
