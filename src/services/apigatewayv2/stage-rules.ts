import type { AccessLogSettings, CreateStageRequest, RouteSettings, UpdateStageRequest } from "@aws-sdk/client-apigatewayv2";
import { parseArn } from "../../kit/arn.ts";
import type { StoredStage } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { badRequest, notBuilt, notFound } from "./errors.ts";
import { given, merged, mergedMap, picked } from "./merge.ts";
import { isWebSocket, type HttpApi } from "./needs.ts";
import { isRouteKey } from "./route-keys.ts";
import { checkTags } from "./tag-rules.ts";

const PLAIN = ["AccessLogSettings", "AutoDeploy", "ClientCertificateId", "DefaultRouteSettings", "DeploymentId", "Description", "RouteSettings", "StageVariables"] as const;
const NAME = /^[A-Za-z0-9_-]{1,128}$/;
const VARIABLE_NAME = /^\w{1,64}$/;
const VARIABLE_VALUE = /^[A-Za-z0-9\-._~:/?#&=,]+$/;

const checkName = (name: string | undefined, api: HttpApi) => {
  if (name === "$default" && !isWebSocket(api)) return;
  if (name === undefined || !NAME.test(name)) throw badRequest("Stage name only allows a-zA-Z0-9_");
};

const checkVariables = (variables: Readonly<Record<string, string>> = {}) => {
  for (const [name, value] of Object.entries(variables)) {
    if (!VARIABLE_NAME.test(name)) throw badRequest(`Invalid stage variable name ${name}: it may have alphanumeric characters and _`);
    if (!VARIABLE_VALUE.test(value)) throw badRequest(`Invalid stage variable value for ${name}: it must match [A-Za-z0-9-._~:/?#&=,]+`);
  }
};

const checkAccessLog = (settings: AccessLogSettings | undefined) => {
  if (settings === undefined) return;
  const { DestinationArn: destination = "", Format: format = "" } = settings;
  const arn = parseArn(destination);
  if (arn?.service === "firehose") throw badRequest(`Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': '${arn.resource}'`);
  if (arn?.service !== "logs" || !arn.resource.startsWith("log-group:")) throw badRequest(`Invalid ARN specified in the request: ${destination} is not the ARN of a log group`);
  if (!format.includes("$context.requestId") && !format.includes("$context.extendedRequestId")) throw badRequest(`The following errors are found in Access Log Format: Access Log format must include either $context.requestId or $context.extendedRequestId : '${format}'`);
  if (/\n./s.test(format)) throw badRequest("Access Log format must be single line, new line character is allowed only at end of the format");
};

const checkSettings = (settings: RouteSettings, api: HttpApi) => {
  const isLogged = settings.DataTraceEnabled === true || (settings.LoggingLevel !== undefined && settings.LoggingLevel !== "OFF");
  if (isLogged && !isWebSocket(api)) throw badRequest("Execution logs are not supported on protocol type HTTP");
  if (isLogged) throw notBuilt("The execution log of a WebSocket API (LoggingLevel, DataTraceEnabled)", "use AccessLogSettings");
  if ((settings.ThrottlingBurstLimit ?? 0) < 0 || (settings.ThrottlingRateLimit ?? 0) < 0) throw badRequest("Throttling limits can't be negative");
};

/** @param stage As it is to be. */
export function* checkStage(stage: StoredStage, api: HttpApi): Operation<StoredStage> {
  checkName(stage.StageName, api);
  checkVariables(stage.StageVariables);
  checkAccessLog(stage.AccessLogSettings);
  checkSettings(stage.DefaultRouteSettings ?? {}, api);
  if (stage.ClientCertificateId !== undefined) throw notBuilt("ClientCertificateId", "API Gateway calls functions here, and no backend that asks for a certificate");
  for (const [key, settings] of Object.entries(stage.RouteSettings ?? {})) {
    checkSettings(settings, api);
    if (!(yield* isRouteKey(api.apiId, key))) throw notFound(`Unable to find Route by key ${key} within the provided RouteSettings`);
  }
  return stage;
}

const silentSettings = (api: HttpApi): RouteSettings => ({ ...(isWebSocket(api) ? { DataTraceEnabled: false } : {}), DetailedMetricsEnabled: false });

export const newStage = (input: Omit<CreateStageRequest, "ApiId">, now: number, api: HttpApi): StoredStage => {
  checkTags(input.Tags);
  return {
    RouteSettings: {},
    StageVariables: {},
    ...given(picked(input, PLAIN)),
    DefaultRouteSettings: { ...silentSettings(api), ...input.DefaultRouteSettings },
    StageName: input.StageName,
    Tags: input.Tags ?? {},
    createdAt: now,
    lastUpdatedAt: now,
  };
};

export const changedStage = (stage: StoredStage, input: UpdateStageRequest, now: number): StoredStage => ({
  ...merged(stage, picked(input, PLAIN) as Partial<StoredStage>),
  DefaultRouteSettings: { ...stage.DefaultRouteSettings, ...input.DefaultRouteSettings },
  RouteSettings: { ...stage.RouteSettings, ...input.RouteSettings },
  StageVariables: mergedMap(stage.StageVariables, input.StageVariables) ?? {},
  lastUpdatedAt: now,
});
