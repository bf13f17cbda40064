import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { RuntimeVersions, RuntimeWish } from "../../../executor/runtime-versions.ts";
import { isApiError } from "../../../kit/api-error.ts";
import { sql, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { invalid } from "../errors.ts";
import { isVersion, parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds, LambdaParts } from "../needs.ts";
import { describe, getFunction, refuseWhileSettling, type FunctionRecord, type Settings } from "./state.ts";

/** What the executor is told of a function's settings: a version that is pinned by hand must be there, one that an update left is only kept to while it is. */
export const runtimeWishOf = ({ Runtime, RuntimeManagement }: Settings, region: string): RuntimeWish => ({
  runtime: Runtime, region,
  ...(RuntimeManagement?.RuntimeVersionArn === undefined ? {} : { runtimeVersion: { arn: RuntimeManagement.RuntimeVersionArn, isRequired: RuntimeManagement.UpdateRuntimeOn === "Manual" } }),
});

/** A configuration with the version of the runtime that runs it, as INIT_START logs it; or why there is none here. */
export type Tell = (record: FunctionRecord, options?: { qualifier?: string | undefined }) => Promise<FunctionConfiguration>;

export const createTell = ({ runtimeVersions, clock }: Pick<LambdaNeeds, "runtimeVersions" | "clock">): Tell => async (record, options) => {
  const versionConfig = runtimeVersions.of(runtimeWishOf(record.settings, record.region)).then(
    ({ arn }) => ({ RuntimeVersionArn: arn }),
    (error: unknown) => {
      if (!isApiError(error)) throw error;
      return { Error: { ErrorCode: error.code, Message: error.message } };
    },
  );
  return { ...describe(record, clock, options), RuntimeVersionConfig: await versionConfig };
};

/** The version that runs a runtime now; undefined when none does. */
const currentArn = async (runtimeVersions: RuntimeVersions, runtime: string, region: string): Promise<string | undefined> => {
  try {
    return (await runtimeVersions.of({ runtime, region })).arn;
  } catch (error) {
    if (!isApiError(error)) throw error;
    return undefined;
  }
};

const followingUpdates = (arn: string | undefined): NonNullable<Settings["RuntimeManagement"]> => ({ UpdateRuntimeOn: "FunctionUpdate", ...(arn === undefined ? {} : { RuntimeVersionArn: arn }) });

/** What an update makes of the settings: a function that follows its updates gets the version that is here now. Ask before the commit. */
export const createRuntimeUpdate = ({ runtimeVersions }: Pick<LambdaNeeds, "runtimeVersions">) => async ({ settings, region }: FunctionRecord, runtime = settings.Runtime): Promise<(after: Settings) => Settings> => {
  if (settings.RuntimeManagement?.UpdateRuntimeOn !== "FunctionUpdate") return (after) => after;
  const arn = await currentArn(runtimeVersions, runtime, region);
  return (after) => ({ ...after, RuntimeManagement: followingUpdates(arn) });
};

/** "You can't change the CPU architecture or runtime" of a function that is pinned ("Rolling back a Lambda runtime version"). */
export const refuseWhilePinned = (before: Settings, change: { Runtime?: string | undefined; Architectures?: readonly string[] | undefined }): void => {
  if (before.RuntimeManagement?.UpdateRuntimeOn !== "Manual") return;
  const changed = change.Runtime !== undefined && change.Runtime !== before.Runtime ? "runtime" : change.Architectures !== undefined && change.Architectures[0] !== before.Architectures[0] ? "architecture" : undefined;
  if (changed !== undefined) throw invalid(`The ${changed} of a function cannot be changed while its runtime update mode is Manual. Set the mode to Auto or FunctionUpdate (PutRuntimeManagementConfig) and try again.`);
};

const placeOf = (name: string, context: RequestContext, qualifier: string | undefined): FunctionName => {
  const at = parseFunctionName(name, context, qualifier);
  if (at.qualifier !== undefined && !isVersion(at.qualifier)) throw invalid(`A runtime management configuration belongs to a version, not to an alias. Name $LATEST or a version's number instead of ${at.qualifier}.`);
  return at;
};

const answer = (at: FunctionName, { RuntimeManagement }: Settings) => ({
  UpdateRuntimeOn: RuntimeManagement?.UpdateRuntimeOn ?? ("Auto" as const),
  FunctionArn: at.arn,
  RuntimeVersionArn: RuntimeManagement?.UpdateRuntimeOn === "Manual" ? RuntimeManagement.RuntimeVersionArn : undefined,
});

/** When a function gets another version of its runtime. */
export const runtimeManagementHandlers = ({ store, scheduler, provisioning, runtimeVersions, clock, random }: LambdaParts) => {
  /** Another deployment: environments that run the version of before are not used again. */
  function* write({ account, region, name, version }: FunctionRecord, settings: Settings): Operation<string> {
    const deploymentId = random.uuid();
    const text = JSON.stringify(settings);
    if (version === "$LATEST") yield* sql("update lambda_function set configuration = ?, deployment_id = ? where account = ? and region = ? and name = ?", text, deploymentId, account, region, name);
    else yield* sql("update lambda_version set configuration = ?, deployment_id = ? where account = ? and region = ? and name = ? and version = ?", text, deploymentId, account, region, name, Number(version));
    return deploymentId;
  }

  return {
    async PutRuntimeManagementConfig(input, context) {
      const { UpdateRuntimeOn: mode, RuntimeVersionArn: pinned } = input;
      if (mode === "Manual" && pinned === undefined) throw invalid("Missing runtime version ARN. A runtime version ARN is required when UpdateRuntimeVersionOn=Manual. Provide a valid runtime version ARN and retry the request.");
      if (mode !== "Manual" && pinned !== undefined) throw invalid(`Unexpected runtime version ARN when UpdateRuntimeVersionOn=${mode}. Remove the runtime version ARN and retry the request.`);
      const at = placeOf(input.FunctionName!, context, input.Qualifier);
      const before = await store.read(() => getFunction(at, at.name, at.qualifier));
      const { Runtime } = before.settings;
      if (pinned !== undefined && !(await runtimeVersions.has(Runtime, at.region, pinned))) {
        // Which are here, GetFunctionConfiguration tells.
        throw invalid(`Invalid runtime version ARN (${pinned}). Check the runtime version ARN and retry the request.`);
      }
      const management = mode === "Auto" ? undefined : mode === "Manual" ? { UpdateRuntimeOn: "Manual" as const, RuntimeVersionArn: pinned! } : followingUpdates(await currentArn(runtimeVersions, Runtime, at.region));
      const { record, settings, deploymentId } = await store.run(function* () {
        const record = yield* getFunction(at, at.name, at.qualifier);
        refuseWhileSettling(record, clock);
        const { RuntimeManagement: _before, ...rest } = record.settings;
        const settings: Settings = management === undefined ? rest : { ...rest, RuntimeManagement: management };
        return { record, settings, deploymentId: yield* write(record, settings) };
      });
      scheduler.retire(record.arn, { version: record.version, keep: deploymentId });
      await provisioning.follow(record);
      return answer(at, settings);
    },

    async GetRuntimeManagementConfig(input, context) {
      const at = placeOf(input.FunctionName!, context, input.Qualifier);
      return answer(at, (await store.read(() => getFunction(at, at.name, at.qualifier))).settings);
    },
  } satisfies LambdaHandlers;
};
