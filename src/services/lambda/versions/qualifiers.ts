import type { PolicyDocument } from "../../../iam/document.ts";
import { functionArn } from "../../../kit/arn.ts";
import type { FunctionPlace } from "../../../scheduler/function-limits.ts";
import { sqlOne, type Operation, type Row } from "../../../store/store.ts";
import type { FunctionRecord, Settings } from "../functions/state.ts";

export interface AliasRecord extends FunctionPlace {
  alias: string;
  arn: string;
  /** `$LATEST` or a number. */
  version: string;
  /** A second version, and the part of the invocations that it gets: 0 to 1. */
  other?: { version: string; weight: number };
  description: string;
  revisionId: string;
  policy?: PolicyDocument;
}

/** A version of the function: what never changes is its own, the rest is the function's. */
export const toVersion = (row: Row, { account, region, name, arn, tags, recursiveLoop, reservedConcurrency }: FunctionRecord): FunctionRecord => ({
  account, region, name, arn, tags, recursiveLoop,
  ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
  version: String(row["version"]),
  revisionId: row["revision_id"] as string,
  settledRevisionId: row["settled_revision_id"] as string,
  deploymentId: row["deployment_id"] as string,
  settings: { ...(JSON.parse(row["configuration"] as string) as Settings), Description: row["description"] as string },
  code: { blobId: row["code_blob_id"] as string, sha256Base64: row["code_sha256"] as string, size: row["code_size"] as number },
  settlesAt: row["settles_at"] as number,
  isCreated: false,
  lastModified: row["last_modified"] as number,
  ...(row["policy"] === null ? {} : { policy: JSON.parse(row["policy"] as string) as PolicyDocument }),
});

export const toAlias = (row: Row): AliasRecord => {
  const at = { account: row["account"] as string, region: row["region"] as string };
  const [name, alias] = [row["name"] as string, row["alias"] as string];
  return {
    ...at, name, alias,
    arn: functionArn(at, name, alias),
    version: row["version"] as string,
    description: row["description"] as string,
    revisionId: row["revision_id"] as string,
    ...(row["other_version"] === null ? {} : { other: { version: row["other_version"] as string, weight: row["other_weight"] as number } }),
    ...(row["policy"] === null ? {} : { policy: JSON.parse(row["policy"] as string) as PolicyDocument }),
  };
};

export function* findVersion(latest: FunctionRecord, version: string): Operation<FunctionRecord | undefined> {
  if (version === "$LATEST") return latest;
  // `07` and numbers too large to be exact name no version.
  if (String(Number(version)) !== version) return undefined;
  const row = yield* sqlOne("select * from lambda_version where account = ? and region = ? and name = ? and version = ?", latest.account, latest.region, latest.name, Number(version));
  return row === undefined ? undefined : toVersion(row, latest);
}

export function* findAlias({ account, region, name }: FunctionPlace, alias: string): Operation<AliasRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_alias where account = ? and region = ? and name = ? and alias = ?", account, region, name, alias);
  return row === undefined ? undefined : toAlias(row);
}

/** The version that a number or an alias names. */
export function* findQualified(latest: FunctionRecord, qualifier: string): Operation<FunctionRecord | undefined> {
  const alias = yield* findAlias(latest, qualifier);
  return yield* findVersion(latest, alias?.version ?? qualifier);
}
