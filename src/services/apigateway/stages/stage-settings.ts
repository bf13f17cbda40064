import type { CreateStageRequest } from "@aws-sdk/client-api-gateway";
import { parseArn } from "../../../kit/arn.ts";
import { STAGE_VARIABLE_NAME_CHARACTERS_MAX, STAGE_VARIABLE_VALUE_CHARACTERS_MAX } from "../../../kit/limits/apis.ts";
import type { StoredRestStage } from "../../../plumber/apis/rest-api.ts";
import { findItem, findPart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { ACCOUNT_SETTINGS, type StoredAccount } from "../account-settings.ts";
import { badRequest, notBuilt, notIdentified } from "../errors.ts";
import { given } from "../given.ts";
import type { RestApiRecord } from "../needs.ts";
import { checkTags } from "../tag-rules.ts";

/** As AWS fills it in. */
export const stageFrom = (input: Omit<CreateStageRequest, "restApiId" | "stageName" | "deploymentId"> & { stageName: string | undefined; deploymentId: string | undefined }, now: number): StoredRestStage => ({
  ...given(input),
  cacheClusterEnabled: input.cacheClusterEnabled ?? false,
  cacheClusterStatus: "NOT_AVAILABLE",
  methodSettings: {},
  tracingEnabled: input.tracingEnabled ?? false,
  tags: checkTags(input.tags ?? {}),
  createdAt: now,
  lastUpdatedAt: now,
});

const VALUE = /^[A-Za-z0-9\-._~:/?#&=, ]*$/;

export const checkVariables = (variables: Readonly<Record<string, string>> = {}): void => {
  for (const [name, value] of Object.entries(variables)) {
    if (!/^[a-zA-Z0-9_]+$/.test(name) || name.length > STAGE_VARIABLE_NAME_CHARACTERS_MAX) throw badRequest(`Invalid stage variable name: ${name}. Please use names with only word characters.`);
    if (!VALUE.test(value) || value.length > STAGE_VARIABLE_VALUE_CHARACTERS_MAX) {
      throw badRequest(`Invalid stage variable value of key ${name}.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.`);
    }
  }
};

const checkAccessLog = ({ accessLogSettings: settings }: StoredRestStage): void => {
  if (settings === undefined || settings.destinationArn === undefined) return;
  const arn = parseArn(settings.destinationArn);
  if (arn?.service === "firehose") throw notBuilt("Access logging to Firehose", "there are no delivery streams; name a log group");
  if (arn?.service !== "logs" || !arn.resource.startsWith("log-group:")) throw badRequest("Invalid ARN specified in the request. The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream ARN.");
  if (settings.format !== undefined && !/\$context\.(requestId|extendedRequestId)\b/.test(settings.format)) throw badRequest(`Access Log format must include either $context.requestId or $context.extendedRequestId : '${settings.format}'`);
};

const logsAnything = ({ accessLogSettings, methodSettings = {} }: StoredRestStage): boolean =>
  accessLogSettings?.destinationArn !== undefined || Object.values(methodSettings).some(({ loggingLevel = "OFF" }) => loggingLevel !== "OFF");

const checkCanary = ({ canarySettings }: StoredRestStage): void => {
  if (canarySettings === undefined) return;
  const { percentTraffic = 0, stageVariableOverrides } = canarySettings;
  if (!(percentTraffic >= 0 && percentTraffic <= 100)) throw badRequest("Percent traffic should be between 0.0 and 100.0");
  checkVariables(stageVariableOverrides);
};

const checkMembers = (stage: StoredRestStage): void => {
  const { stageName = "", variables, cacheClusterEnabled } = stage;
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(stageName)) throw badRequest("Stage name only allows a-zA-Z0-9_");
  if (cacheClusterEnabled === true) throw notBuilt("The cache cluster of a stage", "answers are not kept; leave cacheClusterEnabled out, or use a cache of the function's own");
  checkVariables(variables);
  checkAccessLog(stage);
  checkCanary(stage);
};

/** A canary begins as what the stage serves, with no traffic. */
const withCanary = (stage: StoredRestStage): StoredRestStage =>
  stage.canarySettings === undefined ? stage : { ...stage, canarySettings: { percentTraffic: 0, useStageCache: false, ...stage.canarySettings, deploymentId: stage.canarySettings.deploymentId ?? stage.deploymentId } };

/** The stage as it is kept: every name in it is of something that is there. */
export function* checkStage(api: RestApiRecord, given: StoredRestStage): Operation<StoredRestStage> {
  const stage = withCanary(given);
  checkMembers(stage);
  const { apiId } = api;
  for (const id of [stage.deploymentId, stage.canarySettings?.deploymentId]) {
    if (id !== undefined && (yield* findPart(apiId, "deployment", id)) === undefined) throw notIdentified("Deployment");
  }
  if (stage.documentationVersion !== undefined && (yield* findPart(apiId, "documentation-version", stage.documentationVersion)) === undefined) throw notIdentified("Documentation version");
  if (stage.clientCertificateId !== undefined) throw notIdentified("Client Certificate");
  const account = logsAnything(stage) ? yield* findItem<StoredAccount>(api, ACCOUNT_SETTINGS, ACCOUNT_SETTINGS) : undefined;
  if (logsAnything(stage) && account?.cloudwatchRoleArn === undefined) throw badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging");
  return stage;
}
