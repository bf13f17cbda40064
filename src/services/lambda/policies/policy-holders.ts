import type { PolicyDocument } from "../../../iam/document.ts";
import type { Clock } from "../../../kit/clock.ts";
import { sql, type Operation } from "../../../store/store.ts";
import { findAlias, findVersion } from "../versions/qualifiers.ts";
import { findFunction, isSettling, revisionOf, type FunctionRecord } from "../functions/state.ts";

/** What has a policy of its own: a function, one of its versions, or an alias. */
export interface PolicyHolder {
  policy: PolicyDocument | undefined;
  /** The RevisionId of this moment. */
  revisionOf(clock: Clock): string;
  /** A change of its policy makes a new revision. */
  write(clock: Clock, policy: string | null, revisionId: string): Operation<unknown>;
}

const revisionColumn = (record: FunctionRecord, clock: Clock): string => (isSettling(record, clock) ? "revision_id" : "settled_revision_id");

const ofFunction = (record: FunctionRecord): PolicyHolder => ({
  policy: record.policy,
  revisionOf: (clock) => revisionOf(record, clock),
  write: (clock, policy, revisionId) =>
    sql(`update lambda_function set policy = ?, ${revisionColumn(record, clock)} = ? where account = ? and region = ? and name = ?`, policy, revisionId, record.account, record.region, record.name),
});

const ofVersion = (record: FunctionRecord): PolicyHolder => ({
  ...ofFunction(record),
  write: (clock, policy, revisionId) =>
    sql(
      `update lambda_version set policy = ?, ${revisionColumn(record, clock)} = ? where account = ? and region = ? and name = ? and version = ?`,
      policy, revisionId, record.account, record.region, record.name, Number(record.version),
    ),
});

/** By a qualifier, an alias is meant and not the version that it points to. $LATEST has the function's policy. */
export function* findPolicyHolder(at: { account: string; region: string }, name: string, qualifier: string | undefined): Operation<PolicyHolder | undefined> {
  const latest = yield* findFunction(at, name);
  if (latest === undefined || qualifier === undefined || qualifier === "$LATEST") return latest === undefined ? undefined : ofFunction(latest);
  const alias = yield* findAlias(latest, qualifier);
  if (alias !== undefined) {
    return {
      policy: alias.policy,
      revisionOf: () => alias.revisionId,
      write: (_clock, policy, revisionId) =>
        sql("update lambda_alias set policy = ?, revision_id = ? where account = ? and region = ? and name = ? and alias = ?", policy, revisionId, alias.account, alias.region, alias.name, alias.alias),
    };
  }
  const version = yield* findVersion(latest, qualifier);
  return version === undefined ? undefined : ofVersion(version);
}
