import type { GetFunctionResponse } from "@aws-sdk/client-lambda";
import { isApiError } from "../../../kit/api-error.ts";
import { functionArn } from "../../../kit/arn.ts";
import { FUNCTION_NAME_CHARACTERS_MAX, FUNCTIONS_PAGE_MAX } from "../../../kit/limits/lambda.ts";
import { sql } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { checkCode, linkTo, storeCode } from "./code.ts";
import { refuseBeyondCodeStorage } from "./code-storage.ts";
import { conflict, invalid, notBuilt, validationFailed } from "../errors.ts";
import { checkUnzippedSize, withLayers } from "./function-layers.ts";
import { forgetConfigurations } from "../configuration-rows.ts";
import { checkDeadLetterQueue } from "../invocation/dead-letter.ts";
import { isVersion, parseFunctionName, parseUnqualified } from "../names.ts";
import type { LambdaHandlers, LambdaParts } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { resourceTagKeys } from "../policies/permission-keys.ts";
import { checkRole } from "./role.ts";
import { refuseUnsigned, requireCodeSigningConfig } from "../code-signing/signatures.ts";
import { applySettings, defaultSettings } from "./settings.ts";
import { describeInList, findFunction, getFunction, toFunction, type FunctionRecord } from "./state.ts";
import { checkTags } from "./tags.ts";
import { toTarget } from "../versions/resolve.ts";
import { deleteVersion, deleteVersionsAndAliases, placeInAll, publish, versionsOfAll } from "../versions/versions.ts";

const isGiven = (text: string | undefined): text is string => text !== undefined && text !== "";

