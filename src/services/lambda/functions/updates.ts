import { isApiError } from "../../../kit/api-error.ts";
import { sql, type Operation } from "../../../store/store.ts";
import { checkDeadLetterQueue } from "../invocation/dead-letter.ts";
import { checkCode, storeCode } from "./code.ts";
import { refuseBeyondCodeStorage } from "./code-storage.ts";
import { invalid, revisionDiffers } from "../errors.ts";
import { checkUnzippedSize, unzippedBytesOf, withLayers } from "./function-layers.ts";
import { parseUnqualified } from "../names.ts";
import type { LambdaHandlers, LambdaParts } from "../needs.ts";
import { checkRole } from "./role.ts";
import { createRuntimeUpdate, refuseWhilePinned } from "./runtime-management.ts";
import { refuseUnsigned } from "../code-signing/signatures.ts";
import { applySettings, deadLetterTarget, refuseNotBuilt } from "./settings.ts";
import { getFunction, refuseWhileSettling, revisionOf, toFunction, type Deployment, type FunctionRecord } from "./state.ts";
import { publish } from "../versions/versions.ts";

/** The two updates: one at a time, and what was there serves until it is done. */
export const updateHandlers = (lambda: LambdaParts) => {
  const { store, blobs, garbage, deployments, tell, clock, random, settleMs } = lambda;
  const runtimeUpdate = createRuntimeUpdate(lambda);

  const checkUpdate = (record: FunctionRecord, revisionId: string | undefined) => {
    if (revisionId !== undefined && revisionId !== revisionOf(record, clock)) throw revisionDiffers("GetFunction/GetAlias");
    refuseWhileSettling(record, clock);
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

  return {
    async UpdateFunctionCode(input, context) {
      refuseNotBuilt(input);
      const at = parseUnqualified(input.FunctionName!, context);
      const before = await store.run(() => getFunction(at, at.name));
      checkUpdate(before, input.RevisionId);
      if (input.ImageUri !== undefined) throw invalid("Please don't provide ImageUri when updating a function with packageType Zip.");
      const checked = await checkCode(lambda, input, context);
      const updateRuntime = await runtimeUpdate(before);
      const settingsOf = ({ settings }: Deployment) => {
        refuseWhilePinned(settings, input);
        checkUnzippedSize(settings, checked.unzippedBytes);
        return updateRuntime(input.Architectures === undefined ? settings : { ...settings, Architectures: input.Architectures as Deployment["settings"]["Architectures"] });
      };
      if (input.DryRun === true) await store.read(() => refuseUnsigned(before));
      if (input.DryRun === true) return tell({ ...before, settings: settingsOf(before), code: { ...checked, blobId: "" } });
      const code = await storeCode(lambda, checked);
      const { record, version } = await store.run(function* () {
        const current = yield* getFunction(at, at.name);
        checkUpdate(current, input.RevisionId);
        yield* refuseUnsigned(current);
        yield* refuseBeyondCodeStorage(current, code.size, current.code.size);
        const record = yield* update(current, { settings: settingsOf(current), code });
        return { record, version: input.Publish === true ? yield* publish(lambda, record) : undefined };
      }).catch(async (error: unknown) => {
        // A refusal has committed nothing. After any other failure nobody knows: the next start looks at whether a row names it.
        if (isApiError(error)) await blobs.remove(code.blobId);
        throw error;
      });
      blobs.keep(code.blobId);
      deployments.follow(record);
      return version === undefined ? tell(record) : tell(version, { qualifier: version.version });
    },

    async UpdateFunctionConfiguration(input, context) {
      const at = parseUnqualified(input.FunctionName!, context);
      const before = await store.run(() => getFunction(at, at.name));
      if (input.Role !== undefined && input.Role !== before.settings.Role) await checkRole(lambda, input.Role, context);
      const deadLetters = deadLetterTarget(before.settings, input);
      if (deadLetters !== undefined && (input.DeadLetterConfig !== undefined || input.Role !== undefined)) await checkDeadLetterQueue(lambda, input.Role ?? before.settings.Role, at.name, deadLetters, context);
      const updateRuntime = await runtimeUpdate(before, input.Runtime);
      const unzippedBytes = await unzippedBytesOf(lambda, before.code, input.Layers);
      const record = await store.run(function* () {
        const current = yield* getFunction(at, at.name);
        refuseWhilePinned(current.settings, input);
        const settings = updateRuntime(yield* withLayers(applySettings(current.settings, input), input.Layers, at));
        if (input.Layers !== undefined) checkUnzippedSize(settings, unzippedBytes);
        if ((input.Layers ?? []).length > 0) yield* refuseUnsigned(current);
        checkUpdate(current, input.RevisionId);
        return yield* update(current, { settings, code: current.code });
      });
      deployments.follow(record);
      return tell(record);
    },
  } satisfies LambdaHandlers;
};
