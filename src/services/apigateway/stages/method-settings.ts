import type { MethodSetting } from "@aws-sdk/client-api-gateway";
import { REST_BURST_LIMIT, REST_CACHE_TTL_SECONDS_MAX, REST_RATE_LIMIT } from "../../../kit/limits/apis.ts";
import type { StoredRestStage } from "../../../plumber/apis/rest-api.ts";
import { badRequest } from "../errors.ts";
import type { Rule } from "../patch/patch.ts";
import { asBoolean, asDouble, asInteger, asOneOf, type Read } from "../patch/rules.ts";

interface Setting {
  member: keyof MethodSetting;
  read: Read;
}

const asTtl: Read = (value) => {
  const seconds = Number(value);
  if (value === "" || !Number.isInteger(seconds) || seconds > REST_CACHE_TTL_SECONDS_MAX) throw badRequest(`Invalid time-to-live setting, must be an integer no greater than ${REST_CACHE_TTL_SECONDS_MAX}`);
  return seconds;
};

/** By the end of a path: `/~1pets/GET/throttling/rateLimit`. */
const SETTINGS: Record<string, Setting> = {
  "metrics/enabled": { member: "metricsEnabled", read: asBoolean },
  "logging/dataTrace": { member: "dataTraceEnabled", read: asBoolean },
  "logging/loglevel": { member: "loggingLevel", read: asOneOf("OFF", "ERROR", "INFO") },
  "throttling/burstLimit": { member: "throttlingBurstLimit", read: asInteger },
  "throttling/rateLimit": { member: "throttlingRateLimit", read: asDouble },
  "caching/ttlInSeconds": { member: "cacheTtlInSeconds", read: asTtl },
  "caching/enabled": { member: "cachingEnabled", read: asBoolean },
  "caching/dataEncrypted": { member: "cacheDataEncrypted", read: asBoolean },
  "caching/requireAuthorizationForCacheControl": { member: "requireAuthorizationForCacheControl", read: asBoolean },
  "caching/unauthorizedCacheControlHeaderStrategy": { member: "unauthorizedCacheControlHeaderStrategy", read: asOneOf("FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER") },
};

const pathsOf = (method: string, between: string): string => Object.keys(SETTINGS).map((end) => `${method}/${end}`).join(", ").replace(/(?<=Limit), /g, between);

/** What a stage's patches are told that there is, as API Gateway writes it: without all of its commas, and without what came later. */
export const STAGE_PATHS = [
  "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format",
  pathsOf("/{resourcePath}/{httpMethod}", ""), pathsOf("/*/*", " "), "/variables/{variable_name}, /tracingEnabled",
].join(", ");

const standardSetting = (): MethodSetting => ({
  metricsEnabled: false,
  loggingLevel: "OFF",
  dataTraceEnabled: false,
  throttlingBurstLimit: REST_BURST_LIMIT,
  throttlingRateLimit: REST_RATE_LIMIT,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
  unauthorizedCacheControlHeaderStrategy: "SUCCEED_WITH_RESPONSE_HEADER",
});

const METHOD = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE|ANY|\*)$/;

/** `~1pets/GET`, or without the slash in front and with its own between (Terraform writes `pets/GET`); told as it was written. */
const methodPathIn = (segments: readonly string[]): string | undefined => (segments.length >= 2 && METHOD.test(segments.at(-1)!) ? segments.join("/") : undefined);

const set = (methodPath: string, { member, read }: Setting): Rule<StoredRestStage> => ({
  ops: ["replace", "add"],
  apply(stage, patch) {
    const settings = (stage.methodSettings ??= {});
    const setting = Object.hasOwn(settings, methodPath) ? settings[methodPath]! : standardSetting();
    stage.methodSettings = { ...settings, [methodPath]: { ...setting, [member]: read(patch.value, patch) } };
  },
});

const remove = (methodPath: string): Rule<StoredRestStage> => ({
  ops: ["remove"],
  apply(stage) {
    const settings = stage.methodSettings ?? {};
    if (!Object.hasOwn(settings, methodPath)) throw badRequest(`Cannot remove method setting ${methodPath} because there is no method setting for this method`);
    stage.methodSettings = Object.fromEntries(Object.entries(settings).filter(([name]) => name !== methodPath));
  },
});

/** How a path of method settings is patched; undefined when it is none. The whole of a method's settings can be removed, and nothing less. */
export const methodSettingRule = (path: string): Rule<StoredRestStage> | undefined => {
  const segments = path.split("/").slice(1);
  const whole = methodPathIn(segments);
  if (whole !== undefined) return remove(whole);
  const methodPath = methodPathIn(segments.slice(0, -2));
  const end = segments.slice(-2).join("/");
  return methodPath === undefined || !Object.hasOwn(SETTINGS, end) ? undefined : set(methodPath, SETTINGS[end]!);
};