/** Create, read, list, delete: what there is. */
export const functionHandlers = (lambda: LambdaParts) => {
  const { store, blobs, scheduler, limits, garbage, provisioning, tell, clock, random, settleMs } = lambda;

  const look = (name: string, qualifier: string | undefined, context: RequestContext) => {
    const parsed = parseFunctionName(name, context, qualifier);
    return store.run(function* () {
      return { parsed, record: yield* getFunction(parsed, parsed.name, parsed.qualifier) };
    });
  };

  /** "Lambda returns tag data only if you have explicit allow permissions for lambda:ListTags" (GetFunction, API reference). */
  const tagsOf = async ({ arn, tags }: FunctionRecord, context: RequestContext): Promise<Pick<GetFunctionResponse, "Tags" | "TagsError">> => {
    if (Object.keys(tags).length === 0) return {};
    const refusal = await context.refusalOf({ action: "lambda:ListTags", resource: arn, context: resourceTagKeys(tags) });
    return refusal === undefined ? { Tags: tags } : { TagsError: { ErrorCode: refusal.code, Message: refusal.message } };
  };

  return {
    async CreateFunction(input, context) {
      if (input.PackageType === "Image") throw notBuilt("A function from a container image (PackageType Image)", "use a zip package");
      const { name } = parseUnqualified(input.FunctionName!, context);
      if (name.length > FUNCTION_NAME_CHARACTERS_MAX) throw validationFailed([`Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${FUNCTION_NAME_CHARACTERS_MAX}`]);
      const applied = applySettings(defaultSettings(name), input);
      const tags = checkTags(input.Tags ?? {});
      const at = { account: context.account, region: context.region };
      const exists = () => conflict(`Function already exist: ${name}`);
      if ((await store.run(() => findFunction(at, name))) !== undefined) throw exists();
      await checkRole(lambda, applied.Role, context);
      if (applied.DeadLetterConfig !== undefined) await checkDeadLetterQueue(lambda, applied.Role, name, applied.DeadLetterConfig.TargetArn, context);
      const checked = await checkCode(lambda, input.Code!, context);
      const code = await storeCode(lambda, checked);
      const record = await store.run(function* () {
        if ((yield* findFunction(at, name)) !== undefined) throw exists();
        const codeSigningConfigId = isGiven(input.CodeSigningConfigArn) ? (yield* requireCodeSigningConfig(input.CodeSigningConfigArn, at)).id : undefined;
        if (codeSigningConfigId !== undefined) yield* refuseUnsigned({ ...at, name, codeSigningConfigId });
        const settings = yield* withLayers(applied, input.Layers, context);
        checkUnzippedSize(settings, checked.unzippedBytes);
        yield* refuseBeyondCodeStorage(at, code.size);
        const rows = yield* sql(
          `insert into lambda_function (account, region, name, revision_id, settled_revision_id, deployment_id, configuration, tags, code_blob_id, code_sha256, code_size, settles_at, is_created, last_modified, code_signing_config_id)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?) returning *`,
          at.account, at.region, name, random.uuid(), random.uuid(), random.uuid(), JSON.stringify(settings), JSON.stringify(tags), code.blobId, code.sha256Base64, code.size, clock.now() + settleMs, clock.now(), codeSigningConfigId ?? null,
        );
        const latest = toFunction(rows[0]!);
        return input.Publish === true ? yield* publish(lambda, latest) : latest;
      }).catch(async (error: unknown) => {
        // A refusal has committed nothing. After any other failure nobody knows: the next start looks at whether a row names it.
        if (isApiError(error)) await blobs.remove(code.blobId);
        throw error;
      });
      blobs.keep(code.blobId);
      scheduler.prepare(toTarget(record, clock));
      return tell(record);
    },

    async GetFunction(input, context) {
      const { parsed, record } = await look(input.FunctionName!, input.Qualifier, context);
      return {
        Configuration: await tell(record, parsed),
        Code: { RepositoryType: "S3", Location: linkTo(lambda, record.code, context) },
        ...(await tagsOf(record, context)),
        // Of the whole function: by a qualifier it is not told.
        ...(record.reservedConcurrency === undefined || parsed.qualifier !== undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency } }),
      };
    },

    async GetFunctionConfiguration(input, context) {
      const { parsed, record } = await look(input.FunctionName!, input.Qualifier, context);
      return tell(record, parsed);
    },

    async ListFunctions(input, context) {
      // There are no functions of Lambda@Edge here: none has another master region.
      if (input.MasterRegion !== undefined && input.MasterRegion !== "ALL" && input.MasterRegion !== context.region) return { Functions: [] };
      const most = Math.min(input.MaxItems ?? FUNCTIONS_PAGE_MAX, FUNCTIONS_PAGE_MAX);
      const marker = readMarker(input.Marker);
      if (input.FunctionVersion === "ALL") {
        const { page, next } = cutPage(await store.run(() => versionsOfAll(context, marker, most)), most, placeInAll);
        return { Functions: page.map((record) => describeInList(record, clock, { qualifier: record.version })), ...next };
      }
      const rows = await store.run(() => sql("select * from lambda_function where account = ? and region = ? and name > ? order by name limit ?", context.account, context.region, marker ?? "", most + 1));
      const { page, next } = cutPage(rows.map(toFunction), most, ({ name }) => name);
      return { Functions: page.map((record) => describeInList(record, clock)), ...next };
    },

    async DeleteFunction(input, context) {
      const { account, region, name, qualifier, arn } = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      if (qualifier === "$LATEST") throw invalid("$LATEST version cannot be deleted without deleting the function.");
      if (qualifier !== undefined && !isVersion(qualifier)) throw invalid("Deletion of aliases is not currently supported.");
      const at = { account, region };
      if (qualifier !== undefined) {
        // A version that is not there counts as deleted.
        const isDeleted = await store.run(function* () {
          return yield* deleteVersion(lambda, yield* getFunction(at, name), qualifier);
        });
        if (isDeleted) scheduler.retire(functionArn(at, name), { version: qualifier });
        await provisioning.follow({ ...at, name });
        await garbage.collect();
        return { StatusCode: 204 };
      }
      await store.run(function* () {
        const current = yield* getFunction(at, name);
        yield* garbage.add(current.code.blobId);
        if (current.previous !== undefined) yield* garbage.add(current.previous.code.blobId);
        yield* deleteVersionsAndAliases(lambda, current);
        yield* forgetConfigurations({ ...at, name });
        yield* sql("delete from lambda_function where account = ? and region = ? and name = ?", account, region, name);
      });
      limits.set({ ...at, name }, {});
      scheduler.retire(arn);
      await provisioning.follow({ ...at, name });
      await garbage.collect();
      return { StatusCode: 204 };
    },
  } satisfies LambdaHandlers;
};
