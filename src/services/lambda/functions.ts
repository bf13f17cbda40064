import { seal } from "../../iam/seal.ts";
import { ApiError, isApiError } from "../../kit/api-error.ts";
import { serviceCaller } from "../../kit/caller.ts";
import { FUNCTION_SETTLE_MS } from "../../kit/limits.ts";
import { sql, type Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { storeCode } from "./code.ts";
import { parseFunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";
import { applySettings, defaultSettings, refuseNotBuilt } from "./settings.ts";
import { describe, findFunction, functionNotFound, getFunction, isSettling, toFunction, type FunctionRecord } from "./state.ts";

const LIST_MAX = 50;
const CODE_LINK_MS = 10 * 60 * 1000;

const invalid = (message: string): ApiError => new ApiError("InvalidParameterValueException", message, { status: 400, members: { Type: "User" } });
const conflict = (message: string): ApiError => new ApiError("ResourceConflictException", message, { status: 409, members: { Type: "User" } });

/** Create, read, update, delete, list: what there is and how it is configured. */
export const functionHandlers = (needs: LambdaNeeds) => {
  const { store, blobs, call, scheduler, clock, wall, random, sessionKey } = needs;

  const checkRole = async (role: string, { account, region }: RequestContext) => {
    try {
      await call("sts", "AssumeRole", { RoleArn: role, RoleSessionName: "lambda" }, { as: serviceCaller("lambda.amazonaws.com", account), region });
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw invalid(
        `The role defined for the function cannot be assumed by Lambda. Create ${role} with a trust policy that lets the service lambda.amazonaws.com do sts:AssumeRole (aws iam create-role --assume-role-policy-document …), then try again.`,
      );
    }
  };
  const refuseWhileUpdating = (record: FunctionRecord) => {
    if (isSettling(record, clock)) throw conflict(`The operation cannot be performed at this time. An update is in progress for resource: ${record.arn}`);
  };
  const checkRevision = (record: FunctionRecord, revisionId: string | undefined) => {
    if (revisionId !== undefined && revisionId !== record.revisionId) {
      throw new ApiError("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id", { status: 412 });
    }
  };

  /** Packages that no function names any more: written down in the commit that let them go, removed after it. */
  function* releaseBlob(blobId: string): Operation<void> {
    yield* sql("insert into lambda_blob_garbage (blob_id) values (?) on conflict do nothing", blobId);
  }
  const collectGarbage = async () => {
    const rows = await store.run(() => sql("select blob_id from lambda_blob_garbage where blob_id not in (select code_blob_id from lambda_function)"));
    for (const row of rows) {
      await blobs.remove(row["blob_id"] as string);
      await store.run(() => sql("delete from lambda_blob_garbage where blob_id = ?", row["blob_id"]!));
    }
  };

  function* save(record: FunctionRecord): Operation<FunctionRecord> {
    const rows = yield* sql(
      `update lambda_function set revision_id = ?, configuration = ?, code_blob_id = ?, code_sha256 = ?, code_size = ?, settles_at = ?, is_created = 1, last_modified = ?
       where account = ? and region = ? and name = ? returning *`,
      random.uuid(), JSON.stringify(record.settings), record.code.blobId, record.code.sha256Base64, record.code.size, clock.now() + FUNCTION_SETTLE_MS, clock.now(), record.account, record.region, record.name,
    );
    return toFunction(rows[0]!);
  }
  const unqualified = (name: string, context: RequestContext) => {
    const parsed = parseFunctionName(name, context);
    if (parsed.qualifier !== undefined && parsed.qualifier !== "$LATEST") throw functionNotFound(`${name}`);
    return { at: { account: parsed.account, region: context.region }, name: parsed.name };
  };

  return {
    async CreateFunction(input, context) {
      if (input.PackageType === "Image") throw new ApiError("NotImplemented", "Functions from container images are not built in this version of lambdad: use a zip package", { status: 501 });
      if (input.Publish === true) throw new ApiError("NotImplemented", "Publishing versions is not built in this version of lambdad: leave Publish out", { status: 501 });
      const { name } = unqualified(input.FunctionName!, context);
      const settings = applySettings(defaultSettings(name), input);
      const at = { account: context.account, region: context.region };
      const exists = () => conflict(`Function already exist: ${name}`);
      if ((await store.run(() => findFunction(at, name))) !== undefined) throw exists();
      await checkRole(settings.Role, context);
      const code = await storeCode(needs, input.Code!, context);
      const record = await store.run(function* () {
        if ((yield* findFunction(at, name)) !== undefined) {
          yield* releaseBlob(code.blobId);
          return undefined;
        }
        const rows = yield* sql(
          `insert into lambda_function (account, region, name, revision_id, configuration, tags, code_blob_id, code_sha256, code_size, settles_at, is_created, last_modified)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) returning *`,
          at.account, at.region, name, random.uuid(), JSON.stringify(settings), JSON.stringify(input.Tags ?? {}), code.blobId, code.sha256Base64, code.size, clock.now() + FUNCTION_SETTLE_MS, clock.now(),
        );
        return toFunction(rows[0]!);
      });
      if (record === undefined) {
        await collectGarbage();
        throw exists();
      }
      return describe(record, clock);
    },

    async GetFunction(input, context) {
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      const record = await store.run(() => getFunction({ ...parsed, region: context.region }, parsed.name, parsed.qualifier));
      const token = seal(sessionKey, { blobId: record.code.blobId, size: record.code.size, expiresAt: wall.now() + CODE_LINK_MS }, random);
      return {
        Configuration: describe(record, clock, parsed),
        Code: { RepositoryType: "S3", Location: `${context.endpoint}/_lambdad/code/${token}` },
        ...(Object.keys(record.tags).length === 0 ? {} : { Tags: record.tags }),
      };
    },

    async GetFunctionConfiguration(input, context) {
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      return describe(await store.run(() => getFunction({ ...parsed, region: context.region }, parsed.name, parsed.qualifier)), clock, parsed);
    },

    async ListFunctions(input, context) {
      if (input.MasterRegion !== undefined && input.MasterRegion !== "ALL" && input.MasterRegion !== context.region) return { Functions: [] };
      const most = Math.min(input.MaxItems ?? LIST_MAX, LIST_MAX);
      const after = input.Marker === undefined ? "" : Buffer.from(input.Marker, "base64url").toString("utf8");
      const rows = await store.run(() => sql("select * from lambda_function where account = ? and region = ? and name > ? order by name limit ?", context.account, context.region, after, most + 1));
      const records = rows.slice(0, most).map(toFunction);
      return {
        Functions: records.map((record) => {
          const { State: _state, LastUpdateStatus: _status, StateReason: _reason, StateReasonCode: _code, LastUpdateStatusReason: _why, RuntimeVersionConfig: _version, ...listed } = describe(record, clock, input.FunctionVersion === "ALL" ? { qualifier: "$LATEST" } : {});
          return listed;
        }),
        ...(rows.length > most ? { NextMarker: Buffer.from(records.at(-1)!.name).toString("base64url") } : {}),
      };
    },

    async UpdateFunctionCode(input, context) {
      if (input.Publish === true) throw new ApiError("NotImplemented", "Publishing versions is not built in this version of lambdad: leave Publish out", { status: 501 });
      const { at, name } = unqualified(input.FunctionName!, context);
      const before = await store.run(() => getFunction(at, name));
      refuseWhileUpdating(before);
      checkRevision(before, input.RevisionId);
      const code = await storeCode(needs, input, context);
      if (input.DryRun === true) {
        await store.run(() => releaseBlob(code.blobId));
        await collectGarbage();
        return describe({ ...before, code }, clock);
      }
      const record = await store.run(function* () {
        const current = yield* getFunction(at, name);
        refuseWhileUpdating(current);
        checkRevision(current, input.RevisionId);
        yield* releaseBlob(current.code.blobId);
        const settings = input.Architectures === undefined ? current.settings : { ...current.settings, Architectures: input.Architectures as ("x86_64" | "arm64")[] };
        return yield* save({ ...current, settings, code });
      });
      scheduler.retire(record.arn, record.revisionId);
      await collectGarbage();
      return describe(record, clock);
    },

    async UpdateFunctionConfiguration(input, context) {
      refuseNotBuilt(input);
      const { at, name } = unqualified(input.FunctionName!, context);
      const before = await store.run(() => getFunction(at, name));
      if (input.Role !== undefined && input.Role !== before.settings.Role) await checkRole(input.Role, context);
      const record = await store.run(function* () {
        const current = yield* getFunction(at, name);
        refuseWhileUpdating(current);
        checkRevision(current, input.RevisionId);
        return yield* save({ ...current, settings: applySettings(current.settings, input) });
      });
      scheduler.retire(record.arn, record.revisionId);
      return describe(record, clock);
    },

    async DeleteFunction(input, context) {
      const { at, name } = unqualified(input.FunctionName!, context);
      if (input.Qualifier !== undefined) throw input.Qualifier === "$LATEST" ? invalid("$LATEST version cannot be deleted without deleting the function.") : functionNotFound(`${name}:${input.Qualifier}`);
      const record = await store.run(function* () {
        const current = yield* getFunction(at, name);
        yield* releaseBlob(current.code.blobId);
        yield* sql("delete from lambda_function where account = ? and region = ? and name = ?", at.account, at.region, name);
        return current;
      });
      scheduler.retire(record.arn);
      await collectGarbage();
      return { StatusCode: 204 };
    },
  } satisfies LambdaHandlers;
};
