import { isDeepStrictEqual } from "node:util";
import { FUNCTIONS_PAGE_MAX } from "../../../kit/limits/lambda.ts";
import { sql, sqlOne, type Operation } from "../../../store/store.ts";
import { refuseBeyondCodeStorage } from "../functions/code-storage.ts";
import { conflict, invalid, revisionDiffers } from "../errors.ts";
import { forgetConfigurations } from "../configuration-rows.ts";
import { parseFunctionName, parseUnqualified } from "../names.ts";
import type { LambdaHandlers, LambdaParts } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { findVersion, toVersion } from "./qualifiers.ts";
import { refuseNotBuilt } from "../functions/settings.ts";
import { describeInList, getFunction, refuseWhileSettling, revisionOf, type FunctionRecord, type Settings } from "../functions/state.ts";

/** The newest version, if it is there and is what $LATEST is now. */
function* findUnchanged(latest: FunctionRecord): Operation<FunctionRecord | undefined> {
  const row = yield* sqlOne(
    "select * from lambda_version natural join lambda_version_count where account = ? and region = ? and name = ? and version = last",
    latest.account, latest.region, latest.name,
  );
  const isSame = row !== undefined && row["code_sha256"] === latest.code.sha256Base64 && isDeepStrictEqual(JSON.parse(row["configuration"] as string) as Settings, latest.settings);
  return isSame ? toVersion(row, latest) : undefined;
}

/** "Version numbers are never reused, even for a function that has been deleted and recreated" (developer guide, "Function versions"). */
function* nextNumber({ account, region, name }: FunctionRecord): Operation<number> {
  const rows = yield* sql("insert into lambda_version_count (account, region, name, last) values (?, ?, ?, 1) on conflict do update set last = last + 1 returning last", account, region, name);
  return rows[0]!["last"] as number;
}

/** A copy of $LATEST as it is configured now, or the newest version when nothing changed since. It has a policy of its own, empty at first. */
export function* publish({ clock, random, settleMs }: Pick<LambdaParts, "clock" | "random" | "settleMs">, latest: FunctionRecord, description?: string): Operation<FunctionRecord> {
  const unchanged = yield* findUnchanged(latest);
  if (unchanged !== undefined) return unchanged;
  const { account, region, name, settings, code } = latest;
  yield* refuseBeyondCodeStorage(latest, code.size);
  const rows = yield* sql(
    `insert into lambda_version (account, region, name, version, revision_id, settled_revision_id, deployment_id, configuration, description, code_blob_id, code_sha256, code_size, settles_at, last_modified)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *`,
    account, region, name, yield* nextNumber(latest), random.uuid(), random.uuid(), random.uuid(), JSON.stringify(settings), description ?? settings.Description,
    code.blobId, code.sha256Base64, code.size, clock.now() + settleMs, clock.now(),
  );
  return toVersion(rows[0]!, latest);
}

/** Resolves to whether there was one. An alias that points to it, by weight too, keeps it. */
export function* deleteVersion({ garbage }: Pick<LambdaParts, "garbage">, latest: FunctionRecord, version: string): Operation<boolean> {
  const { account, region, name } = latest;
  const aliases = yield* sql("select alias from lambda_alias where account = ? and region = ? and name = ? and (version = ? or other_version = ?) order by alias", account, region, name, version, version);
  if (aliases.length > 0) throw conflict(`Unable to delete version because the following aliases reference it: [${aliases.map((row) => row["alias"] as string).join(", ")}]`);
  const found = yield* findVersion(latest, version);
  if (found === undefined) return false;
  yield* garbage.add(found.code.blobId);
  yield* sql("delete from lambda_version where account = ? and region = ? and name = ? and version = ?", account, region, name, Number(version));
  yield* forgetConfigurations(latest, version);
  return true;
}

/** In the commit that deletes the function. */
export function* deleteVersionsAndAliases({ garbage }: Pick<LambdaParts, "garbage">, { account, region, name }: FunctionRecord): Operation<void> {
  const versions = yield* sql("delete from lambda_version where account = ? and region = ? and name = ? returning code_blob_id", account, region, name);
  for (const row of versions) yield* garbage.add(row["code_blob_id"] as string);
  yield* sql("delete from lambda_alias where account = ? and region = ? and name = ?", account, region, name);
}

/** In the order of lists, $LATEST stands before the others. */
const numberOf = ({ version }: FunctionRecord): string => (version === "$LATEST" ? "0" : version);

/** What `versionsOfAll` goes on behind. */
export const placeInAll = (record: FunctionRecord): string => `${record.name}:${numberOf(record)}`;

/** All functions of a place with all their versions, by name and number, behind the one that is named: so many, and one more. */
export function* versionsOfAll(at: { account: string; region: string }, marker: string | undefined, most: number): Operation<FunctionRecord[]> {
  const [name = "", version = "-1"] = marker?.split(":") ?? [];
  const rows = yield* sql(
    `select name, 0 as version from lambda_function where account = ? and region = ? and (name, 0) > (?, ?)
     union all select name, version from lambda_version where account = ? and region = ? and (name, version) > (?, ?) order by name, version limit ?`,
    at.account, at.region, name, Number(version), at.account, at.region, name, Number(version), most + 1,
  );
  const records: FunctionRecord[] = [];
  for (const row of rows) records.push(yield* getFunction(at, row["name"] as string, row["version"] === 0 ? undefined : String(row["version"])));
  return records;
}

/** Copies of a function that never change. */
export const versionHandlers = (lambda: LambdaParts) => {
  const { store, tell, clock } = lambda;

  const checkCode = ({ code }: FunctionRecord, sha256: string | undefined) => {
    if (sha256 === undefined || sha256 === "" || sha256 === code.sha256Base64) return;
    throw invalid(`CodeSHA256 (${sha256}) is different from current CodeSHA256 in $LATEST (${code.sha256Base64}). Please try again with the CodeSHA256 in $LATEST.`);
  };

  return {
    async PublishVersion(input, context) {
      refuseNotBuilt(input);
      const at = parseUnqualified(input.FunctionName!, context);
      const version = await store.run(function* () {
        const latest = yield* getFunction(at, at.name);
        checkCode(latest, input.CodeSha256);
        if (input.RevisionId !== undefined && input.RevisionId !== revisionOf(latest, clock)) throw revisionDiffers("GetFunction/GetAlias");
        refuseWhileSettling(latest, clock);
        return yield* publish(lambda, latest, input.Description);
      });
      return tell(version, { qualifier: version.version });
    },

    async ListVersionsByFunction(input, context) {
      const at = parseFunctionName(input.FunctionName!, context);
      const most = Math.min(input.MaxItems ?? FUNCTIONS_PAGE_MAX, FUNCTIONS_PAGE_MAX);
      const after = Number(readMarker(input.Marker) ?? -1);
      const records = await store.run(function* () {
        const latest = yield* getFunction(at, at.name);
        const rows = yield* sql("select * from lambda_version where account = ? and region = ? and name = ? and version > ? order by version limit ?", at.account, at.region, at.name, after, most + 1);
        return [...(after < 0 ? [latest] : []), ...rows.map((row) => toVersion(row, latest))];
      });
      const { page, next } = cutPage(records, most, numberOf);
      return { Versions: page.map((record) => describeInList(record, clock, { qualifier: record.version })), ...next };
    },
  } satisfies LambdaHandlers;
};
