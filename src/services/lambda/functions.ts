import { seal } from "../../iam/seal.ts";
import { ApiError, isApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import { serviceCaller } from "../../kit/caller.ts";
import { FUNCTION_NAME_CHARACTERS_MAX, FUNCTION_SETTLE_MS, FUNCTIONS_PAGE_MAX } from "../../kit/limits.ts";
import { sql, type Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { checkCode, storeCode } from "./code.ts";
import { createDeployments } from "./deployments.ts";
import { conflict, functionNotFound, invalid, notBuilt, revisionDiffers, validationFailed } from "./errors.ts";
import { createGarbage } from "./garbage.ts";
import { isVersion, parseFunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";
import { applySettings, defaultSettings, refuseNotBuilt } from "./settings.ts";
import { describe, describeInList, findFunction, getFunction, isSettling, revisionOf, toFunction, type Deployment, type FunctionRecord } from "./state.ts";
import { checkTags } from "./tags.ts";

const CODE_LINK_MS = 10 * 60 * 1000;

/** Create, read, update, delete, list: what there is and how it is configured. */
export const functionHandlers = (needs: LambdaNeeds) => {
  const { store, blobs, call, scheduler, clock, wall, random, sessionKey, log, settleMs = FUNCTION_SETTLE_MS } = needs;
  const garbage = createGarbage(needs);
  const deployments = createDeployments({ store, scheduler, garbage, clock, log });
  const recovery = Promise.all([garbage.recover(), deployments.recover()]);
  recovery.catch((error: unknown) => log.warn("Lambda could not look for updates that a crash left: it tries again at the next start", { error: String(error) }));

  const checkRole = async (role: string, { account, region }: RequestContext) => {
    if (parseArn(role)?.account !== account) throw new ApiError("AccessDeniedException", "Cross-account pass role is not allowed.", { status: 403, members: { Type: "User" } });
    try {
      await call("sts", "AssumeRole", { RoleArn: role, RoleSessionName: "lambda" }, { as: serviceCaller("lambda.amazonaws.com", account), region });
    } catch (error) {
      if (!isApiError(error)) throw error;
      log.warn(`${role} cannot be assumed by Lambda: it must be there, and its trust policy must let the service lambda.amazonaws.com do sts:AssumeRole`, { reason: error.message });
      throw invalid("The role defined for the function cannot be assumed by Lambda.");
    }
  };
  const refuseWhileSettling = (record: FunctionRecord) => {
    if (!isSettling(record, clock)) return;
    throw conflict(`The operation cannot be performed at this time. ${record.isCreated ? `An update is in progress for resource: ${record.arn}` : "The function is currently in the following state: Pending"}`);
  };
  const checkUpdate = (record: FunctionRecord, revisionId: string | undefined) => {
    if (revisionId !== undefined && revisionId !== revisionOf(record, clock)) throw revisionDiffers("GetFunction/GetAlias");
    refuseWhileSettling(record);
  };

  /** What is configured now comes to serve when the update has settled; until then what is there does. */
  function* update(record: FunctionRecord, { settings, code }: Pick<Deployment, "settings" | "code">): Operation<FunctionRecord> {
    const previous: Deployment = { deploymentId: record.deploymentId, settings: record.settings, code: record.code };
    if (record.previous !== undefined) yield* garbage.add(record.previous.code.blobId);
    const rows = yield* sql(
      `update lambda_function set revision_id = ?, settled_revision_id = ?, deployment_id = ?, configuration = ?, code_blob_id = ?, code_sha256 = ?, code_size = ?,
       previous = ?, previous_blob_id = ?, settles_at = ?, is_created = 1, last_modified = ? where account = ? and region = ? and name = ? returning *`,
      random.uuid(), random.uuid(), random.uuid(), JSON.stringify(settings), code.blobId, code.sha256Base64, code.size,
      JSON.stringify(previous), previous.code.blobId, clock.now() + settleMs, clock.now(), record.account, record.region, record.name,
    );
    return toFunction(rows[0]!);
  }
  /** Operations on the function itself, not on a version of it. */
  const unqualified = (name: string, context: RequestContext) => {
    const { account, region, name: found, qualifier, arn } = parseFunctionName(name, context);
    if (qualifier !== undefined && qualifier !== "$LATEST") throw functionNotFound(arn);
    return { at: { account, region }, name: found };
  };
  const look = (name: string, qualifier: string | undefined, context: RequestContext) => {
    const parsed = parseFunctionName(name, context, qualifier);
    return store.run(function* () {
      return { parsed, record: yield* getFunction(parsed, parsed.name, parsed.qualifier) };
    });
  };

  return {
    async CreateFunction(input, context) {
      if (input.PackageType === "Image") throw notBuilt("A function from a container image (PackageType Image)", "use a zip package");
      const { name } = unqualified(input.FunctionName!, context);
      if (name.length > FUNCTION_NAME_CHARACTERS_MAX) throw validationFailed([`Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${FUNCTION_NAME_CHARACTERS_MAX}`]);
      const settings = applySettings(defaultSettings(name), input);
      const tags = checkTags(input.Tags ?? {});
      const at = { account: context.account, region: context.region };
      const exists = () => conflict(`Function already exist: ${name}`);
      if ((await store.run(() => findFunction(at, name))) !== undefined) throw exists();
      await checkRole(settings.Role, context);
      const code = await storeCode(needs, await checkCode(needs, input.Code!, context, "creating"));
      const record = await store.run(function* () {
        if ((yield* findFunction(at, name)) !== undefined) {
          yield* garbage.add(code.blobId);
          return undefined;
        }
        const rows = yield* sql(
          `insert into lambda_function (account, region, name, revision_id, settled_revision_id, deployment_id, configuration, tags, code_blob_id, code_sha256, code_size, settles_at, is_created, last_modified)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) returning *`,
          at.account, at.region, name, random.uuid(), random.uuid(), random.uuid(), JSON.stringify(settings), JSON.stringify(tags), code.blobId, code.sha256Base64, code.size, clock.now() + settleMs, clock.now(),
        );
        return toFunction(rows[0]!);
      });
      if (record === undefined) {
        await garbage.collect();
        throw exists();
      }
      blobs.keep(code.blobId);
      return describe(record, clock);
    },

    async GetFunction(input, context) {
      const { parsed, record } = await look(input.FunctionName!, input.Qualifier, context);
      const token = seal(sessionKey, { blobId: record.code.blobId, size: record.code.size, expiresAt: wall.now() + CODE_LINK_MS }, random);
      return {
        Configuration: describe(record, clock, parsed),
        Code: { RepositoryType: "S3", Location: `${context.endpoint}/_lambdad/code/${token}` },
        ...(Object.keys(record.tags).length === 0 ? {} : { Tags: record.tags }),
      };
    },

    async GetFunctionConfiguration(input, context) {
      const { parsed, record } = await look(input.FunctionName!, input.Qualifier, context);
      return describe(record, clock, parsed);
    },

    async ListFunctions(input, context) {
      // There are no functions of Lambda@Edge here: none has another master region.
      if (input.MasterRegion !== undefined && input.MasterRegion !== "ALL" && input.MasterRegion !== context.region) return { Functions: [] };
      const most = Math.min(input.MaxItems ?? FUNCTIONS_PAGE_MAX, FUNCTIONS_PAGE_MAX);
      const after = input.Marker === undefined ? "" : Buffer.from(input.Marker, "base64url").toString("utf8");
      const rows = await store.run(() => sql("select * from lambda_function where account = ? and region = ? and name > ? order by name limit ?", context.account, context.region, after, most + 1));
      const records = rows.slice(0, most).map(toFunction);
      return {
        Functions: records.map((record) => describeInList(record, clock, input.FunctionVersion === "ALL" ? { qualifier: "$LATEST" } : {})),
        ...(rows.length > most ? { NextMarker: Buffer.from(records.at(-1)!.name).toString("base64url") } : {}),
      };
    },

    async UpdateFunctionCode(input, context) {
      refuseNotBuilt(input);
      const { at, name } = unqualified(input.FunctionName!, context);
      const before = await store.run(() => getFunction(at, name));
      checkUpdate(before, input.RevisionId);
      const checked = await checkCode(needs, input, context, "updating");
      const settingsOf = ({ settings }: Deployment) => (input.Architectures === undefined ? settings : { ...settings, Architectures: input.Architectures as Deployment["settings"]["Architectures"] });
      if (input.DryRun === true) return describe({ ...before, settings: settingsOf(before), code: { ...checked, blobId: "" } }, clock);
      const code = await storeCode(needs, checked);
      const record = await store.run(function* () {
        const current = yield* getFunction(at, name);
        checkUpdate(current, input.RevisionId);
        return yield* update(current, { settings: settingsOf(current), code });
      }).catch(async (error: unknown) => {
        await blobs.remove(code.blobId);
        throw error;
      });
      blobs.keep(code.blobId);
      deployments.follow(record);
      return describe(record, clock);
    },

    async UpdateFunctionConfiguration(input, context) {
      refuseNotBuilt(input);
      const { at, name } = unqualified(input.FunctionName!, context);
      const before = await store.run(() => getFunction(at, name));
      if (input.Role !== undefined && input.Role !== before.settings.Role) await checkRole(input.Role, context);
      const record = await store.run(function* () {
        const current = yield* getFunction(at, name);
        const settings = applySettings(current.settings, input);
        checkUpdate(current, input.RevisionId);
        return yield* update(current, { settings, code: current.code });
      });
      deployments.follow(record);
      return describe(record, clock);
    },

    async DeleteFunction(input, context) {
      const { account, region, name, qualifier, arn } = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      if (qualifier === "$LATEST") throw invalid("$LATEST version cannot be deleted without deleting the function.");
      if (qualifier !== undefined && !isVersion(qualifier)) throw invalid("Deletion of aliases is not currently supported.");
      const at = { account, region };
      if (qualifier !== undefined) {
        // A version that is not there counts as deleted.
        await store.run(() => getFunction(at, name));
        return { StatusCode: 204 };
      }
      await store.run(function* () {
        const current = yield* getFunction(at, name);
        yield* garbage.add(current.code.blobId);
        if (current.previous !== undefined) yield* garbage.add(current.previous.code.blobId);
        yield* sql("delete from lambda_function where account = ? and region = ? and name = ?", account, region, name);
      });
      scheduler.retire(arn);
      await garbage.collect();
      return { StatusCode: 204 };
    },
  } satisfies LambdaHandlers;
};
