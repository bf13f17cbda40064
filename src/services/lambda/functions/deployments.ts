import type { Clock } from "../../../kit/clock.ts";
import type { Log } from "../../../kit/log.ts";
import type { Scheduler } from "../../../scheduler/scheduler.ts";
import { sql, type Store } from "../../../store/store.ts";
import type { Garbage } from "./garbage.ts";
import { findFunction, toFunction, type FunctionRecord } from "./state.ts";
import { toTarget } from "../versions/resolve.ts";

interface Needs {
  store: Store;
  scheduler: Pick<Scheduler, "retire" | "prepare">;
  garbage: Garbage;
  clock: Clock;
  log: Log;
}

export interface Deployments {
  /** After the commit of an update: what served before is let go once the update has settled. */
  follow(record: FunctionRecord): void;
  /** The same for updates that an earlier run began. */
  recover(): Promise<void>;
}

/** Until an update has settled the code and the configuration before it go on serving, as on AWS; then their environments and package go. */
export const createDeployments = ({ store, scheduler, garbage, clock, log }: Needs): Deployments => {
  const settle = async ({ account, region, name, arn, settlesAt }: FunctionRecord) => {
    const settled = await store.run(function* () {
      const current = yield* findFunction({ account, region }, name);
      if (current?.previous === undefined || current.settlesAt !== settlesAt) return undefined;
      yield* garbage.add(current.previous.code.blobId);
      yield* sql("update lambda_function set previous = null, previous_blob_id = null where account = ? and region = ? and name = ?", account, region, name);
      return current;
    });
    if (settled === undefined) return;
    scheduler.retire(arn, { version: "$LATEST", keep: settled.deploymentId });
    await garbage.collect();
  };
  const follow = (record: FunctionRecord): void => {
    const { previous: _, ...settled } = record;
    scheduler.prepare(toTarget(settled, clock));
    clock.at(record.settlesAt, "function update", () =>
      settle(record).catch((error: unknown) => log.warn("what a function was before its update could not be let go yet", { function: record.arn, error: String(error) })),
    );
  };
  return {
    follow,
    async recover() {
      const rows = await store.run(() => sql("select * from lambda_function where previous is not null"));
      for (const row of rows) follow(toFunction(row));
    },
  };
};
